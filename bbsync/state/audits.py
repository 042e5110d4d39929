"""The history of audits: one line for each `bbsync drift`, so that a trend can be seen. It never grows without end."""

from __future__ import annotations

from attrs import asdict
from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, delete, insert, inspect, select

from bbsync.drift import Audit
from bbsync.state.database import SCHEMA, Database

_AUDITS = Table(
    "bbsync_audits",
    SCHEMA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("scope", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("plan_id", String, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("tampered", BigInteger, nullable=False),
    Column("missing", BigInteger, nullable=False),
    Column("unmanaged", BigInteger, nullable=False),
    Column("ignored", BigInteger, nullable=False),
    Column("listings", BigInteger, nullable=False),
    Column("complete", BigInteger, nullable=False),
    Column("conclusive", Boolean, nullable=False),
    Column("only", String, nullable=False),
)

#: Of each scope so many of the latest lines are kept.
LONGEST = 1000


class Audits:
    """The history of audits in the records."""

    def __init__(self, url: str, longest: int = LONGEST) -> None:
        self._database = Database(url)
        self._longest = longest

    def of(self, scope: str) -> list[Audit]:
        """The audits of a scope, oldest first."""
        with self._database.reading() as connection:
            if connection is None or not inspect(connection).has_table(_AUDITS.name):
                return []
            wanted = select(*_COLUMNS).where(_AUDITS.c.scope == scope).order_by(_AUDITS.c.number)
            return [Audit(**row) for row in connection.execute(wanted).mappings()]

    def record(self, audit: Audit) -> None:
        """Add a line; the oldest ones of its scope go where there are too many."""
        ours = _AUDITS.c.scope == audit.scope
        newest = select(_AUDITS.c.number).where(ours).order_by(_AUDITS.c.number.desc()).limit(self._longest)
        with self._database.writing() as connection:
            connection.execute(insert(_AUDITS).values(**asdict(audit)))
            connection.execute(delete(_AUDITS).where(ours, _AUDITS.c.number.not_in(newest)))


_COLUMNS = [column for column in _AUDITS.c if column.name != "number"]
