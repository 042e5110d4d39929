"""What entities and relationships are called in reports, and in which order they stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bbsync.belonging import Belonging
from bbsync.graph import Element, Entity, Graph, Relationship
from bbsync.kinds import Kinds
from bbsync.mapped import is_mapped, sought

_NUMBER = re.compile(r"[0-9]{1,12}")


def _padded(number: re.Match[str]) -> str:
    return number[0].zfill(12)


class Labels:
    """What elements are called in reports: by their own properties, and by their parent where that says more."""

    def __init__(self, before: Belonging, after: Belonging) -> None:
        self._before = before
        self._after = after
        self._kinds = before.kinds

    @classmethod
    def between(cls, before: Graph, after: Graph, kinds: Kinds) -> Labels:
        """Labels for what either graph holds."""
        return cls(Belonging.of(before, kinds), Belonging.of(after, kinds))

    def of(self, element: Element, *, before: bool = False) -> str:
        """The element's label; `before` prefers how its parent was called in the snapshot."""
        if isinstance(element, Relationship):
            source, target = self._end(element.source, ""), self._target(element)
            return f"{source} {element.verb} {target}"
        own = self._own(element)
        kind = self._kinds.by_type.get(element.type)
        if kind is None or kind.parent is None or self._kinds.by_name[kind.parent].parent is None:
            return own
        above = self.parent(element.key, before=before)
        return f"{above} {own}" if own.startswith("#") else f"{above} · {own}"

    def _end(self, key: str, other: str) -> str:
        """What the entity at the end of a relationship is called; without its parent where that is the other end."""
        entity = self._after.entities.get(key) or self._before.entities.get(key)
        if entity is None:
            return key
        return self._own(entity) if other in self.parents(key) else self.of(entity)

    def _target(self, tie: Relationship) -> str:
        """What the relationship's other end is called: what is looked for, where it is not in the graph."""
        if is_mapped(tie, self._kinds):
            return sought(tie, self._kinds)
        return self._end(tie.target, tie.source)

    def parent(self, key: str, *, before: bool = False) -> str:
        """What the entity's parent is called; several are joined by commas."""
        return self.all(self.parents(key), before=before)

    def parents(self, key: str) -> tuple[str, ...]:
        """The keys of the entity's parents: those that it will have, or had."""
        if key in self._after.tied:
            return self._after.tied[key]
        entity = self._after.entities.get(key)
        kind = self._kinds.by_type.get(entity.type) if entity else None
        if kind and kind.parent:
            return self._after.parents(key, kind)
        was = self._before.entities.get(key)
        return self._before.parents(key, self._kinds.by_type.get(was.type) if was else None)

    def all(self, keys: Iterable[str], *, before: bool = False) -> str:
        """What the entities of these keys are called, joined by commas."""
        return ", ".join(self.at(key, before=before) for key in keys)

    def at(self, key: str, *, before: bool = False) -> str:
        """What the entity of that key is called; the key itself when nobody knows it."""
        first, second = (self._before, self._after) if before else (self._after, self._before)
        entity = first.entities.get(key) or second.entities.get(key)
        return self._own(entity) if entity else key

    def order(self, element: Element, label: str) -> tuple[int, str, str]:
        """Where reports put an entity: by kind, then by name (numbers in it by size, any case), then by key."""
        return (self._kinds.rank(element.type), _NUMBER.sub(_padded, label.casefold()), element.key)

    def _own(self, entity: Entity) -> str:
        kind = self._kinds.by_type.get(entity.type)
        if kind is None:
            return entity.name
        try:
            return kind.label(entity.properties)
        except KeyError:  # the graph may hold an entity whose properties somebody else changed
            return entity.name

    def moved(self, before: Element, after: Element) -> bool:
        """Whether the difference is a rename or a move."""
        kind = self._kinds.by_type.get(after.type)
        names = kind.moved_by if kind else ()
        return any(before.properties.get(name) != after.properties.get(name) for name in names)
