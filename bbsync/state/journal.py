"""The journal: what an apply is about to do and what it has done, on disk before it goes on.

Whoever writes a line proves with it that the lease is still theirs. The next apply reads it for the jobs that a crash
left behind; what is in the graph it asks the graph. So a journal that lost its last lines costs nothing but a job that
nobody closes.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen
from sqlalchemy import BigInteger, Column, Integer, String, Table, delete, insert, select

from bbsync.state.database import SCHEMA
from bbsync.state.lease import Lease

_JOURNAL = Table(
    "bbsync_journal",
    SCHEMA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("scope", String, nullable=False),
    Column("plan_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("step", String, nullable=False),
    Column("detail", String, nullable=False),
)


@frozen
class Line:
    """One line: at which time (epoch milliseconds) the apply of which plan came to which step."""

    plan_id: str
    at: int
    step: str
    detail: str


@frozen
class Journal:
    """The journal of one apply, written under its lease."""

    lease: Lease
    plan_id: str
    now: Callable[[], int]

    def note(self, step: str, detail: str = "") -> None:
        """Write a line; it is on disk when this returns.

        Raises:
            Locked: the lease is somebody else's; do not go on.
            StateError: it cannot be written; do not go on.
        """
        values = {"scope": self.lease.scope, "plan_id": self.plan_id, "at": self.now(), "step": step, "detail": detail}
        with self.lease.writing() as connection:
            connection.execute(insert(_JOURNAL), values)

    def left(self) -> list[Line]:
        """What earlier applies of the scope wrote that did not come to their end, oldest first."""
        columns = [_JOURNAL.c[name] for name in ("plan_id", "at", "step", "detail")]
        wanted = select(*columns).where(_JOURNAL.c.scope == self.lease.scope).order_by(_JOURNAL.c.number)
        with self.lease.writing() as connection:
            return [Line(**row) for row in connection.execute(wanted).mappings()]

    def close(self) -> None:
        """Forget it all: what it was about has come to its end, and that is noted where it stays."""
        with self.lease.writing() as connection:
            connection.execute(delete(_JOURNAL).where(_JOURNAL.c.scope == self.lease.scope))
