"""Addresses: how people name entities in settings, as in `repo:acme/web`, `project:PLAT` or `acme/*`."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from bbsync.graph import Entity, Graph
from bbsync.kinds import Kinds

#: Every entity type begins with it, and nobody wants to write it.
PREFIX = "bitbucket_"


def named(patterns: Iterable[str], graph: Graph, kinds: Kinds) -> frozenset[str]:
    """The keys of the entities that a pattern names: by key, or by label, with or without its kind before a colon.

    `*`, `?` and `[…]` stand for other characters, as in file names. A kind is called by its name (`repository`) or by
    its type without the prefix (`repo`).
    """
    wanted = tuple(patterns)
    if not wanted:
        return frozenset()
    return frozenset(key for key, entity in graph.entities.items() if is_named(wanted, entity, kinds))


def unseen(patterns: Iterable[str], graph: Graph, kinds: Kinds) -> tuple[str, ...]:
    """The patterns that name nothing in the graph."""
    return tuple(pattern for pattern in patterns if not named((pattern,), graph, kinds))


def is_named(patterns: Iterable[str], entity: Entity, kinds: Kinds) -> bool:
    """Whether one of the patterns names the entity."""
    kind = kinds.by_type.get(entity.type)
    if kind is None:
        return False
    try:
        label = kind.label(entity.properties)
    except KeyError:  # somebody else changed its properties; its key still names it
        label = entity.key
    names = {f"{prefix}{label}" for prefix in ("", f"{kind.name}:", f"{entity.type.removeprefix(PREFIX)}:")}
    return any(pattern == entity.key or any(fnmatchcase(name, pattern) for name in names) for pattern in patterns)
