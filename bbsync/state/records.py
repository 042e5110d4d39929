"""What a run leaves for the next one: what it found out, the settings of what was applied, a line of the audit trail.

What was found out is written together with the line that says a plan was applied: a run that fails leaves what was
known before, and the next one looks at as much as it must. So are the settings that shaped the plan: only what was
applied counts as what was looked at before.
"""

from __future__ import annotations

import json
from typing import Any

from attrs import asdict, frozen
from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, delete, insert, inspect, select

from bbsync.coverage import Known
from bbsync.errors import StateError
from bbsync.graph import Properties
from bbsync.state.database import SCHEMA, Database
from bbsync.state.knowledge import known_of, learn

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
    Column("allow_deletes", BigInteger),
    Column("counted", String, nullable=False),
)

_SCOPES = Table(
    "bbsync_scopes",
    SCHEMA,
    Column("scope", String, primary_key=True),
    Column("settings", String, nullable=False),
)

#: What the first format had no room for. Lines of an older bbsync have no row here.
_DETAILS = Table(
    "bbsync_apply_details",
    SCHEMA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("planned", String, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("code", String, nullable=False),
    Column("failure", String, nullable=False),
    Column("elements", BigInteger, nullable=False),
)


@frozen
class Applied:
    """One line of the audit trail: an apply, whatever came of it.

    `applied_at` is epoch milliseconds; `allow_deletes` is the number that overrode a guard, None if none did; `planned`
    and `counted` say in words what the plan held and what the target counted; `code` and `failure` are those of the
    message with which an apply ended that did not succeed, and empty for one that did; `elements` is the size of the
    graph that it left, 0 where nobody knows.
    """

    scope: str
    plan_id: str
    applied_at: int
    applied_by: str
    ci_url: str
    outcome: str
    allow_deletes: int | None
    counted: str
    planned: str = ""
    milliseconds: int = 0
    code: str = ""
    failure: str = ""
    elements: int = 0

    @property
    def succeeded(self) -> bool:
        """Whether the plan was in the graph when the apply ended."""
        return not self.code


class State:
    """The records of one or more scopes, at an SQLAlchemy URL. Reading never makes the file."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    def known(self, scope: str) -> Known:
        """What earlier runs found out whose plans are in the graph of that scope."""
        with self._database.reading() as connection:
            return Known() if connection is None else known_of(connection, scope)

    def applies(self, scope: str) -> list[Applied]:
        """The applies of a scope that brought their plan into the graph, oldest first."""
        return [line for line in self.trail(scope) if line.succeeded]

    def trail(self, scope: str) -> list[Applied]:
        """The whole audit trail of a scope, oldest first."""
        with self._database.reading() as connection:
            return [] if connection is None else [Applied(**row) for row in _lines(connection, scope)]

    def record_failure(self, line: Applied) -> None:
        """Note that a plan was not applied, and why."""
        with self._database.writing() as connection:
            _append(connection, line)

    def settings(self, scope: str) -> Properties:
        """The settings that shaped the last plan applied to that scope, by name; empty if nobody noted any."""
        with self._database.reading() as connection:
            if connection is None or not inspect(connection).has_table(_SCOPES.name):
                return {}
            held = connection.execute(select(_SCOPES.c.settings).where(_SCOPES.c.scope == scope)).scalar()
        return {} if held is None else _settings(held)

    def record(self, line: Applied, learned: Known, settings: Properties | None = None) -> None:
        """Note that a plan was applied, what is known with it, and by which settings: all or nothing."""
        with self._database.writing() as connection:
            _append(connection, line)
            if settings is not None:
                connection.execute(delete(_SCOPES).where(_SCOPES.c.scope == line.scope))
                written = json.dumps(dict(settings), sort_keys=True)
                connection.execute(insert(_SCOPES), {"scope": line.scope, "settings": written})
            learn(connection, line.scope, learned, line.applied_at)


_LINE = [column.name for column in _APPLIES.c if column.name != "number"]
_MORE = [column.name for column in _DETAILS.c if column.name != "number"]


def _append(connection: Connection, line: Applied) -> None:
    held = asdict(line)
    columns = {name: held[name] for name in _LINE}
    number = connection.execute(insert(_APPLIES).values(**columns).returning(_APPLIES.c.number)).scalar_one()
    details = {name: held[name] for name in _MORE}
    connection.execute(insert(_DETAILS).values(number=number, **details))


def _lines(connection: Connection, scope: str) -> list[dict[str, Any]]:
    wanted = select(_APPLIES).where(_APPLIES.c.scope == scope).order_by(_APPLIES.c.number)
    rows = [{**row} for row in connection.execute(wanted).mappings()]
    details = _details(connection)
    return [{**{name: row[name] for name in _LINE}, **details.get(row["number"], {})} for row in rows]


def _details(connection: Connection) -> dict[int, dict[str, Any]]:
    """What else is known of the lines, by their numbers."""
    if not inspect(connection).has_table(_DETAILS.name):
        return {}
    rows = connection.execute(select(_DETAILS)).mappings()
    return {row["number"]: {name: row[name] for name in _MORE} for row in rows}


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
