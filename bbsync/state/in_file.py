"""Records in one SQLite file: private, written by one process at a time, and damage is told from trouble."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from attrs import frozen
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from bbsync.errors import StateError

#: Seconds that a writer waits for another process; each of them takes thousandths.
PATIENCE = 30


@frozen
class InFile:
    """The SQLite file at this address."""

    url: URL
    shown: str

    @property
    def file(self) -> Path | None:
        """The file; None where the records would be in memory."""
        database = self.url.database
        return Path(database) if database not in (None, "", ":memory:") else None

    @property
    def directory(self) -> Path | None:
        """Where the file is."""
        return self.file.parent if self.file else None

    def engine(self, *, staying: bool = False) -> Engine:
        """An engine; the driver is told to leave transactions to us."""
        ours = {"isolation_level": None, "timeout": PATIENCE, "check_same_thread": not staying}
        return create_engine(self.url, poolclass=NullPool, connect_args=ours)

    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.file is not None and self.file.exists() and self.file.stat().st_size > 0

    def prepare(self) -> None:
        """Make the file where it is missing, for its owner alone."""
        if self.file is not None:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def begin(self, connection: Connection, _queue: str) -> int | None:
        """Begin a transaction that keeps all others from writing.

        The driver would begin after the tables are made, and leave them there by themselves.
        """
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return None

    def begin_statement(self, _connection: Connection, _queue: str) -> int | None:
        """One statement is a transaction of its own."""
        return None

    def time(self, _connection: Connection) -> int | None:
        """A file has no clock: whoever uses it shares one."""
        return None

    def stay(self, connection: Connection) -> None:
        """Let SQLite write ahead. For that the file is changed once, alone; SQLite itself does not wait for that."""
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

    def explain(self, error: SQLAlchemyError) -> StateError:
        """What SQLite said, as a sentence."""
        if not _is_damage(error):
            return unusable(self.shown, str(getattr(error, "orig", None) or type(error).__name__))
        return StateError(
            f"the records at {self.shown} are damaged",
            why=f"SQLite says: {getattr(error, 'orig', error)}. They were left as they are.",
            next_step="Put a good copy in their place, or move them away with the files beside them: the next run"
            " begins new records, and looks back no further than its window.",
            code="BB-STATE-DAMAGED",
        )


def unusable(shown: str, why: str) -> StateError:
    """The error for a file that cannot be read or written."""
    return StateError(
        f"the records at {shown} cannot be used",
        why=f"The database says: {why}.",
        next_step="Check that the file and its directory can be written and have room, or set url in [state].",
    )


def _is_damage(error: SQLAlchemyError) -> bool:
    """Whether SQLite cannot make sense of the file; extended codes keep the primary one in the lowest byte."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
