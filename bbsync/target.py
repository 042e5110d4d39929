"""The target: a graph that can be read whole, and replaced whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from operator import add
from typing import Protocol, TypeVar

from attrs import astuple, field, frozen

from bbsync.errors import TargetError
from bbsync.graph import EMPTY, Element, Graph, Relationship, same
from bbsync.mapped import is_mapped
from bbsync.matching import Person
from bbsync.overlay import Overlay

E = TypeVar("E", bound=Element)

#: Says to people how far the writing has come; one short line a call.
Report = Callable[[str], None]


class Step(StrEnum):
    """What a target is about to do, or has done, in the words of the journal."""

    OPENING = "opening a job"
    OPENED = "opened a job"
    SENDING = "sending a batch"
    SENT = "sent a batch"
    FINALIZING = "having the job carried out"
    FINALIZED = "the job is being carried out"
    ENDED = "the job has ended"
    WRITING = "writing"
    COMMITTING = "making it hold"
    COMMITTED = "it holds"


@frozen
class Load:
    """A batch that is sent: its number, the elements in it, and which they are."""

    n: int
    collection: str
    elements: int

    def __str__(self) -> str:
        return f"{self.elements:,} {self.collection}"


#: Writes a step and a detail of it down before the target goes on; what it raises keeps the target from going on.
Note = Callable[[Step, str | Load], None]


def unnoted(_step: Step, _detail: str | Load) -> None:
    """Write nothing down."""


@frozen
class Snapshot:
    """The graph as a target has it, restricted to our scope.

    `foreign` holds the keys of what lies in our scope but carries somebody else's owner marker; it is not in `graph`.
    `writers` counts the entities among it that other programs wrote, by what each of them marks them with; "" is for
    those that do not say. What the store itself makes is not counted.
    `lineage` names the store since it was made and `serial` counts its changes; a target that keeps neither answers
    "" and 0.
    """

    graph: Graph = EMPTY
    foreign: frozenset[str] = frozenset()
    writers: Mapping[str, int] = field(factory=dict)
    serial: int = 0
    lineage: str = ""


@frozen
class Counters:
    """How many elements a write created, updated and deleted."""

    entities_created: int = 0
    entities_updated: int = 0
    entities_deleted: int = 0
    relationships_created: int = 0
    relationships_updated: int = 0
    relationships_deleted: int = 0

    @classmethod
    def between(cls, before: Graph, after: Graph) -> Counters:
        """What a write that turns `before` into `after` must count."""
        return cls(
            *_compare(before.entities, after.entities),
            *_compare(before.relationships, after.relationships),
        )

    @classmethod
    def of_mapped(cls, before: Graph, after: Graph) -> Counters:
        """The part of that which mapped relationships make up."""
        found = _compare(before.relationships, after.relationships, is_mapped)
        return cls(0, 0, 0, *found)

    def __add__(self, other: Counters) -> Counters:
        return Counters(*map(add, astuple(self), astuple(other)))


@frozen
class Counts:
    """How many elements of each type there are; a type of which there are none is not in it."""

    entities: Mapping[str, int]
    relationships: Mapping[str, int]

    @classmethod
    def of(cls, graph: Graph) -> Counts:
        """Those of a graph. What was asked for by a mapped relationship is not there to be counted."""
        ties = (tie for tie in graph.relationships.values() if not is_mapped(tie))
        return cls(_by_type(graph.entities.values()), _by_type(ties))

    def differing(self, other: Counts) -> list[str]:
        """The types of which there are more here, or fewer, with both numbers."""
        pairs = ((self.entities, other.entities), (self.relationships, other.relationships))
        return [
            f"{name}: {one.get(name, 0):,} and {two.get(name, 0):,}"
            for one, two in pairs
            for name in sorted(one.keys() | two.keys())
            if one.get(name) != two.get(name)
        ]


class Target(Protocol):
    """Where the graph is kept. Reading changes nothing; writing does all or nothing."""

    @property
    def address(self) -> str:
        """The target in a few words, for people and plan files; never a secret."""
        ...

    @property
    def lag(self) -> int:
        """Seconds for which the target may show the graph as it was before a change."""
        ...

    def read_snapshot(self) -> Snapshot:
        """The graph as it is now.

        Raises:
            TargetError: it could not be read.
        """
        ...

    def count(self) -> Counts | None:
        """How many elements of each type the scope holds, whoever wrote them; None where reading is no dearer.

        Raises:
            TargetError: they could not be counted.
        """
        ...

    def read_people(self) -> tuple[Person, ...] | None:
        """Everybody whom others keep beside our scope; None where the target holds nothing but our scope.

        Raises:
            TargetError: they could not be read.
        """
        ...

    def settle(self, jobs: Sequence[str], report: Report) -> bool:
        """Bring the jobs that a crash left behind to their end; whether any of them was carried out after all.

        Raises:
            TargetError: a job could not be closed; nothing was written.
            Unfinished: a job is still at work.
        """
        ...

    def replace(self, before: Snapshot, desired: Graph, report: Report, note: Note = unnoted) -> Counters:
        """Make the whole scope equal to `desired`, in one step, and answer what the store itself counted.

        Every step is noted before and after it; the last note before the step that makes everything hold.

        Raises:
            TargetError: nothing was written.
            StalePlan: the store moved since `before` was read; nothing was written.
            Locked: somebody else is writing; nothing was written.
            Unfinished: a part may be written, or nobody can tell.
        """
        ...


def require_whole(graph: Graph) -> None:
    """Refuse a graph that no target could hold: an end of a relationship is missing, or a key is used twice."""
    loose = next(_dangling(graph), None)
    if loose is not None:
        raise TargetError(
            "the graph to write has a relationship with a missing end",
            why=f"{loose.key!r} ties {loose.source!r} to {loose.target!r}. Nothing was written.",
            next_step="This is a fault of bbsync: keep the plan file and report it.",
            code="BB-TARGET-DANGLING",
        )
    twice = min(graph.entities.keys() & graph.relationships.keys(), default=None)
    if twice is not None:
        raise TargetError(
            "the graph to write uses one key for an entity and a relationship",
            why=f"The key is {twice!r}. Nothing was written.",
            next_step="This is a fault of bbsync: keep the plan file and report it.",
            code="BB-TARGET-KEY",
        )


def _compare(
    before: Mapping[str, E], after: Mapping[str, E], counts: Callable[[E], bool] = lambda _element: True
) -> tuple[int, int, int]:
    """How many keys of elements that count came, changed and went."""
    if isinstance(after, Overlay) and after.base is before:
        keys: Iterable[str] = after.changed
    else:
        keys = chain(before, (key for key in after if key not in before))
    came = changed = went = 0
    for key in keys:
        was, now = before.get(key), after.get(key)
        element = now if now is not None else was
        if element is None or not counts(element):
            continue
        came += was is None and now is not None
        went += was is not None and now is None
        changed += was is not None and now is not None and not same(was, now)
    return came, changed, went


def _by_type(elements: Iterable[Element]) -> dict[str, int]:
    return dict(Counter(element.type for element in elements))


def _dangling(graph: Graph) -> Iterator[Relationship]:
    ends = graph.entities
    return (tie for tie in graph.relationships.values() if tie.source not in ends or tie.target not in ends)
