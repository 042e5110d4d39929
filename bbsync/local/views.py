"""A view for each type, with a column for each property, so that people can ask the graph in plain SQL.

    select fullName, public from bitbucket_repo where not public

Types and properties may be somebody else's, so their names may hold anything. A type whose name cannot be a view's
(it is taken, or reserved) has none; its elements are in `entities` and `relationships` like all others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, delete, insert, select

from bbsync.graph import Element, Graph
from bbsync.local.tables import PROPERTIES

#: Tells our views from those that people made in the same file.
_MARK = "/* made by bbsync */"

_ABOUT = {
    "entities": {
        "_key": "key",
        "_id": "id",
        "_scope": "scope",
        "_class": "classes",
        "_version": "version",
        "_createdOn": "created_on",
        "_updatedOn": "updated_on",
    },
    "relationships": {
        "_key": "key",
        "_id": "id",
        "_scope": "scope",
        "_class": "class",
        "_fromEntityKey": "from_key",
        "_toEntityKey": "to_key",
        "_version": "version",
        "_createdOn": "created_on",
        "_updatedOn": "updated_on",
    },
}

#: SQLite takes 2,000 columns.
_MOST_COLUMNS = 1900

_PLAIN = re.compile(r"[A-Za-z0-9_. -]+")


def refresh_views(connection: Connection, scope: str, graph: Graph) -> None:
    """Make the views fit the graph, where its types or their properties have changed."""
    ours = PROPERTIES.c.scope == scope
    present = {tuple(row) for row in connection.execute(select(PROPERTIES).where(ours))}
    wanted = {(scope, *row) for row in _properties_of(graph)}
    if present != wanted:
        connection.execute(delete(PROPERTIES).where(ours))
        for row in sorted(wanted):
            connection.execute(insert(PROPERTIES).values(row))
        _drop_views(connection)
        _make_views(connection)


def _properties_of(graph: Graph) -> Iterator[tuple[str, str, str]]:
    for of, elements in (("entities", graph.entities), ("relationships", graph.relationships)):
        for kind, names in _names_by_type(elements.values()).items():
            yield of, kind, ""
            yield from ((of, kind, name) for name in names)


def _names_by_type(elements: Iterable[Element]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = defaultdict(set)
    for element in elements:
        names[element.type].update(element.properties)
    return names


def _drop_views(connection: Connection) -> None:
    rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'view' AND instr(sql, ?)", (_MARK,))
    for (name,) in rows.all():
        connection.exec_driver_sql(f"DROP VIEW {quoted(name)}")


def _make_views(connection: Connection) -> None:
    taken = {name.lower() for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
    for (of, kind), names in _known_types(connection).items():
        if kind and "\0" not in kind and not kind.lower().startswith("sqlite_") and kind.lower() not in taken:
            connection.exec_driver_sql(_view(of, kind, names))
            taken.add(kind.lower())


def _known_types(connection: Connection) -> dict[tuple[str, str], list[str]]:
    """The properties of every type, over all scopes in the file."""
    columns = PROPERTIES.c
    known_properties = select(columns.of, columns.type, columns.property)
    known: dict[tuple[str, str], list[str]] = defaultdict(list)
    for of, kind, name in connection.execute(known_properties.distinct().order_by(columns.of, columns.type)):
        known[of, kind].append(name)
    return known


def _view(of: str, kind: str, names: Iterable[str]) -> str:
    columns = [f"{column} AS {quoted(name)}" for name, column in _ABOUT[of].items()]
    columns += (f"{_value(of, name)} AS {quoted(title)}" for name, title in _titles(names, _ABOUT[of]))
    # The parts are our own words and names that are quoted.
    return (
        f"CREATE VIEW {quoted(kind)} AS SELECT {_MARK} {', '.join(columns[:_MOST_COLUMNS])} "  # noqa: S608 - see above
        f"FROM {of} WHERE type = {_text(kind)}"
    )


def _titles(names: Iterable[str], taken: Iterable[str]) -> Iterator[tuple[str, str]]:
    """A column title for each property; SQL does not tell Name from name, so a second one is numbered."""
    used = {title.lower() for title in taken}
    for name in sorted(names):
        if not name or "\0" in name:
            continue
        title, number = name, 2
        while title.lower() in used:
            title, number = f"{name}:{number}", number + 1
        used.add(title.lower())
        yield name, title


def _value(of: str, name: str) -> str:
    if _PLAIN.fullmatch(name):
        return f"json_extract({of}.properties, {_text('$.' + quoted(name))})"
    # A path cannot spell every name, so the name is looked for.
    return f"(SELECT each.value FROM json_each({of}.properties) AS each WHERE each.key = {_text(name)})"  # noqa: S608 - quoted


def quoted(name: str) -> str:
    """A name as SQL spells it."""
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
