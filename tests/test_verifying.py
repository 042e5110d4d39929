"""Promises of verification: the graph is read again, and what differs from the plan's promise is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define, evolve, field
from run_rig import Rig, drop, put, rig_at, with_property
from small_world import CORE, NO_PUSH, OLD_PULL_REQUEST, WEB, entity, small_graph

from bbsync import applying
from bbsync.errors import ExitCode, Unfinished
from bbsync.graph import EMPTY, Graph
from bbsync.kinds import KINDS
from bbsync.steps import Around
from bbsync.target import Snapshot
from bbsync.verifying import verify

PROMISED = small_graph()


@define
class Shown:
    """A target that shows these graphs one after the other, and the last one for good."""

    graphs: list[Graph]
    lag: int = 0

    def read_snapshot(self) -> Snapshot:
        return Snapshot(self.graphs.pop(0) if len(self.graphs) > 1 else self.graphs[0])


@define
class Pauses:
    """Writes down how long was slept."""

    slept: list[float] = field(factory=list)

    @property
    def around(self) -> Around:
        return Around(sleep=self.slept.append)


def differs(found: Graph) -> Unfinished:
    """What is said of a graph that is not as promised."""
    with pytest.raises(Unfinished) as caught:
        verify(Shown([found]), PROMISED, Around(), KINDS)
    return caught.value


def test_graph_that_is_as_promised_is_read_once() -> None:
    """Nothing is said about a graph that is what the plan promised, and nobody waits."""
    pauses = Pauses()

    verify(Shown([PROMISED], lag=120), PROMISED, pauses.around, KINDS)

    assert pauses.slept == []


@pytest.mark.parametrize("late", [1, 7])
def test_graph_that_shows_late_is_read_again(late: int) -> None:
    """Where a target may lag, it gets time to show what was written."""
    pauses = Pauses()

    verify(Shown([EMPTY] * late + [PROMISED], lag=120), PROMISED, pauses.around, KINDS)

    assert len(pauses.slept) == late


def test_waiting_is_bounded() -> None:
    """A graph that never shows it is given two minutes, not more."""
    pauses = Pauses()

    with pytest.raises(Unfinished):
        verify(Shown([EMPTY], lag=120), PROMISED, pauses.around, KINDS)

    assert 120 <= sum(pauses.slept) < 135


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (drop(NO_PUSH)(PROMISED), "acme/web · web-repository}/branch-restrictions/1 (is missing)"),
        (put(entity("project", "{new}", key="NEW"))(PROMISED), "NEW (should be gone)"),
        (put(with_property(PROMISED.entities[WEB], public=True))(PROMISED), "acme/web (other: public)"),
        (
            put(with_property(PROMISED.entities[WEB], public=True, fork=1))(PROMISED),
            "acme/web (other: fork, public)",
        ),
        (put(evolve(PROMISED.entities[CORE], classes=("Thing",)))(PROMISED), "CORE (other: _class)"),
    ],
)
def test_what_differs_is_named(found: Graph, named: str) -> None:
    """What lacks, what should not be there, and what is otherwise, each by its label."""
    told = differs(found)

    assert named in told.why
    assert (told.code, told.exit_code) == ("BB-APPLY-VERIFY", ExitCode.UNFINISHED)


def test_relationships_are_compared_as_well() -> None:
    """A relationship that lacks is named by its ends."""
    ties = {key: tie for key, tie in PROMISED.relationships.items() if tie.verb != "REVIEWED"}

    told = differs(Graph(PROMISED.entities, ties))

    assert "REVIEWED" in told.why
    assert "(is missing)" in told.why


def test_first_five_are_named_and_the_others_counted() -> None:
    """A sentence stays one, however much differs."""
    told = differs(EMPTY)

    assert told.why.count("(is missing)") == 5
    assert told.why.endswith(f"; and {len(PROMISED) - 5} more.")


def test_true_is_not_one() -> None:
    """Values are compared as JSON has them."""
    told = differs(put(with_property(PROMISED.entities[OLD_PULL_REQUEST], id=1))(PROMISED))

    assert "(other: id)" in told.why


@pytest.fixture(name="rig", params=["local", "jupiterone"])
def _rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    """The small world, and either target."""
    with rig_at(tmp_path, target=request.param) as rig:
        yield rig


def apply(rig: Rig) -> applying.Outcome:
    """Plan, apply and verify."""
    made = rig.plan()
    return applying.apply(made.plan, rig.settings(), rig.around, identity=made.id, verified=True)


def test_what_an_apply_wrote_is_what_is_read(rig: Rig) -> None:
    """Both targets show what was promised, element by element."""
    outcome = apply(rig)

    assert not outcome.already
    assert len(rig.records.applies(rig.address)) == 1


def test_apply_that_is_not_verified_moves_no_watermark(tmp_path: Path) -> None:
    """What could not be seen in the graph is not taken for done: the next run looks back as far as this one."""
    with rig_at(tmp_path, target="jupiterone") as rig:
        rig.jupiterone._store.visibility_delay = 10_000
        with pytest.raises(Unfinished):
            apply(rig)

        assert rig.records.known(rig.address).watermarks == {}
        assert [line.code for line in rig.records.trail(rig.address)] == ["BB-APPLY-VERIFY"]
