"""The small twin of the benchmark: what planning does for each element is counted, at a size and at ten times that."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from bbsync.graph import Graph
from bbsync.guards import judge_guards
from bbsync.local.graph_file import GraphFile
from bbsync.observation import Observation
from bbsync.plan import Origin, Plan, make_plan, resulting_graph
from bbsync.show.text import text
from bbsync.target import Counters, Snapshot
from tests.bench.big_graph import big_graph, everything_read, everything_seen, window_seen

SIZE = 300

#: Not quite ten: lists of which the first twenty lines are shown, and the like, do not grow.
RATIO = 11

SHAPES: dict[str, Callable[[Graph, int], Observation]] = {
    "window": window_seen,
    "seen": everything_seen,
    "own": lambda _snapshot, size: everything_read(size),
}


def calls_of(work: Callable[[], object]) -> Counter[str]:
    """How often each function of bbsync is called by the work."""
    counted: Counter[str] = Counter()

    def watch(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and "/bbsync/" in frame.f_code.co_filename:
            counted[frame.f_code.co_qualname] += 1

    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def written(place: Path, size: int) -> GraphFile:
    """A graph file of that size."""
    target = GraphFile(place / f"{size}.db", "bbsync")
    target.replace(Snapshot(), big_graph(size), lambda _line: None)
    return target


def planned(target: GraphFile, size: int, shape: str) -> Plan:
    """The plan, shown as text on the way."""
    snapshot = target.read_snapshot()
    plan = make_plan(snapshot.graph, SHAPES[shape](snapshot.graph, size), Origin())
    text(plan, judge_guards(plan), width=100, colour=False, unicode=True)
    return plan


@pytest.mark.parametrize("shape", SHAPES)
def test_ten_times_the_graph_takes_ten_times_the_calls(tmp_path: Path, shape: str) -> None:
    """From file to text, no function is called more often than the graph grows."""
    small, large = (
        calls_of(lambda size=size: planned(written(tmp_path, size), size, shape)) for size in (SIZE, 10 * SIZE)
    )

    grown = {name: count / small[name] for name, count in large.items() if small[name] >= SIZE}
    assert {name: ratio for name, ratio in grown.items() if ratio > RATIO} == {}
    assert large.total() <= RATIO * small.total()


@pytest.mark.parametrize("shape", SHAPES)
def test_only_what_is_in_the_plan_is_labelled_and_digested(tmp_path: Path, shape: str) -> None:
    """What stays as it is costs no label, no digest and no canonical JSON."""
    target = written(tmp_path, SIZE)
    snapshot = target.read_snapshot()
    observation = SHAPES[shape](snapshot.graph, SIZE)

    counted = calls_of(lambda: make_plan(snapshot.graph, observation, Origin()))

    plan = make_plan(snapshot.graph, observation, Origin())
    changes = len(plan.entities) + len(plan.relationships)
    assert 0 < changes < len(snapshot.graph) / 10
    assert counted["Labels.of"] <= 2 * changes
    assert counted["digest"] == 0
    assert counted["canonical"] == 0


def test_what_did_not_change_is_not_read(tmp_path: Path) -> None:
    """The properties of an element that is shown as it was are not turned from text into values."""
    target = written(tmp_path, SIZE)
    snapshot = target.read_snapshot()
    observation = everything_read(SIZE)

    counted = calls_of(lambda: make_plan(snapshot.graph, observation, Origin()))

    plan = make_plan(snapshot.graph, observation, Origin())
    assert counted["StoredProperties.__iter__"] <= 4 * (len(plan.entities) + len(plan.relationships))


@pytest.mark.parametrize("shape", SHAPES)
def test_counting_what_a_plan_writes_looks_at_its_changes_alone(tmp_path: Path, shape: str) -> None:
    """The counters that an apply must meet are known without going through the graph again."""
    target = written(tmp_path, SIZE)
    snapshot = target.read_snapshot()
    plan = planned(target, SIZE, shape)
    desired = resulting_graph(plan, snapshot.graph)

    counted = calls_of(lambda: Counters.between(snapshot.graph, desired))

    assert counted["same"] <= len(plan.entities) + len(plan.relationships)
    assert target.replace(snapshot, desired, lambda _line: None) == Counters.between(snapshot.graph, desired)
