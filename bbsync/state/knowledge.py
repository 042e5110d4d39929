"""What a run need not find out again, because an earlier one did and its plan is in the graph.

All of it is by scope: what is in one graph says nothing about another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import asdict
from sqlalchemy import BigInteger, Column, Connection, Row, String, Table, bindparam, delete, insert, inspect, select

from bbsync.coverage import Known, Listing, Reading
from bbsync.state.database import SCHEMA

_WATERMARKS = Table(
    "bbsync_watermarks",
    SCHEMA,
    Column("scope", String, primary_key=True),
    Column("parent", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

_READINGS = Table(
    "bbsync_readings",
    SCHEMA,
    Column("scope", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("parent", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("mark", String, nullable=False),
)

#: `at` is when the plan was applied that came with the mark.
_MARKS = Table(
    "bbsync_marks",
    SCHEMA,
    Column("scope", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("mark", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)

#: A mark that no plan has renewed for so long (milliseconds) is forgotten: its pull request left the window long ago.
MARKS_LAST = 30 * 24 * 60 * 60 * 1000


def known_of(connection: Connection, scope: str) -> Known:
    """What is known of that scope."""
    readings = _rows(connection, _READINGS, scope)
    return Known(
        watermarks={row.parent: row.at for row in _rows(connection, _WATERMARKS, scope)},
        readings={Listing(row.kind, row.parent): Reading(row.at, row.mark) for row in readings},
        marks={row.key: row.mark for row in _rows(connection, _MARKS, scope)},
    )


def learn(connection: Connection, scope: str, learned: Known, at: int) -> None:
    """Add what was learned by a plan that was applied at that time (epoch milliseconds).

    A watermark never moves back, and a reading never gives way to an older one.
    """
    before = known_of(connection, scope)
    _put(
        connection,
        _WATERMARKS,
        (
            {"scope": scope, "parent": parent, "at": moved}
            for parent, moved in sorted(learned.watermarks.items())
            if moved > before.watermarks.get(parent, -1)
        ),
    )
    _put(
        connection,
        _READINGS,
        (
            {"scope": scope, **asdict(listing), **asdict(reading)}
            for listing, reading in sorted(learned.readings.items())
            if listing not in before.readings or reading.at >= before.readings[listing].at
        ),
    )
    marks = ({"scope": scope, "key": key, "mark": mark, "at": at} for key, mark in sorted(learned.marks.items()))
    _put(connection, _MARKS, marks)
    connection.execute(delete(_MARKS).where(_MARKS.c.scope == scope, _MARKS.c.at < at - MARKS_LAST))


def _rows(connection: Connection, table: Table, scope: str) -> Sequence[Row[Any]]:
    """The table's rows of that scope; none where an older bbsync has not made the table."""
    if not inspect(connection).has_table(table.name):
        return ()
    return connection.execute(select(table).where(table.c.scope == scope)).all()


def _put(connection: Connection, table: Table, written: Iterable[dict[str, object]]) -> None:
    """Write these rows in the place of those with the same primary keys."""
    rows = list(written)
    if rows:
        ours = [column == bindparam(f"at_{column.name}") for column in table.primary_key]
        keys = [{f"at_{column.name}": row[column.name] for column in table.primary_key} for row in rows]
        connection.execute(delete(table).where(*ours), keys)
        connection.execute(insert(table), rows)
