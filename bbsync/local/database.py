"""Open the graph file: all or nothing, and a sentence for whatever goes wrong."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bbsync.errors import BbsyncError, Locked, TargetError
from bbsync.local.tables import Shelves

#: The format of the file, kept in it as `user_version`.
FORMAT = 1

#: "bbgf" in the file's header: tells our files from other programs' SQLite files.
APPLICATION = 0x62626766

SHELVES = Shelves.of(sqlite.dialect())

Connect = Callable[[str], sqlite3.Connection]


def connect(uri: str) -> sqlite3.Connection:
    """A connection that begins no transaction of its own accord."""
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10)


@contextmanager
def reading(path: Path, connect: Connect = connect) -> Iterator[Connection | None]:
    """One moment of the file; None when there is nothing in it yet. Nothing is made or changed."""
    with _explained(path):
        if not path.exists():
            yield None
            return
        with _engine(path, connect).connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield None if _is_new(path, connection) else connection


@contextmanager
def writing(path: Path, connect: Connect = connect) -> Iterator[Connection]:
    """A transaction that makes the file where it is missing, and is undone when the block fails."""
    with _explained(path):
        _make_private(path)
        with _engine(path, connect).connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            if _is_new(path, connection):
                _make_tables(connection)
            yield connection
            connection.commit()


def _engine(path: Path, connect: Connect) -> Engine:
    # "rw" and not "ro", for reading too: after a crash the reader is who puts the file right.
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return create_engine("sqlite://", creator=lambda: connect(uri), poolclass=NullPool)


def _make_private(path: Path) -> None:
    """Make the file where it is missing, for its owner alone: it says who may do what in every repository."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _make_tables(connection: Connection) -> None:
    SHELVES.schema.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
    connection.exec_driver_sql(f"PRAGMA user_version = {FORMAT}")


def _is_new(path: Path, connection: Connection) -> bool:
    """Whether the file is empty; refuses one that another program, or a newer bbsync, has made."""
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if application == version == connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one() == 0:
        return True
    if application != APPLICATION:
        raise TargetError(
            f"{path} belongs to another program",
            why="It is a SQLite file, but not a graph of bbsync. It was left as it is.",
            next_step="Name another file as path under [target].",
            code="BB-LOCAL-OTHER",
        )
    if version > FORMAT:
        raise TargetError(
            f"{path} was written by a newer bbsync",
            why=f"Its format is {version}; this bbsync knows formats up to {FORMAT}. It was left as it is.",
            next_step="Use the newer bbsync, or name another file as path under [target].",
            code="BB-LOCAL-FORMAT",
        )
    return False


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into a sentence."""
    try:
        yield
    except DBAPIError as error:
        raise _explain(path, error.orig) from error
    except OSError as error:
        raise _unusable(path, f"The system says: {error.strerror}.") from error


def _explain(path: Path, error: BaseException | None) -> BbsyncError:
    # Extended codes keep the primary one in the lowest byte.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Locked(
                f"Somebody else is writing to {path}",
                why="Nothing was written.",
                next_step="Wait until they are done, and run the same command again.",
            )
        case sqlite3.SQLITE_FULL:
            return TargetError(
                f"There is no room to write {path}",
                why="The disk is full. Nothing was written.",
                next_step="Make room, and run the same command again.",
                code="BB-LOCAL-FULL",
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return unreadable(path, f"SQLite says: {error}.")
    return _unusable(path, f"SQLite says: {error}.")


def unreadable(path: Path, why: str) -> TargetError:
    """The error for a file that does not hold what a graph file holds."""
    return TargetError(
        f"{path} cannot be read as a graph",
        why=f"{why} It was left as it is.",
        next_step="Put a good copy in its place, or move it away: the next apply writes it anew.",
        code="BB-LOCAL-DAMAGED",
    )


def _unusable(path: Path, why: str) -> TargetError:
    return TargetError(
        f"{path} cannot be used",
        why=f"{why} Nothing was written.",
        next_step="Check that the file and its directory can be written, or name another path under [target].",
        code="BB-LOCAL-UNUSABLE",
    )
