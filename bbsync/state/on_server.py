"""Records on a PostgreSQL server, which runners on many machines share: turns to write, and the server's clock."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from bbsync import postgres
from bbsync.errors import StateError


@frozen
class OnServer:
    """The records in this database of a server."""

    url: URL
    shown: str

    @property
    def directory(self) -> Path | None:
        """They are in no directory here."""
        return None

    def engine(self, *, staying: bool = False) -> Engine:  # noqa: ARG002 - a connection here is anybody's who locks it
        """An engine."""
        return postgres.engine(self.url)

    def exists(self) -> bool:
        """The database is there, or the server says that it is not."""
        return True

    def prepare(self) -> None:
        """Who may read it is for the server to say."""

    def begin(self, connection: Connection, queue: str) -> int | None:
        """Wait for the turn to write: until then nothing is read, and so nothing is old that was."""
        return postgres.take_turn(connection, queue)

    def begin_statement(self, connection: Connection, queue: str) -> int | None:
        """A statement that looks and then writes needs a turn, too: others do not wait for it here."""
        return postgres.take_turn(connection, queue)

    def time(self, connection: Connection) -> int | None:
        """The server's time, which is the same for everybody."""
        return postgres.time(connection)

    def stay(self, connection: Connection) -> None:
        """Nothing is to be set."""

    def explain(self, error: SQLAlchemyError) -> StateError:
        """What the server said, as a sentence."""
        refusal = postgres.refusal(error)
        if refusal is not None:
            return StateError(
                f"the records at {self.shown} cannot be used: {refusal.what}",
                why=f"PostgreSQL says: {postgres.words(error)}.",
                next_step=refusal.next_step,
                code=refusal.code,
            )
        return StateError(
            f"the records at {self.shown} cannot be used",
            why=f"PostgreSQL says: {postgres.words(error)}.",
            next_step="Set that right on the server, or set another url in [state].",
        )
