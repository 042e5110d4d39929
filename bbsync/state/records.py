"""What a run leaves for the next one when its plan was applied: watermarks, settings, and a line of the audit trail.

Watermarks are written together with the line that says a plan was applied: a run that fails leaves them where they
were, and the next one looks back as far as it must. So are the settings that shaped the plan: only what was applied
counts as what was looked at before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen
from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, delete, insert, inspect, select

from bbsync.errors import StateError
from bbsync.graph import Properties
from bbsync.state.database import SCHEMA, Database

_WATERMARKS = Table(
    "bbsync_watermarks",
    SCHEMA,
    Column("scope", String, primary_key=True),
    Column("parent", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

_APPLIES = Table(
    "bbsync_applies",
    SCHEMA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("scope", String, nullable=False),
    Column("plan_id", String, nullable=False),
    Column("applied_at", BigInteger, nullable=False),
    Column("applied_by", String, nullable=False),
    Column("ci_url", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("allow_deletes", Integer),
    Column("counted", String, nullable=False),
)

_SCOPES = Table(
    "bbsync_scopes",
    SCHEMA,
    Column("scope", String, primary_key=True),
    Column("settings", String, nullable=False),
)


@frozen
class Applied:
    """One line of the audit trail.

    `applied_at` is epoch milliseconds; `allow_deletes` is the number that overrode a guard, None if none did;
    `counted` says in words what the target counted.
    """

    scope: str
    plan_id: str
    applied_at: int
    applied_by: str
    ci_url: str
    outcome: str
    allow_deletes: int | None
    counted: str


class State:
    """The records of one or more scopes, at an SQLAlchemy URL. Reading never makes the file."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    def watermarks(self, scope: str) -> dict[str, int]:
        """By parent key, the time (epoch milliseconds) up to which its history is in the graph of that scope."""
        with self._database.reading() as connection:
            return {} if connection is None else _held(connection, scope)

    def applies(self, scope: str) -> list[Applied]:
        """The audit trail of a scope, oldest first."""
        columns = [column for column in _APPLIES.c if column.name != "number"]
        wanted = select(*columns).where(_APPLIES.c.scope == scope).order_by(_APPLIES.c.number)
        with self._database.reading() as connection:
            return [] if connection is None else [Applied(**row) for row in connection.execute(wanted).mappings()]

    def settings(self, scope: str) -> Properties:
        """The settings that shaped the last plan applied to that scope, by name; empty if nobody noted any."""
        with self._database.reading() as connection:
            if connection is None or not inspect(connection).has_table(_SCOPES.name):
                return {}
            held = connection.execute(select(_SCOPES.c.settings).where(_SCOPES.c.scope == scope)).scalar()
        return {} if held is None else _settings(held)

    def record(self, line: Applied, watermarks: Mapping[str, int], settings: Properties | None = None) -> None:
        """Note that a plan was applied, how far the history is known now, and by which settings: all or nothing.

        A watermark never moves back.
        """
        with self._database.writing() as connection:
            connection.execute(insert(_APPLIES).values(**{name: getattr(line, name) for name in _LINE}))
            if settings is not None:
                connection.execute(delete(_SCOPES).where(_SCOPES.c.scope == line.scope))
                written = json.dumps(dict(settings), sort_keys=True)
                connection.execute(insert(_SCOPES), {"scope": line.scope, "settings": written})
            held = _held(connection, line.scope)
            moved = {parent: at for parent, at in watermarks.items() if at > held.get(parent, -1)}
            for parent in moved.keys() & held.keys():
                old = (_WATERMARKS.c.scope == line.scope) & (_WATERMARKS.c.parent == parent)
                connection.execute(delete(_WATERMARKS).where(old))
            if moved:
                rows = [{"scope": line.scope, "parent": parent, "at": at} for parent, at in sorted(moved.items())]
                connection.execute(insert(_WATERMARKS), rows)


_LINE = ("scope", "plan_id", "applied_at", "applied_by", "ci_url", "outcome", "allow_deletes", "counted")


def _settings(written: str) -> Properties:
    """The settings as they were noted. Nothing in their place would let every plan through that looks at less."""
    try:
        held: dict[str, Any] = dict(json.loads(written))
    except (TypeError, ValueError) as error:
        raise StateError(
            "the settings of the last apply cannot be read from the records",
            why="Somebody else has changed them: they are not as bbsync writes them.",
            next_step="Restore the records, or set another url in [state].",
        ) from error
    return {name: tuple(one) if isinstance(one, list) else one for name, one in held.items()}


def _held(connection: Connection, scope: str) -> dict[str, int]:
    rows = connection.execute(select(_WATERMARKS.c.parent, _WATERMARKS.c.at).where(_WATERMARKS.c.scope == scope))
    return {str(parent): int(at) for parent, at in rows}
