"""What planning over a big graph costs, from the local file to the text.

`python -m tests.bench.planning DIRECTORY SIZE` is the process that is measured; it says how long the work took.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bbsync.guards import Limits, judge_guards
from bbsync.local.graph_file import GraphFile
from bbsync.plan import Origin, make_plan
from bbsync.show.text import text
from bbsync.target import Snapshot
from tests.bench.big_graph import big_graph, everything_read
from tests.bench.child import run
from tests.bench.figures import Figure

SIZE = 100_000
SCOPE = "bbsync"


def planning() -> Iterator[Figure]:
    """A plan of 100,000 entities and 300,000 relationships, and one of a tenth of it."""
    large, size = _cost(SIZE)
    small, _ = _cost(SIZE // 10)
    yield Figure(f"plan of {SIZE:,} entities and {3 * SIZE:,} relationships, file to text", large, 5, "s")
    yield Figure("its largest size", size, 400, "MB")
    yield Figure("that time against a tenth of the graph", large / small, 11)


def _cost(size: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as place:
        graph_file(place).replace(Snapshot(), big_graph(size), lambda _line: None)
        cost = run("-m", "tests.bench.planning", place, str(size))
    return float(cost.output.split()[0]), cost.memory


def graph_file(place: str) -> GraphFile:
    """The local graph in that directory."""
    return GraphFile(Path(place) / "graph.db", SCOPE)


def work(place: str, size: int) -> tuple[float, str]:
    """Plan and show; what Bitbucket showed is made beforehand and not counted. Seconds, and the summary."""
    observation = everything_read(size)
    started = time.perf_counter()
    snapshot = graph_file(place).read_snapshot()
    plan = make_plan(snapshot.graph, observation, Origin(workspaces=("acme",)))
    shown = text(plan, judge_guards(plan, Limits()), width=100, colour=False, unicode=True)
    return time.perf_counter() - started, next(line for line in shown.splitlines() if line.startswith("Plan:"))


if __name__ == "__main__":
    took, summary = work(sys.argv[1], int(sys.argv[2]))
    sys.stdout.write(f"{took} {summary}\n")
