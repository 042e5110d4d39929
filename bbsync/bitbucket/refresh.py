"""Which listings are due: to read all of them in every run takes too many calls, and none may grow too old."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import floor

from attrs import frozen

from bbsync.bitbucket.walk import Task
from bbsync.coverage import Known, Listing
from bbsync.graph import Entity, Graph, same
from bbsync.observation import mark_of_all

#: No listing is read again before this part of its cadence has passed: runs close to each other cost nothing.
YOUNG = 1 / 24


@frozen
class Refresh:
    """Tells which listings need not be read in this run.

    Attributes:
        cadence: by kind name, how old a listing may be, in seconds; kinds that are not named are always due.
        known: what earlier runs found out.
        snapshot: the graph as it is.
        now: epoch milliseconds.
    """

    cadence: Mapping[str, int]
    known: Known
    snapshot: Graph
    now: int

    def held(self, tasks: Iterable[Task]) -> dict[Listing, int]:
        """The listings that need not be read, and when each was (epoch milliseconds)."""
        found: dict[Listing, int] = {}
        by_kind: dict[str, dict[Listing, int]] = {}
        for task in tasks:
            reading = self.known.readings.get(task.listing)
            if reading is not None and task.kind.name in self.cadence and self._holds(task, reading.mark):
                by_kind.setdefault(task.kind.name, {})[task.listing] = reading.at
        for kind, read_at in by_kind.items():
            wanted = due(read_at, now=self.now, cadence=self.cadence[kind] * 1000)
            found.update({listing: at for listing, at in read_at.items() if listing not in wanted})
        return found

    def _holds(self, task: Task, mark: str) -> bool:
        """Whether neither the parent changed since, nor what the graph has of the listing."""
        return is_as_before(task.place.parent, self.snapshot) and mark_of_all(task.before) == mark


def in_turn(tasks: Iterable[Task], known: Known, snapshot: Graph) -> list[Task]:
    """The tasks in the order in which they begin, in case that calls run out before all are done.

    What lies below a changed parent comes first, then what was never read to its end, then what was long ago. All that
    lies below one parent stays together.
    """

    def turn(task: Task) -> tuple[bool, int]:
        parent = task.place.parent
        return is_as_before(parent, snapshot), known.watermarks.get(parent.key, -1)

    return sorted(tasks, key=turn)


def is_as_before(entity: Entity, snapshot: Graph) -> bool:
    """Whether the snapshot holds the entity just as Bitbucket showed it."""
    held = snapshot.entities.get(entity.key)
    return held is not None and same(held, entity)


def due(read_at: Mapping[Listing, int], *, now: int, cadence: int) -> frozenset[Listing]:
    """The listings to read in this run: the oldest, and as few as it takes to read the rest evenly in time.

    Were all of them read one after the other, evenly over the cadence, the one that is `n`-th in line would have its
    turn after `n` steps, and must not be older than the cadence by then. For as long as one would be, the oldest is
    read now.

    Args:
        read_at: by listing, when it was read last, in epoch milliseconds. After `now` is a time that cannot be
            believed.
        now: epoch milliseconds.
        cadence: how old a listing may be, in milliseconds.
    """
    lost = {listing for listing, at in read_at.items() if at > now}
    line = sorted((at, listing) for listing, at in read_at.items() if listing not in lost)
    behind = (_behind(place, now - at, len(line), cadence) for place, (at, _listing) in enumerate(line, start=1))
    count = max(behind, default=0)
    return frozenset(lost | {listing for at, listing in line[:count] if now - at >= cadence * YOUNG})


def _behind(place: int, age: int, length: int, cadence: int) -> int:
    """How many listings must be read now for the one in this place (from 1) to have its turn in time."""
    return place if age >= cadence else floor(place - length * (1 - age / cadence))
