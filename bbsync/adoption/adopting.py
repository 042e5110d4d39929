"""adopt(): the graph as it would be if bbsync had written what the existing integration wrote.

Plans are made from that graph instead of the one that is there, and say of what has another key now that it moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from attrs import evolve, field, frozen

from bbsync.adoption.keys import Origins, Unclear, is_theirs
from bbsync.adoption.translation import newest, translated
from bbsync.coverage import Gap, Listing
from bbsync.graph import Entity, Graph, Relationship
from bbsync.kinds import KINDS, Absence, Kinds

E = TypeVar("E", Entity, Relationship)

#: Entities that have come to one key, by that key.
ByKey = dict[str, list[Entity]]


@frozen
class Arrivals(Generic[E]):
    """What is in the adopted graph and was not in ours under that key.

    Attributes:
        was: by new key, what it was in our graph under other keys: one element, or several that are one and the same.
        new: the keys that our graph does not have.
        theirs: keys that were and stay the same, of what the existing integration wrote.
    """

    was: Mapping[str, tuple[E, ...]] = field(factory=dict)
    new: frozenset[str] = frozenset()
    theirs: frozenset[str] = frozenset()


@frozen
class Adopted:
    """The graph to plan from, what arrived in it, and what could not be moved in: one gap for each."""

    graph: Graph
    entities: Arrivals[Entity]
    relationships: Arrivals[Relationship]
    left: tuple[Gap, ...] = ()


def adopt(held: Graph, elsewhere: Graph | None = None, kinds: Kinds = KINDS) -> Adopted:
    """Move in.

    Args:
        held: our graph as it is.
        elsewhere: the graph that the existing integration keeps beside ours; None where it wrote into ours.
        kinds: what is synchronised.
    """
    return _in_place(held, kinds) if elsewhere is None else _from_elsewhere(held, elsewhere, kinds)


def _in_place(held: Graph, kinds: Kinds) -> Adopted:
    """Everything of theirs in our graph gets our key; what both have, ours is the truth of."""
    origins = Origins(held)
    by_key, left = _by_new_key(held, origins, kinds)
    moved = {key: olds for key, olds in by_key.items() if olds[0].key != key or len(olds) > 1}
    was = {key: tuple(old for old in olds if old.key != key) for key, olds in moved.items()}
    gone = {old.key for olds in was.values() for old in olds}
    entities = {key: one for key, one in held.entities.items() if key not in gone}
    for key, olds in moved.items():
        entities.setdefault(key, _one(olds, key, origins, kinds))
    ends = {old.key: key for key, olds in was.items() for old in olds}
    ties, ties_was = _retied(held.relationships.values(), ends, kinds)
    graph = Graph(entities, ties)
    theirs = frozenset(key for key, one in held.entities.items() if is_theirs(one) and key not in ends)
    return Adopted(
        graph,
        Arrivals(was, frozenset(was) - held.entities.keys(), theirs),
        Arrivals(ties_was, frozenset(ties_was) - held.relationships.keys()),
        left,
    )


def _retied(
    ties: Iterable[Relationship], ends: Mapping[str, str], kinds: Kinds
) -> tuple[dict[str, Relationship], dict[str, tuple[Relationship, ...]]]:
    """The relationships between the new keys, and what was tied otherwise. Nothing is lost with an end."""
    kept: dict[str, Relationship] = {}
    moved: dict[str, list[Relationship]] = {}
    new: dict[str, Relationship] = {}
    for tie in ties:
        if tie.source not in ends and tie.target not in ends:
            kept[tie.key] = tie
            continue
        now = _between(tie, ends.get(tie.source, tie.source), ends.get(tie.target, tie.target), kinds)
        new.setdefault(now.key, now)
        moved.setdefault(now.key, []).append(tie)
    return {**new, **kept}, {key: tuple(olds) for key, olds in moved.items()}


def _between(tie: Relationship, source: str, target: str, kinds: Kinds) -> Relationship:
    """The same relationship between other ends; one of a type that is not ours keeps all else."""
    declared = kinds.relationships.get(tie.type)
    if declared is not None:
        return declared[1].between(source, target)
    key = f"{source}|{tie.verb.lower()}|{target}"
    return evolve(tie, key=key, source=source, target=target)


def _from_elsewhere(held: Graph, elsewhere: Graph, kinds: Kinds) -> Adopted:
    """What ours does not have yet comes in; what it has, or has had the chance to read, is left alone."""
    origins = Origins(elsewhere)
    by_key, left = _by_new_key(elsewhere, origins, kinds)
    new = {
        key: _one(olds, key, origins, kinds)
        for key, olds in by_key.items()
        if key not in held.entities and not _was_read(key, olds[0], held, kinds)
    }
    entities = {**held.entities, **new}
    ends = {old.key: key for key, olds in by_key.items() for old in olds}
    ties = {tie.key: tie for tie in _arriving(elsewhere.relationships.values(), ends, new, entities, kinds)}
    added = {key: tie for key, tie in ties.items() if key not in held.relationships}
    return Adopted(
        Graph(entities, {**held.relationships, **added}),
        Arrivals(new=frozenset(new)),
        Arrivals(new=frozenset(added)),
        left,
    )


def _was_read(key: str, entity: Entity, held: Graph, kinds: Kinds) -> bool:
    """Whether our graph would have it if it were there: what it lies in is ours, and its listings show all there is."""
    kind = kinds.by_type[entity.type]
    place = key.partition("/")[0]
    return kind.absence is Absence.COMPLETE and place != key and place in held.entities


def _arriving(
    ties: Iterable[Relationship],
    ends: Mapping[str, str],
    new: Mapping[str, Entity],
    entities: Mapping[str, Entity],
    kinds: Kinds,
) -> Iterable[Relationship]:
    """The relationships of what arrives, to whatever is there then."""
    for tie in ties:
        source, target = ends.get(tie.source, ""), ends.get(tie.target, "")
        arrives = source in new or target in new
        if arrives and tie.type in kinds.relationships and source in entities and target in entities:
            yield _between(tie, source, target, kinds)


def _by_new_key(graph: Graph, origins: Origins, kinds: Kinds) -> tuple[ByKey, tuple[Gap, ...]]:
    """The entities of our types by the key of ours, and a gap for each that has none."""
    found: ByKey = {}
    left = []
    for entity in graph.entities.values():
        kind = kinds.by_type.get(entity.type)
        if kind is None:
            continue
        try:
            found.setdefault(origins.key(entity), []).append(entity)
        except Unclear as unclear:
            left.append(unclear_gap(entity, kind.name, str(unclear)))
    return {key: _ours_first(olds) for key, olds in found.items()}, tuple(left)


def _ours_first(entities: list[Entity]) -> list[Entity]:
    return sorted(entities, key=lambda one: (is_theirs(one), one.key))


def unclear_gap(entity: Entity, kind: str, why: str) -> Gap:
    """Say that the entity stays where it is."""
    return Gap(Listing(kind), "BB-ADOPT-UNCLEAR", f"it cannot be moved in: {why}", item=entity.key)


def _one(olds: list[Entity], key: str, origins: Origins, kinds: Kinds) -> Entity:
    """What the adopted graph holds under the key."""
    old = newest(olds, origins)
    return translated(old, key, origins, kinds.by_type[old.type]) if is_theirs(old) else evolve(old, key=key)
