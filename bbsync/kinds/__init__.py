"""The kinds: one file per Bitbucket resource, found automatically.

Every module here whose name has no leading underscore declares a `KIND` of its own name. Adding one edits nothing
else.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from typing import Any

from attrs import field, frozen

from bbsync.kinds._kind import (
    Absence,
    Confirm,
    Detail,
    EntityType,
    Kind,
    Mapped,
    Paging,
    Place,
    RelationshipType,
    Request,
    Subject,
    known,
    milliseconds,
)

__all__ = [
    "KINDS",
    "Absence",
    "AnyKind",
    "Confirm",
    "Detail",
    "EntityType",
    "Kind",
    "Kinds",
    "Mapped",
    "Paging",
    "Place",
    "RelationshipType",
    "Request",
    "Subject",
    "discover",
    "known",
    "milliseconds",
]

#: A kind whose item class does not matter here.
AnyKind = Kind[Any]


@frozen
class Kinds:
    """Some kinds, parents before children, then by rank and name."""

    in_order: tuple[AnyKind, ...]
    by_name: dict[str, AnyKind] = field(init=False, repr=False)
    by_type: dict[str, AnyKind] = field(init=False, repr=False)
    relationships: dict[str, tuple[AnyKind, RelationshipType]] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        set_once = object.__setattr__  # frozen: the indexes are made here and never again
        set_once(self, "by_name", {kind.name: kind for kind in self.in_order})
        set_once(self, "by_type", {kind.entity.type: kind for kind in self.in_order})
        declared = {tie.type: (kind, tie) for kind in self.in_order for tie in kind.relationship_types}
        set_once(self, "relationships", declared)

    @classmethod
    def of(cls, kinds: Iterable[AnyKind]) -> Kinds:
        """These kinds in order.

        Raises:
            ValueError: two share a name, an entity type or a relationship type, or a parent or a need is missing.
        """
        listed = sorted(kinds, key=lambda kind: kind.name)
        by_name = {kind.name: kind for kind in listed}
        _check(listed, by_name)
        graph = {kind.name: {kind.parent} if kind.parent else set() for kind in listed}
        levels = TopologicalSorter(graph)
        levels.prepare()
        ordered: list[AnyKind] = []
        while levels.is_active():
            ready = sorted(levels.get_ready(), key=lambda name: (by_name[name].rank, name))
            ordered += [by_name[name] for name in ready]
            levels.done(*ready)
        return cls(tuple(ordered))

    def __iter__(self) -> Iterator[AnyKind]:
        return iter(self.in_order)

    def __len__(self) -> int:
        return len(self.in_order)

    def children(self, name: str) -> tuple[AnyKind, ...]:
        """The kinds whose listings lie under entities of that kind."""
        return tuple(kind for kind in self.in_order if kind.parent == name)

    def rank(self, entity_type: str) -> int:
        """Where the type stands in the order of reports; types of others come last."""
        found = self.by_type.get(entity_type)
        return self.in_order.index(found) if found else len(self.in_order)


def _check(kinds: list[AnyKind], by_name: dict[str, AnyKind]) -> None:
    if len(by_name) < len(kinds) or len({kind.entity.type for kind in kinds}) < len(kinds):
        raise ValueError("two kinds share a name or an entity type")
    declared = [tie.type for kind in kinds for tie in kind.relationship_types]
    if len(set(declared)) < len(declared):
        raise ValueError("two kinds share a relationship type, so nobody could say which of them cleans it up")
    for kind in kinds:
        for wanted in (kind.parent, *kind.needs):
            if wanted is not None and wanted not in by_name:
                raise ValueError(f"the kind {kind.name} names {wanted}, which is not a kind")


def discover(paths: Iterable[str] = __path__, package: str = __name__) -> Kinds:
    """The `KIND` of every module of a package whose name has no leading underscore.

    Raises:
        ValueError: a module declares no kind, or one of another name.
    """
    found = []
    for module in pkgutil.iter_modules(list(paths)):
        if not module.name.startswith("_"):
            kind = getattr(importlib.import_module(f"{package}.{module.name}"), "KIND", None)
            if not isinstance(kind, Kind) or kind.name != module.name:
                raise ValueError(f"{package}.{module.name} does not declare a KIND named {module.name!r}")
            found.append(kind)
    return Kinds.of(found)


KINDS = discover()
