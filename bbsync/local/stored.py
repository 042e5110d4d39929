"""A graph as its file spells it: kept small, and made into elements where one asks for them.

A graph may have a million entities, of which a run looks at a few. So keys are kept as they are, what all elements of
a type share is kept once, ends of relationships are numbers of entities, and properties stay packed until somebody
reads them. The same element is made anew each time; it is equal, and shares its key and properties with the others.
"""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Hashable, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from functools import lru_cache
from itertools import count
from typing import Any, Generic, TypeVar, cast

import msgspec

from bbsync.graph import Element, Entity, Properties, Relationship, Scalar, SpelledProperties, Value, spelled
from bbsync.local.texts import Texts

E = TypeVar("E", bound=Element)
S = TypeVar("S", bound=Hashable)

#: Arrays come back as tuples, `1`, `1.0` and `true` as what they were.
_PROPERTIES = msgspec.json.Decoder(dict[str, Scalar | tuple[Scalar, ...]])


class StoredProperties(SpelledProperties):
    """The properties of one element, read from their text where somebody looks at them."""

    __slots__ = ("number", "texts")

    def __init__(self, texts: Texts, number: int) -> None:
        self.texts = texts
        self.number = number

    @property
    def spelling(self) -> str:
        """As the file spells them, which is in canonical JSON."""
        return self.texts[self.number]

    def __getitem__(self, name: str) -> Value:
        return read_properties(self.spelling)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(read_properties(self.spelling))

    def __len__(self) -> int:
        return len(read_properties(self.spelling))

    def is_spelled_as(self, other: Properties) -> bool:
        """Whether the other properties are the same text."""
        if isinstance(other, StoredProperties) and self.texts is other.texts and self.number == other.number:
            return True
        return super().is_spelled_as(other)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and (self.is_spelled_as(other) or dict(self) == dict(other))

    __hash__ = None  # type: ignore[assignment]  # as a dict has none

    def __repr__(self) -> str:
        return repr(read_properties(self.spelling))


def require_properties(text: str) -> str:
    """The text in one line, once it can be read. Somebody may have laid it out by hand.

    Raises:
        msgspec.MsgspecError: it does not say properties.
    """
    found = _PROPERTIES.decode(text)
    return spelled(cast("Properties", found)) if "\n" in text else text


@lru_cache(maxsize=1024)
def read_properties(text: str) -> Properties:
    """What the text says; those read last are kept."""
    return cast("Properties", _PROPERTIES.decode(text))


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
        self.numbers: dict[str, int] = {}
        self._texts = Texts()
        self._shared: Numbered[S] = Numbered()
        self._sorts = array("I")

    def _add(self, keys: Iterable[str], shared: Iterable[S], properties: Iterable[str]) -> None:
        self.numbers.update(zip(keys, count(len(self.numbers)), strict=False))
        self._sorts.extend(map(self._shared.__getitem__, shared))
        self._texts.extend(properties)

    @abstractmethod
    def _made(self, key: str, number: int) -> E:
        """The element with that key and number."""

    def __getitem__(self, key: str) -> E:
        return self._made(key, self.numbers[key])

    def __contains__(self, key: object) -> bool:
        return key in self.numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def values(self) -> ValuesView[E]:
        """The elements, in the order of the file."""
        return _Elements(self)

    def items(self) -> ItemsView[str, E]:
        """Keys and elements, in the order of the file."""
        return _Pairs(self)

    def pairs(self) -> Iterator[tuple[str, E]]:
        """What `items` goes through."""
        made = self._made
        return ((key, made(key, number)) for key, number in self.numbers.items())

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

    def add(
        self,
        keys: Iterable[str],
        types: Iterable[str],
        classes: Iterable[tuple[str, ...]],
        properties: Iterable[str],
    ) -> None:
        """Take more of them, column by column; the properties are canonical JSON."""
        self._add(keys, zip(types, classes, strict=True), properties)

    def _made(self, key: str, number: int) -> Entity:
        entity_type, classes = self._shared.order[self._sorts[number]]
        return Entity(key, entity_type, classes, StoredProperties(self._texts, number))


class StoredRelationships(Stored[Relationship, tuple[str, str]]):
    """Relationships by key, between these entities. They share types and verbs."""

    def __init__(self, entities: StoredEntities) -> None:
        super().__init__()
        self._ends = _Ends(entities)
        self._sources = array("I")
        self._targets = array("I")

    def add(
        self,
        keys: Iterable[str],
        types: Iterable[str],
        verbs: Iterable[str],
        sources: Sequence[str],
        targets: Sequence[str],
        properties: Iterable[str],
    ) -> None:
        """Take more of them, column by column; the properties are canonical JSON."""
        self._add(keys, zip(types, verbs, strict=True), properties)
        self._sources.extend(self._ends.numbers(sources))
        self._targets.extend(self._ends.numbers(targets))

    def _made(self, key: str, number: int) -> Relationship:
        tie_type, verb = self._shared.order[self._sorts[number]]
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
