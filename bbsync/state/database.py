"""The database of the records: where it is, how it is opened, and a sentence for whatever goes wrong."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from bbsync.errors import StateError

#: The format of the records; a newer one is refused. A further table is no new format: older versions leave it alone.
FORMAT = 1

SCHEMA = MetaData()

_FORMAT = Table("bbsync_format", SCHEMA, Column("version", Integer, nullable=False))

#: Seconds that a writer waits for another process; each of them takes thousandths.
PATIENCE = 30


class Database:
    """The records at an SQLAlchemy URL. Reading never makes the file."""

    def __init__(self, url: str) -> None:
        try:
            self._url = make_url(url)
            self._engine = self._opened()
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

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """The records; None where nothing was recorded yet. Nothing is made or changed."""
        with self.explained():
            if not self._exists():
                yield None
                return
            with self._engine.connect() as connection:
                yield connection if self._is_made(connection) else None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, for which everything is made that is not there yet."""
        with self.explained():
            self._make_private()
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
            connection = self._opened(check_same_thread=False).connect()
        with connection:
            if self._is_sqlite:
                with self.explained():
                    _write_ahead(connection)
            yield connection

    @contextmanager
    def transaction(self, connection: Connection) -> Iterator[None]:
        """All or nothing, and nobody else writes meanwhile."""
        with connection.begin():
            if self._is_sqlite:  # its driver would begin after the tables are made, and leave them there by themselves
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what the database and the system say into a sentence."""
        try:
            yield
        except SQLAlchemyError as error:
            if _is_damage(error):
                raise self._damaged(error) from error
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

    def _damaged(self, error: SQLAlchemyError) -> StateError:
        return StateError(
            f"the records at {_shown(self._url)} are damaged",
            why=f"SQLite says: {getattr(error, 'orig', error)}. They were left as they are.",
            next_step="Put a good copy in their place, or move them away with the files beside them: the next run"
            " begins new records, and looks back no further than its window.",
            code="BB-STATE-DAMAGED",
        )

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

    def _opened(self, **arguments: object) -> Engine:
        """An engine; the driver of SQLite is told to leave transactions to us."""
        ours = {"isolation_level": None, "timeout": PATIENCE, **arguments} if self._is_sqlite else {}
        return create_engine(self._url, poolclass=NullPool, connect_args=ours)

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    @property
    def directory(self) -> Path | None:
        """The directory of an SQLite file; None for a server."""
        file = self._file()
        return file.parent if file else None

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


def _make_missing(connection: Connection) -> None:
    """Make the tables that are not there: all of them, or those of which an older bbsync did not know."""
    there = frozenset(inspect(connection).get_table_names())
    missing = [table for name, table in SCHEMA.tables.items() if name not in there]
    if missing:
        SCHEMA.create_all(connection, tables=missing, checkfirst=False)


def _is_damage(error: SQLAlchemyError) -> bool:
    """Whether SQLite cannot make sense of the file; extended codes keep the primary one in the lowest byte."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _write_ahead(connection: Connection) -> None:
    """Let SQLite write ahead. The file is changed for that once, alone; SQLite itself does not wait for its turn."""
    for attempt in Retrying(
        retry=retry_if_exception_type(OperationalError),
        wait=wait_random(0, 0.05),
        stop=stop_after_delay(PATIENCE),
        reraise=True,
    ):
        with attempt:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    connection.exec_driver_sql("PRAGMA synchronous = NORMAL")
    connection.commit()


def _shown(url: str | URL) -> str:
    """The address without its password, which may also stand behind the question mark."""
    try:
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "the configured address"
