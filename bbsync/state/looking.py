"""Look at the records without changing them: who applies, what a crash left behind, and what consumers asked lately."""

from __future__ import annotations

from attrs import frozen
from sqlalchemy import Connection, Table, func, inspect, select

from bbsync.state.database import SCHEMA, Database
from bbsync.state.holder import Holder
from bbsync.state.journal import Line
from bbsync.state.lease import LEASES, read
from bbsync.state.snapshots import KeptSnapshot

_CALLS, _RESTS = SCHEMA.tables["bbsync_calls"], SCHEMA.tables["bbsync_rests"]
_JOURNAL, _SNAPSHOTS = SCHEMA.tables["bbsync_journal"], SCHEMA.tables["bbsync_snapshots"]


@frozen
class Asked:
    """What a consumer asked within the hour, and until when it rests (epoch milliseconds; 0: not at all)."""

    consumer: str
    calls: int
    rests_until: int = 0


@frozen
class Standing:
    """The records as they are.

    Attributes:
        holder: who holds the lease of the scope; None: nobody.
        left: the journal of an apply that has not come to its end, oldest line first.
        asked: what consumers asked, by what the ledger calls them.
        snapshots: those that are kept, of whatever scope.
    """

    holder: Holder | None = None
    left: tuple[Line, ...] = ()
    asked: tuple[Asked, ...] = ()
    snapshots: tuple[KeptSnapshot, ...] = ()


def standing(url: str, scope: str, now: int, *, within: int) -> Standing:
    """How the records at an SQLAlchemy URL stand; calls are counted that were made within so many milliseconds.

    Raises:
        StateError: they cannot be read.
    """
    database = Database(url)
    with database.reading() as connection:
        if connection is None:
            return Standing()
        time = database.time(connection)  # the ledger of a server is kept by the server's clock
        since = (now if time is None else time) - within
        held = frozenset(inspect(connection).get_table_names())  # an older bbsync has not made all of them
        return Standing(
            holder=read(connection, scope) if LEASES.name in held else None,
            left=_left(connection, scope) if _JOURNAL.name in held else (),
            asked=_asked(connection, since) if {_CALLS.name, _RESTS.name} <= held else (),
            snapshots=_rows(connection, _SNAPSHOTS) if _SNAPSHOTS.name in held else (),
        )


def _left(connection: Connection, scope: str) -> tuple[Line, ...]:
    columns = [_JOURNAL.c[name] for name in ("plan_id", "at", "step", "detail")]
    wanted = select(*columns).where(_JOURNAL.c.scope == scope).order_by(_JOURNAL.c.number)
    return tuple(Line(**row) for row in connection.execute(wanted).mappings())


def _asked(connection: Connection, since: int) -> tuple[Asked, ...]:
    counted = select(_CALLS.c.consumer, func.count()).where(_CALLS.c.at > since).group_by(_CALLS.c.consumer)
    calls = {row[0]: row[1] for row in connection.execute(counted)}
    rests = {row.consumer: row.until for row in connection.execute(select(_RESTS))}
    return tuple(Asked(name, calls.get(name, 0), rests.get(name, 0)) for name in sorted(calls.keys() | rests.keys()))


def _rows(connection: Connection, table: Table) -> tuple[KeptSnapshot, ...]:
    wanted = select(table).order_by(table.c.scope)
    return tuple(KeptSnapshot(**row) for row in connection.execute(wanted).mappings())
