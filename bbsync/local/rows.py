"""Elements as rows, and back without loss."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from sys import intern
from typing import cast
from uuid import UUID, uuid5

import msgspec

from bbsync.graph import Entity, Graph, Properties, Relationship, Scalar

#: Ids are made from this, the scope and the key: the same element has the same id in every file.
NAMESPACE = UUID("5f0c1f0e-7a3b-4c55-9d1b-6a4be3a2c7d4")

Row = tuple[str, ...]

#: Arrays come back as tuples, `1`, `1.0` and `true` as what they were.
_PROPERTIES = msgspec.json.Decoder(dict[str, Scalar | tuple[Scalar, ...]])
_CLASSES = msgspec.json.Decoder(tuple[str, ...])


def element_id(scope: str, key: str) -> str:
    """The `_id` of an element."""
    return str(uuid5(NAMESPACE, f"{scope}\0{key}"))


def entity_row(entity: Entity) -> Row:
    """The content columns of an entity."""
    return entity.type, _classes_text(entity.classes), entity.name, _properties_text(entity.properties)


def relationship_row(tie: Relationship) -> Row:
    """The content columns of a relationship."""
    return tie.type, tie.verb, tie.source, tie.target, _properties_text(tie.properties)


def read_graph(entity_rows: Iterable[Row], relationship_rows: Iterable[Row]) -> Graph:
    """The graph in these rows.

    What many elements share (types, verbs, keys of ends, short values, whole properties of relationships) is kept in
    memory once: that halves a graph of many pull requests.
    """
    shared = _Shared()
    entities = {
        key: Entity(shared.once(key), intern(kind), _classes(classes), shared.properties(properties))
        for key, kind, classes, _, properties in entity_rows
    }
    keys = {key: key for key in entities}
    ties = {
        key: Relationship(
            key, intern(kind), intern(verb), keys.get(source, source), keys.get(target, target), _few(properties)
        )
        for key, kind, verb, source, target, properties in relationship_rows
    }
    return Graph(entities, ties)


#: Longer values are seldom the same in two elements.
_SHORT_TEXT, _SHORT_LIST = 80, 4


class _Shared:
    """Values that were met before, each kept once. Lists are shared where they hold texts only: `1` is not `True`."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lists: dict[tuple[Scalar, ...], tuple[Scalar, ...]] = {}

    def once(self, text: str) -> str:
        """The same text, as it was met first."""
        return self._texts.setdefault(text, text)

    def properties(self, written: str) -> Properties:
        """The properties, with their short values shared."""
        found = _PROPERTIES.decode(written)
        for name, held in found.items():
            if type(held) is str and len(held) <= _SHORT_TEXT:
                found[name] = self.once(held)
            elif type(held) is tuple and len(held) <= _SHORT_LIST and all(type(part) is str for part in held):
                found[name] = self._lists.setdefault(held, held)
        return cast("Properties", found)


def _properties_text(properties: Properties) -> str:
    # Sorted, so that equal properties have equal text and the difference is a comparison of text.
    return msgspec.json.encode(dict(properties), order="sorted").decode()


@lru_cache(maxsize=4096)
def _few(text: str) -> Properties:
    """The properties of a relationship; few texts make up all of them."""
    return cast("Properties", _PROPERTIES.decode(text))


# A graph has few combinations of classes: each is encoded, decoded and kept in memory once.
@lru_cache
def _classes_text(classes: tuple[str, ...]) -> str:
    return msgspec.json.encode(classes).decode()


@lru_cache
def _classes(text: str) -> tuple[str, ...]:
    return _CLASSES.decode(text)
