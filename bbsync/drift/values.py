"""What an audit finds, as values: every difference, whose doing it is, and what was compared with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

from attrs import field, frozen

from bbsync.graph import Entity, Relationship
from bbsync.plan import Action, Plan

E = TypeVar("E", Entity, Relationship)


class Sort(Enum):
    """Whose doing a difference is, in the order of reports."""

    PENDING = "pending"
    """Bitbucket moved since the last apply, and the graph did not."""
    TAMPERED = "tampered"
    """Somebody else changed it in the graph, or deleted and made it anew there."""
    MISSING = "missing"
    """The last apply left it in the graph, and it is not there any more."""
    UNMANAGED = "unmanaged"
    """It is in the graph alone: no apply of ours left it there."""


@frozen
class Drifted(Generic[E]):
    """One element that differs: as the last snapshot, the graph and Bitbucket have it, None where it is not.

    Attributes:
        sort: whose doing it is.
        label: what reports call it.
        properties: the names of those that differ between the graph and what it should hold; none where it is in one
            of both alone.
        next: what the next apply does about it; None where it leaves it as it is.
        above: what the entity hangs below, or the ends of the relationship and what they hang below.
    """

    sort: Sort
    label: str
    snapshot: E | None
    graph: E | None
    bitbucket: E | None
    properties: tuple[str, ...] = ()
    next: Action | None = None
    above: tuple[Entity, ...] = field(default=(), eq=False, repr=False)

    @property
    def expected(self) -> E | None:
        """What the graph should hold: what Bitbucket says, or else what the last apply left."""
        return self.bitbucket if self.bitbucket is not None or self.sort is Sort.PENDING else self.snapshot

    @property
    def element(self) -> E:
        """As it should be, or as the graph has it."""
        found = self.expected if self.expected is not None else self.graph
        if found is None:
            raise ValueError("what is nowhere differs from nothing")
        return found


AnyDrifted = Drifted[Entity] | Drifted[Relationship]


@frozen
class Basis:
    """Which apply left the snapshot that was compared with, and when; or why there is none, and the graph stood in."""

    plan_id: str = ""
    applied_at: int = 0
    missing: str = ""


@frozen
class Ignored:
    """How many differences a rule took out of the report, or a part of them."""

    rule: str
    count: int


@frozen
class Audit:
    """One line of the history of audits.

    `at` is epoch milliseconds; `plan_id` names the apply whose snapshot was compared with, empty where there was none;
    `serial` is that of the graph. `complete` of the `listings` were read in full; `conclusive` says whether nothing
    is missing in them but what was announced. `only` holds the addresses to which it was restricted.
    """

    scope: str
    at: int
    plan_id: str
    serial: int
    pending: int
    tampered: int
    missing: int
    unmanaged: int
    ignored: int
    listings: int
    complete: int
    conclusive: bool
    only: str = ""

    @property
    def total(self) -> int:
        """How many differences there were."""
        return self.pending + self.tampered + self.missing + self.unmanaged


@frozen
class Drift:
    """An audit, complete and in the order of reports.

    Attributes:
        plan: what the next apply would do.
        basis: what was compared with.
        found: the differences that count.
        ignored: every rule, and how often it matched.
        passed: how many differences are not in `found` because rules cover them.
        only: the addresses to which the audit is restricted; empty where it is not.
        outside: how many elements of the graph outside of those are not as the last apply left them.
        foreign: how many elements in our scope carry somebody else's owner marker.
        history: the latest audits of the same graph, oldest first; this one is the last.
    """

    plan: Plan
    basis: Basis
    found: tuple[AnyDrifted, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    passed: int = 0
    only: tuple[str, ...] = ()
    outside: int = 0
    foreign: int = 0
    history: tuple[Audit, ...] = ()

    @property
    def counts(self) -> Mapping[Sort, int]:
        """How many there are of each sort."""
        found = Counter(one.sort for one in self.found)
        return {sort: found[sort] for sort in Sort}

    @property
    def is_conclusive(self) -> bool:
        """Whether everything could be compared, but for what was announced beforehand."""
        return self.plan.is_complete and all(withheld.gap.known for withheld in self.plan.withheld)
