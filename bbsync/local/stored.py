"""A graph as its file spells it: kept small, and made into elements where one asks for them.

A graph may have a million entities, of which a run looks at a few. So what all elements of a type share is kept once,
ends of relationships are numbers of entities, and properties stay packed until somebody reads them. The same element
is made anew each time; it is equal, and shares its properties with the others.
"""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Hashable, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from itertools import count
from operator import eq
from typing import Any, Generic, TypeVar, cast

from bbsync.graph import Element, Entity, Relationship
from bbsync.local.index import Index
from bbsync.local.properties import StoredProperties
from bbsync.local.texts import Texts

E = TypeVar("E", bound=Element)
S = TypeVar("S", bound=Hashable)


class Numbered(dict[S, int]):
    """Numbers for things, in the order in which they are met; `order` is that order."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[S] = []

    def __missing__(self, thing: S) -> int:
        number = self[thing] = len(self.order)
        self.order.append(thing)
        return number


class Stored(Mapping[str, E], Generic[E, S]):
    """Elements by key. `S` is what many of them share."""

    def __init__(self) -> None:
        self._texts = Texts()
        self._shared: Numbered[S] = Numbered()
        self._sorts = array("I")

    def _add(self, shared: Iterable[S], properties: Iterable[str]) -> None:
        self._sorts.extend(map(self._shared.__getitem__, shared))
        self._texts.extend(properties)

    @abstractmethod
    def number_of(self, key: str) -> int | None:
        """The number of the element with that key."""

    @abstractmethod
    def _made(self, key: str, number: int) -> E:
        """The element with that key and number."""

    def __getitem__(self, key: str) -> E:
        number = self.number_of(key)
        if number is None:
            raise KeyError(key)
        return self._made(key, number)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.number_of(key) is not None

    def __len__(self) -> int:
        return len(self._sorts)

    def values(self) -> ValuesView[E]:
        """The elements, in the order of the file."""
        return _Elements(self)

    def items(self) -> ItemsView[str, E]:
        """Keys and elements, in the order of the file."""
        return _Pairs(self)

    @abstractmethod
    def pairs(self) -> Iterator[tuple[str, E]]:
        """What `items` goes through."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self):,}>"


class _Elements(ValuesView[E]):
    def __init__(self, stored: Stored[E, Any]) -> None:
        super().__init__(stored)
        self._stored = stored

    def __iter__(self) -> Iterator[E]:
        return (element for _, element in self._stored.pairs())


class _Pairs(ItemsView[str, E]):
    def __init__(self, stored: Stored[E, Any]) -> None:
        super().__init__(stored)
        self._stored = stored

    def __iter__(self) -> Iterator[tuple[str, E]]:
        return self._stored.pairs()


class StoredEntities(Stored[Entity, tuple[str, tuple[str, ...]]]):
    """Entities by key. They share types and classes."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[str, int] = {}

    def add(
        self,
        keys: Iterable[str],
        types: Iterable[str],
        classes: Iterable[tuple[str, ...]],
        properties: Iterable[str],
    ) -> None:
        """Take more of them, column by column; the properties are canonical JSON."""
        self.numbers.update(zip(keys, count(len(self))))
        self._add(zip(types, classes, strict=True), properties)

    def number_of(self, key: str) -> int | None:
        """The number of the entity with that key."""
        return self.numbers.get(key)

    def __contains__(self, key: object) -> bool:
        return key in self.numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def pairs(self) -> Iterator[tuple[str, Entity]]:
        """What `items` goes through."""
        return ((key, self._made(key, number)) for key, number in self.numbers.items())

    def _made(self, key: str, number: int) -> Entity:
        entity_type, classes = self._shared.order[self._sorts[number]]
        return Entity(key, entity_type, classes, StoredProperties(self._texts, number))


class StoredRelationships(Stored[Relationship, tuple[str, str, str]]):
    """Relationships by key, between these entities. They share types and verbs.

    A key that says nothing but both ends and the verb, as ours do, is not kept.
    """

    def __init__(self, entities: StoredEntities) -> None:
        super().__init__()
        self._ends = _Ends(entities)
        self._sources = array("I")
        self._targets = array("I")
        self._other_keys: dict[int, str] = {}
        self._index = Index(self._key)

    def add(
        self,
        keys: Sequence[str],
        types: Iterable[str],
        verbs: Iterable[str],
        sources: Sequence[str],
        targets: Sequence[str],
        properties: Iterable[str],
    ) -> None:
        """Take more of them, column by column; the properties are canonical JSON."""
        first = len(self)
        self._add(((kind, verb, verb.lower()) for kind, verb in zip(types, verbs, strict=True)), properties)
        self._sources.extend(self._ends.numbers(sources))
        self._targets.extend(self._ends.numbers(targets))
        made = map(self._key, range(first, len(self)))
        if not all(map(eq, keys, made)):
            self._other_keys.update(zip(range(first, len(self)), keys, strict=True))
        self._index.extend(keys)

    def number_of(self, key: str) -> int | None:
        """The number of the relationship with that key."""
        return self._index.find(key)

    def __iter__(self) -> Iterator[str]:
        return map(self._key, range(len(self)))

    def pairs(self) -> Iterator[tuple[str, Relationship]]:
        """What `items` goes through."""
        order, ends, others, texts = self._shared.order, self._ends.keys, self._other_keys, self._texts
        columns = zip(self._sorts, self._sources, self._targets, strict=True)
        for number, (sort, source_number, target_number) in enumerate(columns):  # all in one place, for the speed
            tie_type, verb, lower = order[sort]
            source, target = ends[source_number], ends[target_number]
            key = others.get(number, f"{source}|{lower}|{target}")
            yield key, Relationship(key, tie_type, verb, source, target, StoredProperties(texts, number))

    def _key(self, number: int) -> str:
        if number in self._other_keys:
            return self._other_keys[number]
        ends = self._ends.keys
        verb = self._shared.order[self._sorts[number]][2]
        return f"{ends[self._sources[number]]}|{verb}|{ends[self._targets[number]]}"

    def _made(self, key: str, number: int) -> Relationship:
        tie_type, verb, _ = self._shared.order[self._sorts[number]]
        ends = self._ends.keys
        source, target = ends[self._sources[number]], ends[self._targets[number]]
        return Relationship(key, tie_type, verb, source, target, StoredProperties(self._texts, number))


class _Ends:
    """Keys of entities by number; a key that no entity has gets a number of its own."""

    def __init__(self, entities: StoredEntities) -> None:
        self.keys = list(entities)
        self._known = entities.numbers
        self._others: dict[str, int] = {}

    def numbers(self, keys: Sequence[str]) -> Iterable[int]:
        found = list(map(self._known.get, keys))
        return [self._number(key) for key in keys] if None in found else cast("list[int]", found)

    def _number(self, key: str) -> int:
        found = self._known.get(key)
        if found is None:
            found = self._others.get(key)
        return self._new(key) if found is None else found

    def _new(self, key: str) -> int:
        number = self._others[key] = len(self.keys)
        self.keys.append(key)
        return number
