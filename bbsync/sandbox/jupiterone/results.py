"""The three shapes in which query results are returned: list, table and tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import evolve, frozen

from bbsync.sandbox.jupiterone.answers import Document, Json
from bbsync.sandbox.jupiterone.elements import Edge, Element, Vertex
from bbsync.sandbox.jupiterone.evaluate import Match, find, places, reader
from bbsync.sandbox.jupiterone.graphstore import GraphState
from bbsync.sandbox.jupiterone.queries import Column, Query, QueryRefused


@frozen(eq=False)
class Result:
    """What a query found. Rows are written out page by page, since most of them may never be asked for."""

    type: str
    rows: Sequence[Any]
    write: Callable[[Sequence[Any]], Json]

    def between(self, first: int, after: int) -> Result:
        """The rows from the first up to, and not including, the one after."""
        return evolve(self, rows=self.rows[first:after])

    def data(self) -> Json:
        """The rows as answers hold them."""
        return self.write(self.rows)


def run(query: Query, graph: GraphState) -> Result:
    """Carry out a query."""
    matches = _ordered(find(query, graph), query)
    if query.tree:
        return Result("tree", matches[: query.limit], tree)
    if any(column.function for column in query.columns):
        return Result("table", _aggregated(matches, query)[: query.limit], list)
    if not query.columns or all(_is_selector(column) for column in query.columns):
        return Result("list", _selected(matches, query)[: query.limit], lambda rows: [row(found) for found in rows])
    return Result("table", _table(matches, query)[: query.limit], list)


def row(element: Element) -> Document:
    """An entity as lists and trees show it: metadata and display name apart from the other properties."""
    return {"id": element.id, _kind(element): _shown_metadata(element), "properties": _shown_properties(element)}


def tree(matches: Sequence[Match]) -> Document:
    """Every entity once, and each relationship as often as it was found: from one side, or from both."""
    vertices = {element.id: element for match in matches for element in match if isinstance(element, Vertex)}
    edges = [element for match in matches for element in match if isinstance(element, Edge)]
    return {"vertices": [row(vertex) for vertex in vertices.values()], "edges": [edge_row(edge) for edge in edges]}


def edge_row(edge: Edge) -> Document:
    """A relationship as trees show it."""
    return {"fromVertexId": edge.start_id, "toVertexId": edge.end_id} | row(edge)


def _kind(element: Element) -> str:
    return "entity" if isinstance(element, Vertex) else "relationship"


def _shown_metadata(element: Element) -> Document:
    shown = element.metadata()
    if "displayName" in element.properties:
        shown["displayName"] = element.properties["displayName"]
    return shown


def _shown_properties(element: Element) -> Document:
    return {name: value for name, value in element.properties.items() if name != "displayName"}


def _ordered(matches: list[Match], query: Query) -> list[Match]:
    if not query.order_by:
        return matches
    read = _value_reader(query, query.order_by)
    return sorted(matches, key=lambda match: _rank(read(match)), reverse=query.descending)


def _rank(value: Json) -> tuple[bool, str, Json]:
    # Values of different kinds never meet, so that a column may hold several.
    number = isinstance(value, int | float)
    return (value is None, "number" if number else type(value).__name__, 0 if value is None else value)


def _is_selector(column: Column) -> bool:
    return len(column.path) == 1 and not column.everything


def _selected(matches: Sequence[Match], query: Query) -> list[Element]:
    chosen = [_place(query, column.path[0]) for column in query.columns] or [0]
    found = {match[place].id: match[place] for match in matches for place in chosen}
    return list(found.values())


def _table(matches: Sequence[Match], query: Query) -> list[Document]:
    cells = [_cells(query, column) for column in query.columns]
    rows = [{name: value for cell in cells for name, value in cell(match)} for match in matches]
    return _unique(rows) if query.unique else rows


def _cells(query: Query, column: Column) -> Callable[[Match], Iterable[tuple[str, Json]]]:
    if column.everything:
        place = _place(query, column.path[0])
        return lambda match: ((f"{column.text}.{name}", value) for name, value in match[place].flat().items())
    read = _value_reader(query, column.path)
    return lambda match: ((column.text, read(match)),)


def _aggregated(matches: Sequence[Match], query: Query) -> list[Document]:
    """One row for each combination of what is returned beside the aggregates."""
    readers = [(column, _value_reader(query, column.path)) for column in query.columns]
    groups: dict[str, list[Match]] = {} if any(not column.function for column in query.columns) else {"[]": []}
    for match in matches:
        key = repr([read(match) for column, read in readers if not column.function])
        groups.setdefault(key, []).append(match)
    return [
        {column.text: _cell(column, list(map(read, group))) for column, read in readers} for group in groups.values()
    ]


def _cell(column: Column, values: Sequence[Json]) -> Json:
    present = [value for value in values if value is not None]
    if column.function is None:
        return values[0]
    if column.function == "count":
        return len(set(present)) if len(column.path) == 1 else len(present)
    numbers = [value for value in present if isinstance(value, int | float)]
    return _AGGREGATES[column.function](numbers) if numbers else None


_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "min": min,
    "max": max,
    "sum": sum,
    "avg": lambda numbers: sum(numbers) / len(numbers),
}


def _value_reader(query: Query, path: tuple[str, ...]) -> Callable[[Match], Json]:
    if len(path) > 1:
        return reader(query)(path)
    place = _place(query, path[0])
    return lambda match: match[place].id


def _place(query: Query, alias: str) -> int:
    named = places(query)
    if alias not in named:
        raise QueryRefused(f"Unknown selector {alias!r} (code=SYNTAX_ERROR)")
    return named[alias]


def _unique(rows: Sequence[Document]) -> list[Document]:
    return list({repr(row): row for row in rows}.values())
