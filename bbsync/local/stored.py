"""A graph as its file spells it: kept small, and made into elements where one asks for them.

A graph may have a million entities, of which a run looks at a few. So keys are kept as they are, what all elements of
a type share is kept once, ends of relationships are numbers of entities, and properties stay packed until somebody
reads them. The same element is made anew each time; it is equal, and shares its key and properties with the others.
"""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

import msgspec

from bbsync.graph import Element, Entity, Properties, Relationship, Scalar, SpelledProperties, Value
from bbsync.local.texts import Texts

E = TypeVar("E", bound=Element)
S = TypeVar("S")

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


@lru_cache(maxsize=1024)
def read_properties(text: str) -> Properties:
    """What the text says; those read last are kept.

    Raises:
        msgspec.MsgspecError: it does not say properties.
    """
    return cast("Properties", _PROPERTIES.decode(text))


class Stored(Mapping[str, E], Generic[E, S]):
    """Elements by key. `S` is what many of them share."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._texts = Texts()
        self._shared: dict[S, int] = {}
        self._sorts: list[S] = []
        self._sort_of = array("I")

    def _add(self, key: str, shared: S, text: str) -> None:
        sort = self._shared.get(shared)
        if sort is None:
            sort = self._shared[shared] = len(self._sorts)
            self._sorts.append(shared)
        self.numbers[key] = len(self._sort_of)
        self._sort_of.append(sort)
        self._texts.add(text)

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

    def add(self, key: str, entity_type: str, classes: tuple[str, ...], properties: str) -> None:
        """Take one more; its properties are canonical JSON."""
        self._add(key, (entity_type, classes), properties)

    def _made(self, key: str, number: int) -> Entity:
        entity_type, classes = self._sorts[self._sort_of[number]]
        return Entity(key, entity_type, classes, StoredProperties(self._texts, number))


class StoredRelationships(Stored[Relationship, tuple[str, str]]):
    """Relationships by key, between these entities. They share types and verbs."""

    def __init__(self, entities: StoredEntities) -> None:
        super().__init__()
        self._ends = _Ends(entities)
        self._sources = array("I")
        self._targets = array("I")

    def add(self, key: str, tie_type: str, verb: str, source: str, target: str, properties: str) -> None:
        """Take one more; its properties are canonical JSON."""
        self._add(key, (tie_type, verb), properties)
        self._sources.append(self._ends.number(source))
        self._targets.append(self._ends.number(target))

    def _made(self, key: str, number: int) -> Relationship:
        tie_type, verb = self._sorts[self._sort_of[number]]
        source, target = self._ends.keys[self._sources[number]], self._ends.keys[self._targets[number]]
        return Relationship(key, tie_type, verb, source, target, StoredProperties(self._texts, number))


class _Ends:
    """Keys of entities by number; a key that no entity has gets a number of its own."""

    def __init__(self, entities: StoredEntities) -> None:
        self.keys = list(entities)
        self._known = entities.numbers
        self._others: dict[str, int] = {}

    def number(self, key: str) -> int:
        found = self._known.get(key)
        if found is None:
            found = self._others.get(key)
        return self._new(key) if found is None else found

    def _new(self, key: str) -> int:
        number = self._others[key] = len(self.keys)
        self.keys.append(key)
        return number
