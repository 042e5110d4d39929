"""The ledger of calls: what every consumer asked lately, and until when it was told to rest.

A call is on disk before it is sent, so that a crash loses none; the ledger may then hold a call that was never sent,
which costs one of the hour at most for each thread. Consumers are named by a hash: no key is in here.

Where a server keeps the ledger, its times are the server's: runners whose clocks disagree share one hour. What a runner
asks and hears is in its own time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from bbsync.state.database import CALLS, SCHEMA, Database

_CALLS = Table(
    "bbsync_calls",
    SCHEMA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("consumer", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("bbsync_calls_of_consumer", "consumer", "at"),
)

_RESTS = Table(
    "bbsync_rests",
    SCHEMA,
    Column("consumer", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)


class CallLedger:
    """The calls of all consumers. Several threads may use it, and several processes on one database.

    Times are epoch milliseconds.
    """

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection
        self._lock = threading.Lock()

    def take(self, consumer: str, at: int, *, since: int, limit: int) -> bool:
        """Write down one call, unless the consumer rests or made `limit` calls after `since`; whether it was.

        Looking and writing are one statement: nobody else's call comes between them.
        """
        with self._statement(at) as ahead:
            values = {"consumer_": consumer, "at_": at + ahead, "since": since + ahead, "limit": limit}
            return self._connection.execute(_TAKE, values).rowcount == 1

    def record(self, consumer: str, at: int) -> None:
        """Write down one call, come what may."""
        with self._statement(at) as ahead:
            self._connection.execute(insert(_CALLS), {"consumer": consumer, "at": at + ahead})

    def rest(self, consumer: str, at: int, until: int) -> None:
        """Write down that a consumer was told at that time to rest; the longer rest holds."""
        with self._transaction(at) as ahead:
            ours = _RESTS.c.consumer == consumer
            held = self._connection.execute(select(_RESTS.c.until).where(ours)).scalar()
            if held is None or held < until + ahead:
                self._connection.execute(delete(_RESTS).where(ours))
                rest = {"consumer": consumer, "at": at + ahead, "until": until + ahead}
                self._connection.execute(insert(_RESTS), rest)

    def past(self, consumer: str, now: int, *, since: int) -> tuple[tuple[int, ...], int]:
        """The times of the consumer's calls after `since`, oldest first, and until when it rests (0: not at all).

        What is older is forgotten, of all consumers. What lies in the future was written by a clock that went wrong:
        it counts from now on, as nobody can tell when it was.
        """
        with self._transaction(now) as ahead:
            self._put_right(now + ahead)
            self._connection.execute(delete(_CALLS).where(_CALLS.c.at <= since + ahead))
            self._connection.execute(delete(_RESTS).where(_RESTS.c.until <= now + ahead))
            times = select(_CALLS.c.at).where(_CALLS.c.consumer == consumer).order_by(_CALLS.c.at)
            calls = tuple(at - ahead for at in self._connection.execute(times).scalars())
            rest = select(_RESTS.c.until).where(_RESTS.c.consumer == consumer)
            until = self._connection.execute(rest).scalar()
            return calls, until - ahead if until else 0

    @contextmanager
    def _statement(self, now: int) -> Iterator[int]:
        """One statement by one thread; how many milliseconds the database's clock is ahead of this one's `now`."""
        with self._lock, self._database.explained(), self._database.statement(self._connection, CALLS) as time:
            yield 0 if time is None else time - now

    @contextmanager
    def _transaction(self, now: int) -> Iterator[int]:
        """The same for several statements."""
        with self._lock, self._database.explained(), self._database.transaction(self._connection, CALLS) as time:
            yield 0 if time is None else time - now

    def _put_right(self, now: int) -> None:
        self._connection.execute(update(_CALLS).where(_CALLS.c.at > now).values(at=now))
        moved = {"at": now, "until": _RESTS.c.until - _RESTS.c.at + now}
        self._connection.execute(update(_RESTS).where(_RESTS.c.at > now).values(moved))


@contextmanager
def open_ledger(url: str) -> Iterator[CallLedger]:
    """The ledger at an SQLAlchemy URL, which is made where there is none.

    Raises:
        StateError: it cannot be written.
    """
    database = Database(url)
    with database.staying(_CALLS, _RESTS) as connection:
        yield CallLedger(database, connection)


_OURS = bindparam("consumer_", type_=String)
_NOW = bindparam("at_", type_=BigInteger)
_MADE = (
    select(func.count())
    .select_from(_CALLS)
    .where(_CALLS.c.consumer == _OURS, _CALLS.c.at > bindparam("since"))
    .scalar_subquery()
)
_RESTING = exists().where(_RESTS.c.consumer == _OURS, _RESTS.c.until > _NOW)
_TAKE = (
    insert(_CALLS)
    .from_select(["consumer", "at"], select(_OURS, _NOW).where(bindparam("limit", type_=BigInteger) > _MADE, ~_RESTING))
    .execution_options(preserve_rowcount=True)
)
