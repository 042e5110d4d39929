"""bbsync's own records between runs: watermarks, and the audit trail of what was applied.

Watermarks are written together with the line that says a plan was applied: a run that fails leaves them where they
were, and the next one looks back as far as it must.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from bbsync.errors import StateError

#: The format of the records; a newer one is refused.
FORMAT = 1

SCHEMA = MetaData()

_FORMAT = Table("bbsync_format", SCHEMA, Column("version", Integer, nullable=False))

_WATERMARKS = Table(
    "bbsync_watermarks",
    SCHEMA,
    Column("scope", String, primary_key=True),
    Column("parent", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

_APPLIES = Table(
    "bbsync_applies",
    SCHEMA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("scope", String, nullable=False),
    Column("plan_id", String, nullable=False),
    Column("applied_at", BigInteger, nullable=False),
    Column("applied_by", String, nullable=False),
    Column("ci_url", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("allow_deletes", Integer),
    Column("counted", String, nullable=False),
)


@frozen
class Applied:
    """One line of the audit trail.

    `applied_at` is epoch milliseconds; `allow_deletes` is the number that overrode a guard, None if none did;
    `counted` says in words what the target counted.
    """

    scope: str
    plan_id: str
    applied_at: int
    applied_by: str
    ci_url: str
    outcome: str
    allow_deletes: int | None
    counted: str


class State:
    """The records of one or more scopes, at an SQLAlchemy URL. Reading never makes the file."""

    def __init__(self, url: str) -> None:
        try:
            self._url = make_url(url)
            self._engine = create_engine(self._url, poolclass=NullPool, connect_args=self._arguments())
        except (ArgumentError, SQLAlchemyError, ImportError, ValueError) as error:
            raise StateError(
                f"the state cannot be kept at {_shown(url)}",
                why=f"{type(error).__name__}: the address is not one of a database that can be used here.",
                next_step='Set url in [state] to an address such as "sqlite:///.bbsync/state.db".',
            ) from None  # what was read wrongly may be a part of the password
        if self._is_sqlite and self._file() is None:
            raise StateError(
                "the state cannot be kept in memory",
                why="It says how far the history was read, and would be gone when the run ends.",
                next_step='Set url in [state] to an address such as "sqlite:///.bbsync/state.db".',
            )

    def watermarks(self, scope: str) -> dict[str, int]:
        """By parent key, the time (epoch milliseconds) up to which its history is in the graph of that scope."""
        with self._reading() as connection:
            return {} if connection is None else _held(connection, scope)

    def applies(self, scope: str) -> list[Applied]:
        """The audit trail of a scope, oldest first."""
        columns = [column for column in _APPLIES.c if column.name != "number"]
        wanted = select(*columns).where(_APPLIES.c.scope == scope).order_by(_APPLIES.c.number)
        with self._reading() as connection:
            return [] if connection is None else [Applied(**row) for row in connection.execute(wanted).mappings()]

    def record(self, line: Applied, watermarks: Mapping[str, int]) -> None:
        """Note that a plan was applied, and how far the history is known now: both or neither.

        A watermark never moves back.
        """
        with self._explained(), self._writing() as connection:
            connection.execute(insert(_APPLIES).values(**{name: getattr(line, name) for name in _LINE}))
            held = _held(connection, line.scope)
            moved = {parent: at for parent, at in watermarks.items() if at > held.get(parent, -1)}
            for parent in moved.keys() & held.keys():
                old = (_WATERMARKS.c.scope == line.scope) & (_WATERMARKS.c.parent == parent)
                connection.execute(delete(_WATERMARKS).where(old))
            if moved:
                rows = [{"scope": line.scope, "parent": parent, "at": at} for parent, at in sorted(moved.items())]
                connection.execute(insert(_WATERMARKS), rows)

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        """The records; None where nothing was recorded yet. Nothing is made or changed."""
        with self._explained():
            if not self._exists():
                yield None
                return
            with self._engine.connect() as connection:
                yield connection if self._is_made(connection) else None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        self._make_private()
        with self._engine.begin() as connection:
            if self._is_sqlite:  # its driver would begin after the tables are made, and leave them there by themselves
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            if not self._is_made(connection):
                SCHEMA.create_all(connection)
                connection.execute(insert(_FORMAT).values(version=FORMAT))
            yield connection

    def _is_made(self, connection: Connection) -> bool:
        """Whether our tables are there; refuses those that a newer bbsync has made."""
        if not inspect(connection).has_table(_FORMAT.name):
            return False
        version = connection.execute(select(_FORMAT.c.version)).scalar_one()
        if version > FORMAT:
            raise StateError(
                f"the records at {_shown(self._url)} were written by a newer bbsync",
                why=f"Their format is {version}; this bbsync knows formats up to {FORMAT}. They were left as they are.",
                next_step="Use the newer bbsync, or set another url in [state].",
                code="BB-STATE-FORMAT",
            )
        return True

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def _arguments(self) -> dict[str, None]:
        """What the driver is told: that of SQLite, to leave transactions to us."""
        return {"isolation_level": None} if self._is_sqlite else {}

    def _file(self) -> Path | None:
        """The SQLite file; None for a server and for memory."""
        database = self._url.database
        return Path(database) if self._is_sqlite and database not in (None, "", ":memory:") else None

    def _exists(self) -> bool:
        file = self._file()
        return file is None or (file.exists() and file.stat().st_size > 0)

    def _make_private(self) -> None:
        file = self._file()
        if file is not None:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            why = str(getattr(error, "orig", None) or type(error).__name__)
        except OSError as error:
            why = str(error.strerror)
        else:
            return
        raise StateError(
            f"the records at {_shown(self._url)} cannot be used",
            why=f"The database says: {why}.",
            next_step="Check that the file and its directory can be written and have room, or set url in [state].",
        )


_LINE = ("scope", "plan_id", "applied_at", "applied_by", "ci_url", "outcome", "allow_deletes", "counted")


def _held(connection: Connection, scope: str) -> dict[str, int]:
    rows = connection.execute(select(_WATERMARKS.c.parent, _WATERMARKS.c.at).where(_WATERMARKS.c.scope == scope))
    return {str(parent): int(at) for parent, at in rows}


def _shown(url: str | URL) -> str:
    """The address without its password, which may also stand behind the question mark."""
    try:
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "the configured address"
