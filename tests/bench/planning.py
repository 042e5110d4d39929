"""What planning over a big graph costs, from the local file to the text.

`python -m tests.bench.planning DIRECTORY SIZE SHAPE` is the process that is measured. Its largest size counts whole:
the observation, too, is in memory while the plan is made. In the shape `own` the observation shares nothing with the
graph, as no run leaves it; what it takes by itself, nearly all of it, is said beside.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from attrs import asdict, field, frozen, mutable

from bbsync.graph import Graph
from bbsync.guards import Limits, judge_guards
from bbsync.local.graph_file import GraphFile
from bbsync.observation import Observation
from bbsync.plan import Origin, make_plan
from bbsync.show.text import text
from bbsync.target import Snapshot
from tests.bench.big_graph import big_graph, everything_read, everything_seen, window_seen
from tests.bench.child import run
from tests.bench.figures import Figure
from tests.bench.sampling import sampled

R = TypeVar("R")

SIZE = 100_000
SCOPE = "bbsync"

#: What Bitbucket showed, made from the snapshot: the pull requests that changed lately, or everything.
SHAPES: dict[str, Callable[[Graph, int], Observation]] = {"window": window_seen, "seen": everything_seen}


@frozen
class Planned:
    """What it cost: seconds and seconds of CPU, the size before it began, and in how many looks it was where.

    `largest` is the largest size of the process, in megabytes as `before`.
    """

    wall: float
    cpu: float
    before: float
    costs: list[tuple[str, int]]
    summary: str
    largest: float = 0


def planning() -> Iterator[Figure]:
    """A plan of 100,000 entities and 300,000 relationships, and one of a tenth of it."""
    with tempfile.TemporaryDirectory() as large, tempfile.TemporaryDirectory() as small:
        written(large, SIZE)
        written(small, SIZE // 10)
        for shape in SHAPES:
            yield from figures(shape, planned(large, SIZE, shape), SIZE, seconds=5, megabytes=400)
            yield ratio(shape, planned(large, SIZE, shape), planned(small, SIZE // 10, shape))
        own = planned(large, SIZE, "own")
    yield Figure(f"own: {SIZE:,} entities, CPU", own.cpu, 5, "s")
    yield Figure(
        f"own: largest size beyond the observation, which alone takes {own.before:.0f} MB", beyond(own), 400, "MB"
    )


def figures(shape: str, cost: Planned, size: int, *, seconds: float, megabytes: float) -> Iterator[Figure]:
    """Time and size, against what they may be."""
    what = f"{shape}: {size:,} entities, {3 * size:,} relationships, 1 % changed, file to text"
    yield Figure(f"{what}, wall", cost.wall, seconds, "s")
    yield Figure(f"{what}, CPU", cost.cpu, seconds, "s")
    yield Figure(f"{shape}: its largest size", cost.largest, megabytes, "MB")


def ratio(shape: str, large: Planned, small: Planned) -> Figure:
    """How CPU grows where the graph grows tenfold."""
    return Figure(f"{shape}: that CPU against a tenth of the graph", large.cpu / small.cpu, 11)


def beyond(cost: Planned) -> float:
    """What came on top of what was there before."""
    return cost.largest - cost.before


def planned(place: str, size: int, shape: str) -> Planned:
    """Plan in a process of its own."""
    cost = run("-m", "tests.bench.planning", place, str(size), shape)
    return Planned(**{**json.loads(cost.output), "largest": cost.memory})


def written(place: str, size: int) -> None:
    """Make the graph file, in a process of its own: what it takes stays out of ours."""
    run("-m", "tests.bench.planning", place, str(size), "write")


def graph_file(place: str) -> GraphFile:
    """The local graph in that directory."""
    return GraphFile(Path(place) / "graph.db", SCOPE)


def work(place: str, size: int, shape: str, *, watched: bool = False) -> Planned:
    """Read the graph, plan and show. Making up what Bitbucket showed takes memory, and no time."""
    own = everything_read(size) if shape == "own" else None
    clock = Clock(size_now(), watched)
    snapshot = clock.time(lambda: graph_file(place).read_snapshot())
    observation = own or SHAPES[shape](snapshot.graph, size)
    shown = clock.time(lambda: _shown(snapshot, observation))
    summary = next(line for line in shown.splitlines() if line.startswith("Plan:"))
    return Planned(clock.wall, clock.cpu, clock.before, clock.costs.most_common(3), summary)


def _shown(snapshot: Snapshot, observation: Observation) -> str:
    plan = make_plan(snapshot.graph, observation, Origin(workspaces=("acme",)))
    return text(plan, judge_guards(plan, Limits()), width=100, colour=False, unicode=True)


@mutable
class Clock:
    """Adds up what several pieces of work took; looks at where, if it is to."""

    before: float
    watched: bool
    wall: float = 0
    cpu: float = 0
    costs: Counter[str] = field(factory=Counter)

    def time(self, piece: Callable[[], R]) -> R:
        """Do it, and add what it took."""
        wall, cpu = time.perf_counter(), time.process_time()
        outcome, looks = sampled(piece) if self.watched else (piece(), Counter())
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu
        self.costs.update(looks)
        return outcome


def size_now() -> float:
    """Megabytes of this process, in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(place: str, size: int, shape: str) -> None:
    """What the process is asked to do."""
    if shape == "write":
        graph_file(place).replace(Snapshot(), big_graph(size), lambda _line: None)
    else:
        sys.stdout.write(json.dumps(asdict(work(place, size, shape.removesuffix("!"), watched=shape.endswith("!")))))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
