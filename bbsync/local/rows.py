"""Elements as rows, and back without loss."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from uuid import UUID, uuid5

import msgspec

from bbsync.graph import Entity, Graph, Relationship, spelled
from bbsync.local.properties import require_properties
from bbsync.local.stored import StoredEntities, StoredRelationships

#: Ids are made from this, the scope and the key: the same element has the same id in every file.
NAMESPACE = UUID("5f0c1f0e-7a3b-4c55-9d1b-6a4be3a2c7d4")

Row = tuple[str, ...]

#: Rows taken in at once.
_AT_ONCE = 1024

_CLASSES = msgspec.json.Decoder(tuple[str, ...])


def element_id(scope: str, key: str) -> str:
    """The `_id` of an element."""
    return str(uuid5(NAMESPACE, f"{scope}\0{key}"))


def entity_row(entity: Entity) -> Row:
    """The content columns of an entity."""
    return entity.type, _classes_text(entity.classes), entity.name, spelled(entity.properties)


def relationship_row(tie: Relationship) -> Row:
    """The content columns of a relationship."""
    return tie.type, tie.verb, tie.source, tie.target, spelled(tie.properties)


def read_graph(entity_rows: Iterable[Row], relationship_rows: Iterable[Row]) -> Graph:
    """The graph in these rows.

    Raises:
        msgspec.MsgspecError: a row does not hold an element.
    """
    with _no_search_for_cycles():
        return _read(entity_rows, relationship_rows)


def _read(entity_rows: Iterable[Row], relationship_rows: Iterable[Row]) -> Graph:
    entities = StoredEntities()
    for keys, types, classes, _, properties in _columns(entity_rows):
        entities.add(keys, types, map(_classes, classes), map(require_properties, properties))
    relationships = StoredRelationships(entities)
    for keys, types, verbs, sources, targets, properties in _columns(relationship_rows):
        relationships.add(keys, types, verbs, sources, targets, map(require_properties, properties))
    return Graph(entities, relationships)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Rows have no cycles; looking for some, time and again, would take a quarter of the reading."""
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


def _columns(rows: Iterable[Row]) -> Iterator[tuple[tuple[str, ...], ...]]:
    """The rows by column, many at once."""
    remaining = iter(rows)
    while portion := list(islice(remaining, _AT_ONCE)):
        yield tuple(zip(*portion, strict=True))


# A graph has few combinations of classes: each is encoded, decoded and kept in memory once.
@lru_cache
def _classes_text(classes: tuple[str, ...]) -> str:
    return msgspec.json.encode(classes).decode()


@lru_cache
def _classes(text: str) -> tuple[str, ...]:
    return _CLASSES.decode(text)
