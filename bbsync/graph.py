"""The graph: the value that every stage reads or makes.

*Entity*, *relationship*, *key*, *type* and *class* are JupiterOne's words. Everything here is frozen; a changed graph
is a new graph.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec
from attrs import field, frozen

#: What a property may hold: a scalar, or a tuple of scalars of one kind. Times are epoch milliseconds.
Scalar = str | int | float | bool | None
Value = Scalar | tuple[str, ...] | tuple[int, ...] | tuple[float, ...] | tuple[bool, ...]
Properties = Mapping[str, Value]

NO_PROPERTIES: Properties = MappingProxyType({})


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


def same(one: Element, other: Element) -> bool:
    """Whether two elements are equal as JSON. Cheap when they differ, or agree, in an obvious way."""
    if one is other:
        return True
    return one == other and (_alike(one.properties, other.properties) or canonical(one) == canonical(other))


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
