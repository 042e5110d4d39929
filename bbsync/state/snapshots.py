"""Which snapshot was kept beside the records, and of which apply: it counts only where all of it agrees."""

from __future__ import annotations

from pathlib import Path

from attrs import asdict, frozen
from sqlalchemy import BigInteger, Column, String, Table, delete, insert, inspect, select

from bbsync.state.database import SCHEMA, Database

_SNAPSHOTS = Table(
    "bbsync_snapshots",
    SCHEMA,
    Column("scope", String, primary_key=True),
    Column("plan_id", String, nullable=False),
    Column("applied_at", BigInteger, nullable=False),
    Column("lineage", String, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("target_lineage", String, nullable=False),
    Column("target_serial", BigInteger, nullable=False),
)


@frozen
class KeptSnapshot:
    """The snapshot that is kept of a scope.

    `plan_id` and `applied_at` (epoch milliseconds) name the apply that left the graph so; `lineage` and `serial` are
    those of the file that keeps it, `target_lineage` and `target_serial` those of the graph that was planned from.
    """

    scope: str
    plan_id: str
    applied_at: int
    lineage: str
    serial: int
    target_lineage: str = ""
    target_serial: int = 0


class KeptSnapshots:
    """What the records say of the snapshots that are kept, one a scope."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    @property
    def directory(self) -> Path | None:
        """Where the records are; None where they are on a server."""
        return self._database.directory

    def of(self, scope: str) -> KeptSnapshot | None:
        """The one of that scope; None if none was ever kept."""
        with self._database.reading() as connection:
            if connection is None or not inspect(connection).has_table(_SNAPSHOTS.name):
                return None
            row = connection.execute(select(_SNAPSHOTS).where(_SNAPSHOTS.c.scope == scope)).mappings().first()
        return KeptSnapshot(**row) if row else None

    def note(self, kept: KeptSnapshot) -> None:
        """Write it down in the place of the one before."""
        with self._database.writing() as connection:
            connection.execute(delete(_SNAPSHOTS).where(_SNAPSHOTS.c.scope == kept.scope))
            connection.execute(insert(_SNAPSHOTS).values(**asdict(kept)))
