"""Some runs in a row against a Bitbucket that changes and fails; `python -m tests.soak` makes two hundred."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from tests.soak.soaking import Left, growth, soak

RUNS = 15


@pytest.mark.parametrize("target", ["local", "jupiterone"])
def test_many_runs_end_as_the_truth_and_leave_little_behind(tmp_path: Path, target: str) -> None:
    """Whatever changed and failed on the way, the graph is what Bitbucket has; records and journal stay small."""
    left = list(soak(tmp_path, target, RUNS, seed=3))

    assert len(left) == RUNS + 1
    assert left[-1].changes > RUNS
    assert left[-1].failures + left[-1].crashes > 0
    assert growth([evolve(one, peak_kib=1) for one in left]) == []  # of this process, others take the memory


@pytest.mark.parametrize(
    ("grown", "said"),
    [
        ({"peak_kib": 131_072}, "peak memory grew"),
        ({"state": 2_000_000}, "records grew"),
        ({"journal": 1}, "lines of the journal are left"),
    ],
)
def test_what_grows_is_noticed(grown: dict[str, int], said: str) -> None:
    """Twice the memory after as many runs more is growth."""
    small = Left(peak_kib=65_536, state=100_000, graph=100_000, journal=0, changes=0, failures=0, crashes=0)

    assert growth([small] * 40) == []
    assert said in growth([*[small] * 39, evolve(small, **grown)])[0]
