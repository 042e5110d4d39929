"""What planning over a big graph costs, from the local file to the text.

`python -m tests.bench.planning DIRECTORY SIZE SHAPE DOING` is the process that is measured. Its largest size counts
whole: what Bitbucket showed is in memory, too, while the plan is made. Only in the shape `own`, in which that shares
nothing with the graph, as no run leaves it, the size before the work began is taken off, and said beside.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import asdict

from bbsync.graph import Graph
from bbsync.guards import Limits, judge_guards
from bbsync.local.graph_file import GraphFile
from bbsync.observation import Observation
from bbsync.plan import Origin, Plan, make_plan, resulting_graph
from bbsync.show.text import text
from bbsync.target import Counters, Snapshot
from tests.bench.big_graph import big_graph, everything_read, everything_seen, window_seen
from tests.bench.child import run
from tests.bench.clock import Clock, Spent
from tests.bench.figures import Figure

SIZE = 100_000
SCOPE = "bbsync"

#: What Bitbucket showed, made from the snapshot: the pull requests that changed lately, or everything.
SHAPES: dict[str, Callable[[Graph, int], Observation]] = {"window": window_seen, "seen": everything_seen}


def planning() -> Iterator[Figure]:
    """A plan of 100,000 entities and 300,000 relationships, and one of a tenth of it."""
    with tempfile.TemporaryDirectory() as large, tempfile.TemporaryDirectory() as small:
        measured(large, SIZE, doing="write")
        measured(small, SIZE // 10, doing="write")
        for shape in SHAPES:
            cost = measured(large, SIZE, shape)
            yield from figures(shape, cost, SIZE, seconds=5, megabytes=400)
            yield ratio(shape, cost, measured(small, SIZE // 10, shape))
        own = measured(large, SIZE, "own")
    yield Figure(f"own: {SIZE:,} entities, CPU", own.cpu, 5, "s")
    alone = f"the observation, which alone takes {own.before:.0f} MB"
    yield Figure(f"own: its largest size beyond {alone}", own.largest - own.before, 400, "MB")


def figures(shape: str, cost: Spent, size: int, *, seconds: float, megabytes: float) -> Iterator[Figure]:
    """Time and size, against what they may be."""
    what = f"{shape}: {size:,} entities, {3 * size:,} relationships, 1 % changed, file to text"
    yield Figure(f"{what}, wall", cost.wall, seconds, "s")
    yield Figure(f"{shape}: CPU of that", cost.cpu, seconds, "s")
    yield Figure(f"{shape}: its largest size", cost.largest, megabytes, "MB")


def ratio(shape: str, large: Spent, small: Spent) -> Figure:
    """How CPU grows where the graph grows tenfold."""
    return Figure(f"{shape}: that CPU against a tenth of the graph", large.cpu / small.cpu, 11)


def measured(place: str, size: int, shape: str = "window", doing: str = "plan") -> Spent:
    """Do it in a process of its own."""
    cost = run("-m", "tests.bench.planning", place, str(size), shape, doing)
    return Spent(**{**json.loads(cost.output), "largest": cost.memory})


def graph_file(place: str) -> GraphFile:
    """The local graph in that directory."""
    return GraphFile(Path(place) / "graph.db", SCOPE)


def write(place: str, size: int, clock: Clock) -> None:
    """Write the graph to a file that is not there yet."""
    graph = big_graph(size)
    clock.start()
    clock.time(lambda: graph_file(place).replace(Snapshot(), graph, _quiet))


def plan(place: str, size: int, shape: str, clock: Clock) -> tuple[Plan, Snapshot]:
    """Read the graph, plan and show. Making up what Bitbucket showed takes memory, and no time."""
    own = everything_read(size) if shape == "own" else None
    clock.start()
    snapshot = clock.time(lambda: graph_file(place).read_snapshot())
    observation = own or SHAPES[shape](snapshot.graph, size)
    made = clock.time(lambda: _shown(snapshot, observation))
    return made, snapshot


def apply(place: str, made: Plan, snapshot: Snapshot, clock: Clock) -> None:
    """Write what the plan leads to, and see that the file counted it."""
    desired = resulting_graph(made, snapshot.graph)
    counted = clock.time(lambda: graph_file(place).replace(snapshot, desired, _quiet))
    if counted != Counters.between(snapshot.graph, desired):
        raise RuntimeError(f"the file counted something else: {counted}")


def _shown(snapshot: Snapshot, observation: Observation) -> Plan:
    made = make_plan(snapshot.graph, observation, Origin(workspaces=("acme",)))
    text(made, judge_guards(made, Limits()), width=100, colour=False, unicode=True)
    return made


def _quiet(_line: str) -> None:
    """Nobody listens."""


def main(place: str, size: int, shape: str, doing: str) -> None:
    """What the process is asked to do: write, plan, watch the planning, or apply."""
    clock = Clock(watched=doing == "watch")
    if doing == "write":
        write(place, size, clock)
    else:
        made, snapshot = plan(place, size, shape, clock)
        if doing == "apply":
            clock.start()
            apply(place, made, snapshot, clock)
    sys.stdout.write(json.dumps(asdict(clock.spent)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
