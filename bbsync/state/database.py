"""The database of the records: a file for one machine, or a server for many; all or nothing is written to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bbsync import postgres
from bbsync.errors import StateError
from bbsync.state.in_file import InFile, unusable
from bbsync.state.on_server import OnServer

#: The format of the records; a newer one is refused. A further table is no new format: older versions leave it alone.
FORMAT = 1

SCHEMA = MetaData()

_FORMAT = Table("bbsync_format", SCHEMA, Column("version", Integer, nullable=False))

#: Who writes records waits for others who do; the calls have a queue of their own, because they are many and short.
RECORDS, CALLS = "bbsync records", "bbsync calls"


class Place(Protocol):
    """What a file and a server do differently."""

    @property
    def directory(self) -> Path | None:
        """The directory of a file."""

    def engine(self, *, staying: bool = False) -> Engine:
        """An engine; a connection that stays is used by many threads, one after the other."""

    def exists(self) -> bool:
        """Whether there may be records."""

    def prepare(self) -> None:
        """Make what has to be there before a connection is opened to write."""

    def begin(self, connection: Connection, queue: str, /) -> int | None:
        """Keep others of the queue from writing until the transaction ends; the time, where the database has one."""

    def begin_statement(self, connection: Connection, queue: str, /) -> int | None:
        """The same for a transaction of one statement."""

    def time(self, connection: Connection, /) -> int | None:
        """The time in epoch milliseconds, where the database has one."""

    def stay(self, connection: Connection, /) -> None:
        """Make many small writes quick."""

    def explain(self, error: SQLAlchemyError) -> StateError:
        """What went wrong, as a sentence."""


class Database:
    """The records at an SQLAlchemy URL. Reading never makes the file."""

    def __init__(self, url: str) -> None:
        self._shown = _shown(url)
        try:
            self._place = _place(make_url(url), self._shown)
            self._engine = self._place.engine()
        except ImportError:
            if postgres.is_server(url):
                raise _not_installed(self._shown) from None
            raise _impossible(self._shown, "ImportError") from None
        except (ArgumentError, SQLAlchemyError, ValueError) as error:
            raise _impossible(self._shown, type(error).__name__) from None  # what was misread may be the password

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """The records; None where nothing was recorded yet. Nothing is made or changed."""
        with self.explained():
            if not self._place.exists():
                yield None
                return
            with self._engine.connect() as connection:
                yield connection if self._is_made(connection) else None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, for which everything is made that is not there yet."""
        with self.explained():
            self._place.prepare()
            with self._engine.connect() as connection, self.transaction(connection):
                is_made = self._is_made(connection)
                _make_missing(connection)
                if not is_made:
                    connection.execute(insert(_FORMAT).values(version=FORMAT))
                yield connection

    @contextmanager
    def staying(self, *tables: Table) -> Iterator[Connection]:
        """A connection for many small writes, from any thread; these tables are there.

        SQLite writes them ahead into a log beside the file: a write takes fiftieths of a millisecond and survives the
        death of the process at once, that of the machine after a moment, and neither harms what was there.
        """
        with self.writing() as connection:
            SCHEMA.create_all(connection, tables=tables)  # an older bbsync has made the others
        with self.explained():
            connection = self._place.engine(staying=True).connect()
        with connection:
            with self.explained():
                self._place.stay(connection)
            yield connection

    @contextmanager
    def transaction(self, connection: Connection, queue: str = RECORDS) -> Iterator[int | None]:
        """All or nothing, and nobody else writes meanwhile; the database's time, where it has one."""
        with connection.begin():
            yield self._place.begin(connection, queue)

    @contextmanager
    def statement(self, connection: Connection, queue: str = RECORDS) -> Iterator[int | None]:
        """The same for one statement."""
        with connection.begin():
            yield self._place.begin_statement(connection, queue)

    def time(self, connection: Connection) -> int | None:
        """Epoch milliseconds by the clock that all runners share; None where that is this machine's."""
        return self._place.time(connection)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what the database and the system say into a sentence."""
        try:
            yield
        except SQLAlchemyError as error:
            raise self._place.explain(error) from error
        except OSError as error:
            raise unusable(self._shown, str(error.strerror)) from error

    def _is_made(self, connection: Connection) -> bool:
        """Whether our tables are there; refuses those that a newer bbsync has made."""
        if not inspect(connection).has_table(_FORMAT.name):
            return False
        version = connection.execute(select(_FORMAT.c.version)).scalar_one()
        if version > FORMAT:
            raise StateError(
                f"the records at {self._shown} were written by a newer bbsync",
                why=f"Their format is {version}; this bbsync knows formats up to {FORMAT}. They were left as they are.",
                next_step="Use the newer bbsync, or set another url in [state].",
                code="BB-STATE-FORMAT",
            )
        return True

    @property
    def directory(self) -> Path | None:
        """The directory of an SQLite file; None for a server."""
        return self._place.directory


def _place(url: URL, shown: str) -> Place:
    if url.drivername in postgres.SCHEMES:
        return OnServer(url, shown)
    if url.get_backend_name() != "sqlite":
        raise ValueError(url.get_backend_name())
    file = InFile(url, shown)
    if file.file is None:
        raise StateError(
            "the state cannot be kept in memory",
            why="It says how far the history was read, and would be gone when the run ends.",
            next_step='Set url in [state] to an address such as "sqlite:///.bbsync/state.db".',
        )
    return file


def _make_missing(connection: Connection) -> None:
    """Make the tables that are not there: all of them, or those of which an older bbsync did not know."""
    there = frozenset(inspect(connection).get_table_names())
    missing = [table for name, table in SCHEMA.tables.items() if name not in there]
    if missing:
        SCHEMA.create_all(connection, tables=missing, checkfirst=False)


def _impossible(shown: str, why: str) -> StateError:
    return StateError(
        f"the state cannot be kept at {shown}",
        why=f"{why}: the address is not one of a database that can be used here.",
        next_step='Set url in [state] to an address such as "sqlite:///.bbsync/state.db".',
    )


def _not_installed(shown: str) -> StateError:
    return StateError(
        f"the state cannot be kept at {shown}",
        why=f"{postgres.NOT_INSTALLED}.",
        next_step=postgres.INSTALL,
        code="BB-POSTGRES-EXTRA",
    )


def _shown(url: str) -> str:
    """The address without its password, which may also stand behind the question mark."""
    try:
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "the configured address"
