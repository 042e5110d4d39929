"""The graph to plan from: read live, or as the last apply kept it, where JupiterOne's counts agree with that.

Counts do not show everything: who changes a property, or puts one element in the place of another of its type, leaves
them as they are. So what is kept is good enough to make a plan of, and never to write: whoever writes reads live.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from attrs import frozen

from bbsync.errors import TargetError
from bbsync.graph import Graph
from bbsync.jupiterone.client import pauses
from bbsync.jupiterone.refusals import quote
from bbsync.kinds import Kinds
from bbsync.last_snapshot import LastSnapshot, recall
from bbsync.settings import Settings
from bbsync.state import State
from bbsync.target import Counters, Counts, Snapshot, Target

#: How many sorts of what is not ours are named.
NAMED = 3


@frozen
class GraphReader:
    """Whoever reads the graph: with which settings, and at which time; who is told, and how one waits."""

    settings: Settings
    now: Callable[[], int]
    sleep: Callable[[float], None]
    say: Callable[[str], None]

    def to_plan(self, target: Target) -> Snapshot:
        """The graph to make a plan of; nothing is written on the strength of it."""
        kept = self._kept(target) if self._is_kept_enough else None
        return self.live(target) if kept is None else kept

    def live(self, target: Target) -> Snapshot:
        """The graph as it is, once it shows what the last apply left or has had the time to."""
        recent = self.recent(target)
        snapshot = Snapshot()
        for snapshot in readings(target, self.sleep, self.say, self._left(target)):
            if recent is None or is_shown(recent, snapshot.graph):
                break
        return snapshot

    def recent(self, target: Target) -> Graph | None:
        """What the last apply left, where it is so short ago that the graph may not show it yet; else None."""
        if not self._left(target):
            return None
        last = recall(self.settings, target.address)
        return None if last.missing else last.graph

    @property
    def _is_kept_enough(self) -> bool:
        jupiterone = self.settings.jupiterone
        return self.settings.target.kind == "jupiterone" and jupiterone is not None and jupiterone.snapshot == "state"

    def _kept(self, target: Target) -> Snapshot | None:
        """The graph that the last apply kept; None, and the reason is said, where it has to be read."""
        trail = State(self.settings.state.url).trail(target.address)
        last = recall(self.settings, target.address)
        missing = last.missing
        if trail and not trail[-1].succeeded:
            missing = "an apply has failed since, so the graph may be another"
        why = missing or self._disagreement(target, last)
        if why:
            self.say(f"the graph is read live: {why}")
            return None
        self.say(f"the graph is taken as plan {last.plan_id} left it: JupiterOne's counts agree")
        return Snapshot(last.graph)

    def _disagreement(self, target: Target, last: LastSnapshot) -> str:
        """Which numbers are others than the last apply left, after the time that they may take to show; or nothing."""
        expected = Counts.of(last.graph)
        differing: list[str] = []
        for counts in self._countings(target):
            if counts is None:
                return "it cannot be counted"
            differing = expected.differing(counts)
            if not differing:
                return ""
        return f"its counts are others than the last apply left ({'; '.join(differing[:NAMED])})"

    def _countings(self, target: Target) -> Iterator[Counts | None]:
        yield target.count()
        for pause in _pauses(self._left(target)):
            self.sleep(pause)
            yield target.count()

    def _left(self, target: Target) -> float:
        """Seconds for which the graph may still be shown as it was before the last apply."""
        applied = State(self.settings.state.url).applies(target.address) if target.lag else []
        return max(0.0, target.lag - max(0, self.now() - applied[-1].applied_at) / 1000) if applied else 0.0


def readings(
    target: Target, sleep: Callable[[float], None], say: Callable[[str], None], seconds: float
) -> Iterator[Snapshot]:
    """The graph, read again and again for so many seconds, as it may still be shown as it was before a change."""
    yield target.read_snapshot()
    for pause in _pauses(seconds):
        say(f"reading the graph again: it may take {target.lag} seconds to show the change")
        sleep(pause)
        yield target.read_snapshot()


def is_shown(left: Graph, shown: Graph) -> bool:
    """Whether the graph that is shown is the one that was left."""
    return Counters.between(left, shown) == Counters()


def require_ours(snapshot: Snapshot, kinds: Kinds, address: str) -> None:
    """Refuse a part of JupiterOne's graph that somebody else writes to as well.

    Relationships that others draw between our entities are theirs to draw, and are left alone.

    Raises:
        TargetError: it holds entities of types that bbsync does not keep, or that another program wrote; nothing was
            written.
    """
    types = (entity.type for entity in snapshot.graph.entities.values())
    others = Counter(f"of type {name}" for name in types if name not in kinds.by_type)
    others.update({_written(by): number for by, number in snapshot.writers.items()})
    if others:
        named = ", ".join(f"{number:,} {what}" for what, number in others.most_common(NAMED))
        more = f", and {len(others) - NAMED} more sorts" if len(others) > NAMED else ""
        raise TargetError(
            f"{address} holds entities of others",
            why=f"There are {named}{more}. An apply replaces everything there, and nothing was written.",
            next_step="Set scope under [jupiterone] to a name that nobody else writes to, such as bbsync-2, or"
            " integration_instance_id to an instance of its own.",
            code="BB-JUPITERONE-SCOPE",
        )


def _written(by: str) -> str:
    """How entities are called that another program wrote."""
    return f"whose source is {quote(by)}" if by else "that do not say who wrote them"


def _pauses(seconds: float) -> Iterator[float]:
    """Few, as every look costs queries, and short at first, as it mostly takes seconds."""
    return pauses(1.0, longest=30, total=seconds)
