"""Which entities and relationships of the graph a query finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bbsync.sandbox.jupiterone.answers import Json
from bbsync.sandbox.jupiterone.conditions import Read, compile_condition
from bbsync.sandbox.jupiterone.elements import Edge, Element, Vertex
from bbsync.sandbox.jupiterone.graphstore import GraphState
from bbsync.sandbox.jupiterone.queries import Path, Query, QueryRefused, Step, Target

#: One way the query holds: an entity, then a relationship and an entity for each traversal.
Match = tuple[Element, ...]


def find(query: Query, graph: GraphState) -> list[Match]:
    """Every way the query holds in the graph."""
    fits = fitting(query.start)
    matches: Iterable[Match] = ((vertex,) for vertex in _candidates(query.start, graph) if fits(vertex))
    for step in query.steps:
        matches = _follow(matches, step, graph)
    if query.where is not None:
        matches = filter(compile_condition(query.where, reader(query)), matches)
    return list(matches)


def places(query: Query) -> Mapping[str, int]:
    """Where in a match each alias is found; an entity without one goes by the name the query finds it by."""
    named: dict[str, int] = {}
    place = 0
    _name(named, query.start, place)
    for step in query.steps:
        if step.negated:
            continue
        if step.alias:
            named[step.alias] = place + 1
        place += 2
        _name(named, step.target, place)
    return named


def reader(query: Query) -> Callable[[Path], Read[Match]]:
    """How a path such as `alias.property` is read from a match."""
    named = places(query)

    def read(path: Path) -> Read[Match]:
        alias, *rest = path
        if alias not in named or not rest:
            raise QueryRefused(f"Unknown selector {'.'.join(path)!r} (code=SYNTAX_ERROR)")
        place, name = named[alias], ".".join(rest)
        return lambda match: match[place].look(name)

    return read


def fitting(target: Target) -> Callable[[Vertex], bool]:
    """Whether an entity is of the named classes or types, and its condition holds."""
    names = frozenset(target.names)

    def named(vertex: Vertex) -> bool:
        return not names or vertex.type in names or not names.isdisjoint(vertex.classes)

    if target.condition is None:
        return named
    holds = compile_condition(target.condition, _read_property)
    return lambda vertex: named(vertex) and holds(vertex)


def _read_property(path: Path) -> Read[Vertex]:
    name = ".".join(path)

    def read(vertex: Vertex) -> Json:
        return vertex.look(name)

    return read


def _candidates(target: Target, graph: GraphState) -> Sequence[Vertex]:
    if len(target.names) != 1:
        return graph.in_order
    name = target.names[0]
    return graph.by_type.get(name, []) if name.islower() else graph.by_class.get(name, [])


def _follow(matches: Iterable[Match], step: Step, graph: GraphState) -> Iterator[Match]:
    fits = fitting(step.target)
    for match in matches:
        found = (extra for extra in _neighbours(match[-1], step, graph) if fits(extra[1]))
        if not step.negated:
            yield from ((*match, *extra) for extra in found)
        elif next(found, None) is None:
            yield match


def _neighbours(vertex: Element, step: Step, graph: GraphState) -> Iterator[tuple[Edge, Vertex]]:
    if step.arrow != "<<":
        for edge in graph.outgoing.get(vertex.address, ()):
            if not step.verbs or edge.verb in step.verbs:
                yield edge, graph.vertices[edge.end]
    if step.arrow != ">>":
        for edge in graph.incoming.get(vertex.address, ()):
            if not step.verbs or edge.verb in step.verbs:
                yield edge, graph.vertices[edge.start]


def _name(named: dict[str, int], target: Target, place: int) -> None:
    if target.alias:
        named[target.alias] = place
    elif len(target.names) == 1:
        named.setdefault(target.names[0], place)
