"""The lease: one apply at a time in each scope, for as long as its holder shows that it is alive."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from attrs import asdict, evolve, field, frozen
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from bbsync.errors import Locked, StateError
from bbsync.state.database import SCHEMA, Database
from bbsync.state.holder import Holder

#: Milliseconds without a sign of life after which a lease ends by itself.
LENGTH = 120_000

#: Seconds between two signs of life.
RENEWAL = 30.0

LEASES = Table(
    "bbsync_leases",
    SCHEMA,
    Column("scope", String, primary_key=True),
    Column("token", String, nullable=False),
    Column("name", String, nullable=False),
    Column("place", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("ci_url", String, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("renewed", BigInteger, nullable=False),
)


@frozen
class Lease:
    """A lease that was taken. Others may have taken it over since: whoever writes under it finds out.

    `elapsed` gives seconds and goes on evenly, whatever happens to the time of day. Where a server keeps the records,
    its clock counts instead, for the holder and for everybody who waits.
    """

    database: Database = field(repr=False)
    scope: str
    holder: Holder
    token: str = field(factory=lambda: str(uuid4()), repr=False)
    elapsed: Callable[[], float] = field(default=time.monotonic, repr=False)
    _taken: float = field(init=False, repr=False)

    @_taken.default
    def _at_once(self) -> float:
        return self.elapsed()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction of who holds the lease; it renews the lease, too.

        Raises:
            Locked: somebody else has taken the lease over.
        """
        with self.database.writing() as connection:
            renewed = update(LEASES).where(self._ours).values(renewed=self._now(connection))
            if connection.execute(renewed).rowcount != 1:
                raise _lost(read(connection, self.scope))
            yield connection

    def renew(self) -> None:
        """Show that the holder is alive.

        Raises:
            Locked: somebody else has taken the lease over.
        """
        with self.writing():
            pass

    def give_back(self) -> None:
        """Let the next one in; a lease that somebody else took over stays theirs."""
        with self.database.writing() as connection:
            connection.execute(delete(LEASES).where(self._ours))

    @contextmanager
    def kept(self, every: float = RENEWAL) -> Iterator[None]:
        """Renew the lease in the background, as long as the block lasts."""
        over = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(over, every), name="lease", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def _keep(self, over: threading.Event, every: float) -> None:
        while not over.wait(every):
            try:
                self.renew()
            except StateError:
                continue  # the next sign of life may come through; if none does, who writes finds out
            except Locked:
                return  # as above: it is not for this thread to stop the other one

    @property
    def _ours(self) -> ColumnElement[bool]:
        return (LEASES.c.scope == self.scope) & (LEASES.c.token == self.token)

    def _now(self, connection: Connection) -> int:
        now = self.database.time(connection)
        return self.holder.since + int((self.elapsed() - self._taken) * 1000) if now is None else now


def read(connection: Connection, scope: str) -> Holder | None:
    """Who holds the lease of the scope, or held it last and did not give it back."""
    columns = [column for column in LEASES.c if column.name not in ("scope", "token")]
    row = connection.execute(select(*columns).where(LEASES.c.scope == scope)).mappings().first()
    return None if row is None else Holder(**row)


def take(lease: Lease, is_over: Callable[[Holder, int | None], bool]) -> Holder | None:
    """Take the lease, unless somebody holds it whose lease is not over; who that is, or None when it is taken.

    `is_over` is asked about the holder and told the database's time, where it has one.
    """
    with lease.database.writing() as connection:
        now = lease.database.time(connection)
        held = read(connection, lease.scope)
        if held is not None and not is_over(held, now):
            return held
        connection.execute(delete(LEASES).where(LEASES.c.scope == lease.scope))
        holder = lease.holder if now is None else evolve(lease.holder, since=now, renewed=now)
        row = {"scope": lease.scope, "token": lease.token, **asdict(holder)}
        connection.execute(insert(LEASES), row)
    return None


def _lost(holder: Holder | None) -> Locked:
    who = holder.label if holder else "Somebody who is done already"
    return Locked(
        "another apply took the lease over",
        why=f"{who} took it: this run gave no sign of life for {LENGTH // 60_000} minutes. Nothing was written.",
        next_step="Run the same command again when they are done.",
        code="BB-LOCK-LOST",
    )
