"""A view for each type, with a column for each property, so that people can ask the graph in plain SQL.

    select fullName, public from bitbucket_repo where not public

Types and properties may be somebody else's, so their names may hold anything. A type whose name cannot be a view's
(it is taken, or reserved) has none; its elements are in `entities` and `relationships` like all others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Table, delete, insert, select

from bbsync.graph import Element, Graph

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


class Views(ABC):
    """How one kind of database spells views."""

    #: How many columns it takes, and how many bytes of a name.
    most_columns: int
    longest_name: int

    @abstractmethod
    def drop(self, connection: Connection) -> None:
        """Drop the views that bbsync made, and none that people made."""

    @abstractmethod
    def taken(self, connection: Connection) -> set[str]:
        """The names that are taken, in small letters."""

    @abstractmethod
    def create(self, connection: Connection, name: str, selected: str) -> None:
        """Make a view of this statement, and mark it as ours."""

    @abstractmethod
    def value(self, of: str, name: str) -> str:
        """The expression for a property."""

    def may_be(self, name: str) -> bool:
        """Whether a view or a column can have that name."""
        return bool(name) and "\0" not in name and len(name.encode()) <= self.longest_name


def refresh_views(connection: Connection, known: Table, views: Views, scope: str, graph: Graph) -> None:
    """Make the views fit the graph, where its types or their properties have changed from what the table knows."""
    ours = known.c.scope == scope
    present = {tuple(row) for row in connection.execute(select(known).where(ours))}
    wanted = {(scope, *row) for row in _properties_of(graph)}
    if present != wanted:
        connection.execute(delete(known).where(ours))
        for row in sorted(wanted):
            connection.execute(insert(known).values(row))
        views.drop(connection)
        _make_views(connection, known, views)


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


def _make_views(connection: Connection, known: Table, views: Views) -> None:
    taken = views.taken(connection)
    for (of, kind), names in _known_types(connection, known).items():
        if views.may_be(kind) and not kind.lower().startswith(("sqlite_", "pg_")) and kind.lower() not in taken:
            views.create(connection, kind, _selected(views, of, kind, names))
            taken.add(kind.lower())


def _known_types(connection: Connection, known: Table) -> dict[tuple[str, str], list[str]]:
    """The properties of every type, over all scopes in the database."""
    columns = known.c
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    wanted = select(columns.of, columns.type, columns.property)
    for of, kind, name in connection.execute(wanted.distinct().order_by(columns.of, columns.type)):
        found[of, kind].append(name)
    return found


def _selected(views: Views, of: str, kind: str, names: Iterable[str]) -> str:
    columns = [f"{column} AS {quoted(name)}" for name, column in _ABOUT[of].items()]
    columns += (f"{views.value(of, name)} AS {quoted(title)}" for name, title in _titles(views, names, _ABOUT[of]))
    # The parts are our own words and names that are quoted.
    listed = ", ".join(columns[: views.most_columns])
    return f"{listed} FROM {of} WHERE type = {spelt(kind)}"


def _titles(views: Views, names: Iterable[str], taken: Iterable[str]) -> Iterator[tuple[str, str]]:
    """A column title for each property; SQL does not tell Name from name, so a second one is numbered."""
    used = {title.lower() for title in taken}
    for name in sorted(names):
        if not views.may_be(name):
            continue
        title, number = name, 2
        while title.lower() in used:
            title, number = f"{name}:{number}", number + 1
        used.add(title.lower())
        yield name, title


def quoted(name: str) -> str:
    """A name as SQL spells it."""
    return '"' + name.replace('"', '""') + '"'


def spelt(text: str) -> str:
    """A text as SQL spells it."""
    return "'" + text.replace("'", "''") + "'"
