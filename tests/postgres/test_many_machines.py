"""Runners of their own over one server: a part of what `python -m tests.many_machines` shows."""

from __future__ import annotations

from pathlib import Path

from tests.many_machines.show import Shape, show


def test_runners_share_consumers_and_graphs_and_succeed_the_dead(tmp_path: Path, url: str) -> None:
    """No consumer goes over its limit, nobody writes where another does, and whoever is killed is taken over from."""
    shape = Shape(runners=3, workspaces=5, consumers=3, times=1, calls_per_hour=40)

    seen = show(tmp_path, url, shape)

    assert seen.refused == 0
    assert [*seen.calls.values()][:2] == [40, 40]
    assert max(seen.calls.values()) <= 40
    assert seen.overlaps == ()
    assert [line for line in seen.takeovers if line.endswith("the process is gone")] != []
    assert len(seen.finished) == shape.workspaces
