"""Who belongs to whom in a graph: the parents of entities, and what each listing held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import field, frozen

from bbsync.coverage import Listing
from bbsync.graph import Entity, Graph, Relationship
from bbsync.kinds import AnyKind, Kinds
from bbsync.overlay import Overlay


@frozen
class Belonging:
    """The parents of the entities of one graph.

    They are the sources of the relationships that tie the entity to them, which `tied` holds by entity key. An entity
    without such a relationship belongs to the entity that its key begins with, if that is in the graph.
    """

    entities: Mapping[str, Entity]
    tied: Mapping[str, tuple[str, ...]]
    kinds: Kinds
    _anywhere: dict[str, tuple[str, ...]] = field(factory=dict, init=False, repr=False, eq=False)

    @classmethod
    def of(cls, graph: Graph, kinds: Kinds) -> Belonging:
        """Who belongs to whom in this graph."""
        return cls(graph.entities, _tied(graph.relationships.values(), kinds), kinds)

    def parents(self, key: str, kind: AnyKind | None) -> tuple[str, ...]:
        """The parents of the entity with that key and kind, sorted."""
        found = self.tied.get(key)
        if found is not None:
            return found
        prefix = key.partition("/")[0]
        return (prefix,) if kind and kind.parent and prefix != key and prefix in self.entities else ()

    def homes(self, key: str, kind: AnyKind) -> tuple[str, ...]:
        """Its parents; a shared entity that nothing ties may belong to any parent of the right type."""
        found = self.parents(key, kind)
        return found if found or not kind.shared or not kind.parent else self._all(kind.parent)

    def after(
        self, entities: Mapping[str, Entity], gone: Iterable[Relationship], new: Iterable[Relationship]
    ) -> Belonging:
        """Who belongs to whom once these are the entities, and these relationships are gone, or new."""
        types = _types(self.kinds)
        tied: dict[str, list[str]] = {}
        for tie in gone:
            if tie.type in types:
                tied.setdefault(tie.target, list(self.tied.get(tie.target, ()))).remove(tie.source)
        for tie in new:
            if tie.type in types:
                tied.setdefault(tie.target, list(self.tied.get(tie.target, ()))).append(tie.source)
        changed = {key: tuple(sorted(parents)) or None for key, parents in tied.items()}
        return Belonging(entities, Overlay(self.tied, changed), self.kinds)

    def _all(self, kind: str) -> tuple[str, ...]:
        if kind not in self._anywhere:
            wanted = self.kinds.by_name[kind].entity.type
            self._anywhere[kind] = tuple(sorted(key for key, one in self.entities.items() if one.type == wanted))
        return self._anywhere[kind]


def parents_of(graph: Graph, kinds: Kinds) -> dict[str, tuple[str, ...]]:
    """The keys of every entity's parents, as `Belonging` knows them, where the entity may have any."""
    belonging = Belonging.of(graph, kinds)
    found = dict(belonging.tied)
    for key, entity in graph.entities.items():
        kind = None if key in found else kinds.by_type.get(entity.type)
        if kind and kind.parent:
            found[key] = belonging.parents(key, kind)
    return found


def with_ancestors(keys: Iterable[str], graph: Graph, kinds: Kinds) -> frozenset[str]:
    """These keys, and those of everything that the entities belong to."""
    return reached(keys, parents_of(graph, kinds))


def reached(keys: Iterable[str], onward: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """These keys, and all that they lead to, however far."""
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(onward.get(key, ()))
    return frozenset(found)


def listed_before(graph: Graph, kinds: Kinds) -> Mapping[Listing, tuple[Entity, ...]]:
    """What each listing held when the graph was written: what must be shown again, or proven gone."""
    belonging = Belonging.of(graph, kinds)
    held: dict[Listing, list[str]] = {}
    for key, kind in sorted(_by_key(graph, kinds), key=lambda pair: pair[0]):
        for parent in belonging.homes(key, kind) if kind.parent else ("",):
            held.setdefault(Listing(kind.name, parent), []).append(key)
    return _Held(graph.entities, held)


class _Held(Mapping[Listing, tuple[Entity, ...]]):
    """Entities by listing. Only their keys are kept: of most listings nobody asks for the entities."""

    def __init__(self, entities: Mapping[str, Entity], keys: Mapping[Listing, list[str]]) -> None:
        self._entities = entities
        self._keys = keys

    def __getitem__(self, listing: Listing) -> tuple[Entity, ...]:
        return tuple(self._entities[key] for key in self._keys[listing])

    def __iter__(self) -> Iterator[Listing]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _by_key(graph: Graph, kinds: Kinds) -> Iterator[tuple[str, AnyKind]]:
    found = ((key, kinds.by_type.get(entity.type)) for key, entity in graph.entities.items())
    return ((key, kind) for key, kind in found if kind)


def _tied(ties: Iterable[Relationship], kinds: Kinds) -> dict[str, tuple[str, ...]]:
    """By target: the sources of the relationships that say who belongs to whom. Equal tuples are kept once."""
    types = _types(kinds)
    alone: dict[str, tuple[str, ...]] = {}
    found: dict[str, tuple[str, ...]] = {}
    for tie in ties:
        if tie.type in types:
            only = alone.setdefault(tie.source, (tie.source,))
            others = found.get(tie.target)
            found[tie.target] = only if others is None else tuple(sorted((*others, tie.source)))
    return found


def _types(kinds: Kinds) -> frozenset[str]:
    return frozenset(kind.belongs.type for kind in kinds if kind.belongs)
