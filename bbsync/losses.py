"""What a plan takes away, counted as guards look at it: cascades included, and nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from bbsync.graph import Entity, Relationship
from bbsync.plan import Action, Change, Plan, Reason


@frozen
class Losses:
    """What goes, by type.

    Attributes:
        deleted: entities that are deleted.
        created: entities that are made.
        cut: how many relationships are deleted between two entities that stay. One that goes with an end of it is
            part of that delete.
        untied: those of them, by type, that nothing takes the place of.
        erased: entities that lose a property, by their type and the property's name.
    """

    deleted: Counter[str]
    created: Counter[str]
    cut: int
    untied: Counter[str]
    erased: Counter[tuple[str, str]]

    @classmethod
    def of(cls, plan: Plan) -> Losses:
        """Those of the plan."""
        cut = _cut(plan)
        return cls(
            deleted=Counter(change.element.type for change in plan.entities if change.action is Action.DELETE),
            created=Counter(change.element.type for change in plan.entities if change.action is Action.CREATE),
            cut=len(cut),
            untied=Counter(tie.type for tie in _not_moved(cut, plan)),
            erased=Counter((change.element.type, name) for change in plan.entities for name in _erased(change)),
        )

    @property
    def total(self) -> int:
        """Everything that goes by itself: entities, and relationships between those that stay."""
        return self.deleted.total() + self.cut


def _cut(plan: Plan) -> list[Relationship]:
    gone = {change.element.key for change in plan.entities if change.action is Action.DELETE}
    deleted = (change.element for change in plan.relationships if change.action is Action.DELETE)
    return [tie for tie in deleted if not {tie.source, tie.target} & gone]


def _not_moved(cut: Iterable[Relationship], plan: Plan) -> Iterator[Relationship]:
    """Those that are not made anew from another source, as when a repository moves from project to project."""
    made = Counter(
        (change.element.type, change.element.target) for change in plan.relationships if change.action is Action.CREATE
    )
    for tie in cut:
        if made[tie.type, tie.target]:
            made[tie.type, tie.target] -= 1
        else:
            yield tie


def _erased(change: Change[Entity]) -> tuple[str, ...]:
    """The properties that have a value before the change and none after it.

    Tags are left out: they come from the settings, and no answer can lack them. So is what moves in: the existing
    integration writes properties that bbsync does not.
    """
    if change.before is None or change.after is None or change.reason is Reason.ADOPTED:
        return ()
    after: Mapping[str, object] = change.after.properties
    return tuple(
        name
        for name, value in change.before.properties.items()
        if value is not None and after.get(name) is None and not name.startswith("tag.")
    )
