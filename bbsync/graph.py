"""The graph: the value that every stage reads or makes.

*Entity*, *relationship*, *key*, *type* and *class* are JupiterOne's words. Everything here is frozen; a changed graph
is a new graph.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec
from attrs import field, frozen

#: What a property may hold: a scalar, or a tuple of scalars of one kind. Times are epoch milliseconds.
Scalar = str | int | float | bool | None
Value = Scalar | tuple[str, ...] | tuple[int, ...] | tuple[float, ...] | tuple[bool, ...]
Properties = Mapping[str, Value]

NO_PROPERTIES: Properties = MappingProxyType({})


class SpelledProperties(Mapping[str, Value]):
    """Properties that are kept as JSON, so that comparing them takes no reading."""

    __slots__ = ()

    @property
    @abstractmethod
    def spelling(self) -> str:
        """The JSON; equal properties are nearly always spelled as `spelled` does it."""

    def is_spelled_as(self, other: Properties) -> bool:
        """Whether the other properties have the same JSON."""
        try:
            return self.spelling == spelled(other)
        except UnicodeEncodeError:  # a lone surrogate; what is kept as JSON has none
            return False


def spelled(properties: Properties) -> str:
    """The properties as JSON: sorted keys, no blanks."""
    if isinstance(properties, SpelledProperties):
        return properties.spelling
    return msgspec.json.encode(dict(properties), order="sorted").decode()


@frozen
class Entity:
    """A thing in the graph.

    `key` is stable under rename and unique in the scope. `classes` are JupiterOne's abstract classes ("CodeRepo").
    """

    key: str
    type: str
    classes: tuple[str, ...]
    properties: Properties

    @property
    def name(self) -> str:
        """What people call it: `displayName`, or the key when it has none."""
        return str(self.properties.get("displayName") or self.key)


@frozen
class Relationship:
    """A directed tie between two entities of the scope; `verb` is its JupiterOne class ("HAS")."""

    key: str
    type: str
    verb: str
    source: str
    target: str
    properties: Properties = NO_PROPERTIES


Element = Entity | Relationship


@frozen
class Graph:
    """Entities and relationships by key. The mappings are never changed after the graph is made."""

    entities: Mapping[str, Entity] = field(factory=dict)
    relationships: Mapping[str, Relationship] = field(factory=dict)

    @classmethod
    def of(cls, entities: Iterable[Entity] = (), relationships: Iterable[Relationship] = ()) -> Graph:
        """A graph of these elements; of two with the same key the later one stays."""
        return cls({entity.key: entity for entity in entities}, {tie.key: tie for tie in relationships})

    def __len__(self) -> int:
        return len(self.entities) + len(self.relationships)


EMPTY = Graph()


def canonical(element: Element) -> bytes:
    """The one spelling of an element as JSON: sorted keys, no blanks. Equal elements have equal bytes."""
    return msgspec.json.encode(to_document(element), order="sorted")


def digest(element: Element) -> str:
    """`sha256:` and 64 hex digits over the canonical JSON.

    It tells apart what Python's `==` does not: `1`, `1.0` and `True`.
    """
    return f"sha256:{hashlib.sha256(canonical(element)).hexdigest()}"


def mark(*parts: bytes) -> str:
    """32 hex digits that stand for these parts: other parts, or the same in another order, have other digits."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8))
        found.update(part)
    return found.hexdigest()[:32]


def same(one: Element, other: Element) -> bool:
    """Whether two elements are equal as JSON. Cheap when they differ, or agree, in an obvious way."""
    return one is other or (_heads_agree(one, other) and _same_properties(one.properties, other.properties))


def differing(one: Element, other: Element) -> tuple[str, ...]:
    """The names of the properties that are not the same in both, as JSON, sorted."""
    names = one.properties.keys() | other.properties.keys()
    return tuple(sorted(name for name in names if not _alike_under(name, one.properties, other.properties)))


def _alike_under(name: str, one: Properties, other: Properties) -> bool:
    if name not in one or name not in other:
        return False
    return _same_properties({name: one[name]}, {name: other[name]})


def _heads_agree(one: Element, other: Element) -> bool:
    """Whether they are equal but for their properties."""
    if type(one) is not type(other) or one.key != other.key or one.type != other.type:
        return False
    if isinstance(one, Entity) and isinstance(other, Entity):
        return one.classes == other.classes
    return (
        isinstance(one, Relationship)
        and isinstance(other, Relationship)
        and (one.verb, one.source, one.target) == (other.verb, other.source, other.target)
    )


def _same_properties(one: Properties, other: Properties) -> bool:
    """Whether they are equal as JSON; those that are kept as JSON are read only where it differs."""
    if one is other:
        return True
    if isinstance(one, SpelledProperties):
        if one.is_spelled_as(other):
            return True
        one = dict(one)
    if isinstance(other, SpelledProperties):
        if other.is_spelled_as(one):
            return True
        other = dict(other)
    return one == other and (_alike(one, other) or spelled(one) == spelled(other))


#: Equal values of one of these types are equal as JSON. Not so floats: `0.0` and `-0.0`.
_PLAIN = frozenset({str, int, bool, type(None)})


def _alike(one: Properties, other: Properties) -> bool:
    """Whether these equal properties are equal as JSON for sure: every value has the same plain type in both."""
    for name, value in one.items():
        if type(value) is not type(other[name]):
            return False
        if type(value) not in _PLAIN and not _alike_inside(value, other[name]):
            return False
    return True


def _alike_inside(one: Value, other: Value) -> bool:
    if not isinstance(one, tuple) or not isinstance(other, tuple):
        return False
    kinds = [type(part) for part in one]
    return _PLAIN.issuperset(kinds) and kinds == [type(part) for part in other]


def to_document(element: Element) -> dict[str, object]:
    """The element as plain JSON data, the shape that plan files use."""
    if isinstance(element, Entity):
        return {
            "key": element.key,
            "type": element.type,
            "classes": list(element.classes),
            "properties": dict(element.properties),
        }
    return {
        "key": element.key,
        "type": element.type,
        "verb": element.verb,
        "source": element.source,
        "target": element.target,
        "properties": dict(element.properties),
    }
