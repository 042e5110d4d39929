"""Who belongs to whom in a graph: the parents of entities, and what each listing held."""

from __future__ import annotations

from bbsync.coverage import Listing
from bbsync.graph import Entity, Graph
from bbsync.kinds import Kinds


def parents_of(graph: Graph, kinds: Kinds) -> dict[str, tuple[str, ...]]:
    """The keys of every entity's parents: the sources of the relationships that tie it to them.

    An entity without such a relationship belongs to the entity that its key begins with, if that is in the graph.
    """
    belonging = {kind.belongs.type for kind in kinds if kind.belongs}
    found: dict[str, list[str]] = {}
    for tie in graph.relationships.values():
        if tie.type in belonging:
            found.setdefault(tie.target, []).append(tie.source)
    for key, entity in graph.entities.items():
        kind = None if key in found else kinds.by_type.get(entity.type)
        if kind and kind.parent:
            prefix = key.partition("/")[0]
            found[key] = [prefix] if prefix != key and prefix in graph.entities else []
    return {key: tuple(sorted(parents)) for key, parents in found.items()}


def listed_before(graph: Graph, kinds: Kinds) -> dict[Listing, tuple[Entity, ...]]:
    """What each listing held when the graph was written: what must be shown again, or proven gone."""
    homes = homes_of(graph, kinds)
    held: dict[Listing, list[Entity]] = {}
    for key in sorted(graph.entities):
        entity = graph.entities[key]
        kind = kinds.by_type.get(entity.type)
        if kind:
            for parent in homes.get(key, ()) if kind.parent else ("",):
                held.setdefault(Listing(kind.name, parent), []).append(entity)
    return {listing: tuple(entities) for listing, entities in held.items()}


def homes_of(graph: Graph, kinds: Kinds) -> dict[str, tuple[str, ...]]:
    """Parents as in `parents_of`; a shared entity that nothing ties may belong to any parent of the right type."""
    homes = parents_of(graph, kinds)
    for kind in kinds:
        if kind.shared and kind.parent:
            above = _keys(graph, kinds.by_name[kind.parent].entity.type)
            homes.update({key: above for key in _keys(graph, kind.entity.type) if not homes.get(key)})
    return homes


def _keys(graph: Graph, entity_type: str) -> tuple[str, ...]:
    return tuple(sorted(key for key, entity in graph.entities.items() if entity.type == entity_type))
