"""make_drift(): what differs between Bitbucket, the graph and the last snapshot, and whose doing that is.

There is no second judgement of absence here: what Bitbucket says is what a plan against it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from attrs import evolve, frozen

from bbsync.belonging import listed_before
from bbsync.coverage import Listing
from bbsync.drift.names import Names
from bbsync.drift.values import AnyDrifted, Basis, Drift, Drifted, Sort
from bbsync.graph import Element, Entity, Graph, Relationship, differing, same
from bbsync.kinds import KINDS, Kinds
from bbsync.observation import Observation, Proof
from bbsync.overlay import Overlay
from bbsync.plan import Action, Change, Origin, make_plan, resulting_graph
from bbsync.selection import Selection

E = TypeVar("E", Entity, Relationship)


def make_drift(
    graph: Graph,
    last: Graph | None,
    observation: Observation,
    origin: Origin,
    *,
    basis: Basis | None = None,
    foreign: frozenset[str] = frozenset(),
    only: Sequence[str] = (),
    kinds: Kinds = KINDS,
) -> Drift:
    """What differs, every element at most once.

    Args:
        graph: the graph as it is now, within our scope.
        last: the graph as the last apply left it; None where nobody knows, and the graph itself stands in.
        observation: Bitbucket as this run saw it, with the graph in mind.
        origin: as of a plan that is made now.
        basis: which apply left `last`.
        foreign: keys in the scope that carry somebody else's owner marker.
        only: addresses; with any, the rest counts in each graph as if Bitbucket were so.
        kinds: what is synchronised; elements of other types are unmanaged.
    """
    selection = Selection(tuple(only), kinds)
    plan = make_plan(graph, selection.of(observation, graph), origin, foreign=foreign, kinds=kinds)
    left = _ours(graph if last is None else last, kinds)
    moved = _moved(left.entities, graph.entities), _moved(left.relationships, graph.relationships)
    wanted = left
    if any(moved):  # else the plan says it all
        believed = _believing_both(selection.of(observation, left), left, graph, kinds)
        wanted = resulting_graph(make_plan(left, believed, origin, foreign=foreign, kinds=kinds), left)
    things = _Three(left.entities, graph.entities, wanted.entities, moved[0], plan.entities)
    ties = _Three(left.relationships, graph.relationships, wanted.relationships, moved[1], plan.relationships)
    names = Names.of(Graph(things.known(), ties.known()), kinds, needed=any(moved) or not plan.is_empty)
    found: list[AnyDrifted] = [*things.found(names), *ties.found(names)]
    return Drift(plan, basis or Basis(), tuple(sorted(found, key=names.order)), foreign=len(foreign))


@frozen
class _Three(Generic[E]):
    """Elements of one sort three times: as the last apply left them, as they are, and as they should be.

    `moved` are the keys of which the first two tell different things, `changes` what the next apply does.
    """

    left: Mapping[str, E]
    graph: Mapping[str, E]
    wanted: Mapping[str, E]
    moved: frozenset[str]
    changes: tuple[Change[E], ...]

    def known(self) -> Mapping[str, E]:
        """Everything that there is, was or will be, as it should be."""
        overlaid: dict[str, E | None] = {change.element.key: change.element for change in self.changes}
        overlaid |= {key: self.wanted.get(key) or self.left.get(key) or self.graph[key] for key in self.moved}
        return Overlay(self.graph, overlaid)

    def found(self, names: Names) -> Iterator[Drifted[E]]:
        """What differs: what the next apply changes, but for what somebody else moved, and that."""
        for change in self.changes:
            if change.element.key not in self.moved:
                yield self._pending(change, names)
        changes = {change.element.key: change for change in self.changes}
        for key in self.moved:
            was, now, wanted = self.left.get(key), self.graph.get(key), self.wanted.get(key)
            planned = changes.get(key)
            if planned is not None and _equal(now, wanted):  # an apply goes by the graph as it is, and this by both
                wanted = planned.after
            if not _equal(now, wanted):
                action = None if planned is None else planned.action
                yield _drifted(_sort(was, now, wanted), (was, now, wanted), action, names)

    def _pending(self, change: Change[E], names: Names) -> Drifted[E]:
        three = change.before, change.before, change.after
        return _drifted(Sort.PENDING, three, change.action, names)


def _sort(was: Element | None, now: Element | None, wanted: Element | None) -> Sort:
    if now is None:
        return Sort.MISSING
    return Sort.UNMANAGED if was is None and wanted is None else Sort.TAMPERED


def _drifted(sort: Sort, three: tuple[E | None, E | None, E | None], action: Action | None, names: Names) -> Drifted[E]:
    bare = Drifted(sort, "", *three)
    one, other = bare.graph, bare.expected
    properties = _differing(one, other) if one is not None and other is not None else ()
    return evolve(
        bare, label=names.label(bare.element), properties=properties, next=action, above=names.above(bare.element)
    )


def _differing(one: Element, other: Element) -> tuple[str, ...]:
    """The names of the properties that differ, and of what JupiterOne keeps beside them."""
    heads = ((name, here, there) for (name, here), (_, there) in zip(_head(one), _head(other), strict=True))
    return (*differing(one, other), *(name for name, here, there in heads if here != there))


def _head(element: Element) -> tuple[tuple[str, object], ...]:
    if isinstance(element, Entity):
        return (("_type", element.type), ("_class", element.classes))
    ends = (("_fromEntityKey", element.source), ("_toEntityKey", element.target))
    return (("_type", element.type), ("_class", element.verb), *ends)


def _equal(one: Element | None, other: Element | None) -> bool:
    return one is other if one is None or other is None else same(one, other)


def _ours(graph: Graph, kinds: Kinds) -> Graph:
    """The graph without what is of no kind of ours: whoever made that, no apply of ours did."""
    others = {key: None for key, one in graph.entities.items() if one.type not in kinds.by_type}
    ties = {key: None for key, one in graph.relationships.items() if one.type not in kinds.relationships}
    return Graph(Overlay(graph.entities, others), Overlay(graph.relationships, ties))


def _moved(before: Mapping[str, E], now: Mapping[str, E]) -> frozenset[str]:
    """The keys of what came, went or changed."""
    found = {key for key, one in now.items() if not _equal(before.get(key), one)}
    found.update(key for key in before if key not in now)
    return frozenset(found)


def _believing_both(observation: Observation, left: Graph, graph: Graph, kinds: Kinds) -> Observation:
    """The observation that takes for gone what is neither in a complete listing nor in the graph.

    Nobody asked Bitbucket for what the graph does not hold; but where both are without it, there is no difference.
    """
    read = observation.coverage.read
    gone = {
        (listing, key): Proof(listing, read[listing].items, read[listing].pages)
        for listing, key in _lost(left, graph, kinds)
        if observation.coverage.complete(listing)
    }
    return evolve(observation, gone={**gone, **observation.gone})


def _lost(left: Graph, graph: Graph, kinds: Kinds) -> Iterator[tuple[Listing, str]]:
    """What the last apply left in a listing, and the graph does not hold there."""
    for listing, held in listed_before(left, kinds).items():
        belongs = kinds.by_name[listing.kind].belongs
        for one in held:
            tie = belongs.between(listing.parent, one.key).key if belongs else ""
            cut = tie in left.relationships and tie not in graph.relationships
            if cut or one.key not in graph.entities:
                yield listing, one.key
