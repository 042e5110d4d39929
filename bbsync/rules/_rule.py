"""What a rule declares, and what it finds: a change that a person should look at before anybody applies the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from attrs import frozen

from bbsync.graph import Entity, Properties, Relationship
from bbsync.plan import Action, Change, Plan

AnyChange = Change[Entity] | Change[Relationship]


@frozen
class Surroundings:
    """The plan that a change is part of."""

    plan: Plan

    @cached_property
    def created(self) -> frozenset[str]:
        """The keys of the entities that are new."""
        return frozenset(change.element.key for change in self.plan.entities if change.action is Action.CREATE)

    @cached_property
    def labels_created(self) -> frozenset[tuple[str, str]]:
        """The types and labels of the entities that are new."""
        return frozenset(
            (change.element.type, change.label) for change in self.plan.entities if change.action is Action.CREATE
        )


#: What is worth a look about the change, in a few words; None when nothing is.
Look = Callable[[AnyChange, Surroundings], str | None]


@frozen
class Rule:
    """Something that is worth a look.

    Attributes:
        name: as in the `[rules]` table of bbsync.toml.
        title: what a change that it finds is called in reports.
        sentence: what it looks for.
        looks: how it looks at the changes of each type; it sees no others.
    """

    name: str
    title: str
    sentence: str
    looks: Mapping[str, Look]


@frozen
class Finding:
    """A change that a rule found, and what about it."""

    rule: Rule
    change: AnyChange
    note: str

    @property
    def label(self) -> str:
        """What the change is about."""
        return self.change.label


def newly(change: AnyChange, holds: Callable[[Properties], bool]) -> bool:
    """Whether something will hold of the element that did not: of a new one, whether it holds."""
    if change.after is None or not holds(change.after.properties):
        return False
    return change.before is None or not holds(change.before.properties)
