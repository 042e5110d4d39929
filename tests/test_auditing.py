"""Promises of the audit trail: every apply leaves one line, whatever came of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from run_rig import DAY, Rig, rig_at

from bbsync import applying
from bbsync.errors import BbsyncError, Blocked
from bbsync.sandbox.jupiterone import Fault


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    """The small world, and JupiterOne."""
    with rig_at(tmp_path, target="jupiterone") as rig:
        yield rig


def test_line_of_an_apply_tells_everything(rig: Rig) -> None:
    """Who, where, which plan, what was planned and what was counted, how long it took, and how it ended."""
    made = rig.plan()

    def pass_time(_line: str) -> None:
        rig.clock.now += 2.5

    applying.apply(made.plan, rig.settings(), evolve(rig.around, say=pass_time), identity=made.id)

    (line,) = rig.records.trail(rig.address)
    assert (line.plan_id, line.applied_by, line.ci_url) == (made.id, "ada", "https://ci.example.test/jobs/7")
    assert line.planned == line.counted == "40 entities created, 81 relationships created"
    assert (line.outcome, line.code, line.failure, line.succeeded) == ("applied", "", "", True)
    assert (line.milliseconds, line.elements) == (7_500, 121)
    assert line.applied_at == rig.clock.now * 1000


@pytest.mark.parametrize(
    ("later", "faults", "code"),
    [
        (0, [Fault("/relationships", status=403)], "BB-JUPITERONE-403"),
        (2 * DAY, [], "BB-APPLY-EXPIRED"),
    ],
)
def test_failed_apply_leaves_a_line(rig: Rig, later: float, faults: list[Fault], code: str) -> None:
    """What failed, and its code, are there for who asks later."""
    made = rig.plan()
    rig.clock.now += later
    rig.jupiterone.faults += faults

    with pytest.raises(BbsyncError) as caught:
        rig.apply(made)

    (line,) = rig.records.trail(rig.address)
    assert (line.outcome, line.code, line.succeeded) == ("failed", code, False)
    assert line.failure == f"{caught.value.what}. {caught.value.why}"
    assert line.planned == "40 entities created, 81 relationships created"
    assert line.counted == "nothing was noted"


@pytest.mark.parametrize("saved", [True, False], ids=["saved plan", "before the question"])
def test_blocked_apply_leaves_a_line(rig: Rig, saved: bool) -> None:
    """A plan that a guard stands in the way of is remembered, with the number that was given."""
    rig.sync()
    for repository in rig.repositories[1:]:
        rig.change("delete_repository", repository=repository.slug)
    made = rig.plan()
    how = {"identity": made.id, "allow_deletes": 7}

    with pytest.raises(Blocked):
        (applying.apply if saved else applying.require_allowed)(made.plan, rig.settings(), rig.around, **how)

    line = rig.records.trail(rig.address)[-1]
    assert (line.outcome, line.code, line.allow_deletes) == ("blocked", "BB-GUARD-NUMBER", 7)


def test_stopped_apply_leaves_a_line(rig: Rig) -> None:
    """Ctrl-C is remembered as well."""
    made = rig.plan()

    def stop(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        applying.apply(made.plan, rig.settings(), evolve(rig.around, say=stop), identity=made.id)

    (line,) = rig.records.trail(rig.address)
    assert (line.outcome, line.code) == ("stopped", "interrupted")


def test_trail_that_cannot_be_written_hides_nothing(rig: Rig) -> None:
    """The message is the one of what went wrong first, and that the line lacks is said beside it."""
    made = rig.plan()
    (rig.place / "state.db").write_bytes(b"no records any more, but the minutes of last week's meeting")
    rig.clock.now += 2 * DAY

    with pytest.raises(BbsyncError, match="damaged"):
        rig.apply(made)

    assert any(line.startswith("the audit trail has no line of this apply") for line in rig.said)
