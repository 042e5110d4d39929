"""The graph that an apply left is kept, and counts only as long as it is the last apply's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve
from run_rig import Rig, drop, rig_at

from bbsync.graph import Entity, Graph, same
from bbsync.last_snapshot import FILE, LastSnapshot, keep, recall
from bbsync.local.graph_file import GraphFile
from bbsync.plan import Origin
from bbsync.state import KeptSnapshots

BOTH = ("local", "jupiterone")


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    """The small world, and both targets."""
    with rig_at(tmp_path) as rig:
        yield rig


def recalled(rig: Rig) -> LastSnapshot:
    """What the last apply left."""
    return recall(rig.settings(), rig.address)


@pytest.mark.parametrize("target", BOTH)
def test_what_an_apply_left_is_kept(rig: Rig, target: str) -> None:
    """All of it, with the plan's id and time, of the first apply and of one that changes something."""
    rig = rig.with_target(target)
    rig.sync()
    rig.change("describe_repository", repository=rig.repositories[0].slug, description="another")
    rig.clock.now += 60
    made = rig.plan()
    rig.apply(made)

    last, graph = recalled(rig), rig.graph

    assert (last.plan_id, last.applied_at, last.missing) == (made.id, int(rig.clock.now * 1000), "")
    for kept, held in ((last.graph.entities, graph.entities), (last.graph.relationships, graph.relationships)):
        assert kept.keys() == held.keys()
        assert all(same(kept[key], held[key]) for key in held)


def test_an_apply_of_nothing_keeps_it_too(rig: Rig) -> None:
    """The records name another plan now, and the snapshot is of that."""
    rig.sync()
    made = rig.plan()
    rig.apply(made)

    assert recalled(rig).plan_id == made.id


def test_only_what_differs_is_written(rig: Rig) -> None:
    """Rows of what stayed are those of the first apply."""
    rig.sync()
    rig.change("describe_repository", repository=rig.repositories[0].slug, description="another")
    rig.sync()

    with closing(sqlite3.connect(rig.place / FILE)) as file:
        written = file.execute("SELECT version > 1, count(*) FROM entities GROUP BY 1").fetchall()

    assert written == [(0, len(rig.graph.entities) - 1), (1, 1)]


def test_targets_do_not_share_one(rig: Rig) -> None:
    """Both are in one file, each under its own name."""
    rig.sync()
    elsewhere = rig.with_target("jupiterone")
    elsewhere.sync()
    elsewhere.tamper(drop(rig.bitbucket.world.workspaces[0].members[0].account.uuid))
    elsewhere.sync()

    assert recalled(rig).missing == ""
    assert recalled(elsewhere).missing == ""


def test_without_an_apply_there_is_none(rig: Rig) -> None:
    """And asking makes no file."""
    assert recalled(rig).missing == "the records here know of no apply to this graph"
    assert not (rig.place / FILE).exists()


def test_what_cannot_be_kept_is_said_and_undoes_nothing(rig: Rig) -> None:
    """The plan is in the graph, and a later audit knows that it has nothing to compare with."""
    (rig.place / FILE).write_text("no database")

    made = rig.plan()
    rig.apply(made)

    assert rig.plan().plan.is_empty
    assert any(line.startswith("the snapshot of this apply could not be kept") for line in rig.said)
    assert recalled(rig).missing == f"the last apply, of plan {made.id}, could not keep it"


def test_a_text_that_is_none_is_said_and_undoes_nothing(rig: Rig) -> None:
    """JSON may hold half a character, and a file may not."""
    odd = Graph.of([Entity("made-up-host-1", "made_up_host", ("Host",), {"displayName": "\ud800"})])
    rig.sync()
    line = rig.records.applies(rig.address)[-1]

    keep(rig.settings(), line, Origin(), odd, rig.said.append)

    assert rig.said[-1].startswith("the snapshot of this apply could not be kept")
    assert recalled(rig).missing == ""


def test_one_of_an_earlier_apply_does_not_count(rig: Rig) -> None:
    """What the last apply did would look as if somebody else had done it."""
    rig.sync()
    file = rig.place / FILE
    whole = file.read_bytes()
    file.write_text("no database")
    rig.change("describe_repository", repository=rig.repositories[0].slug, description="another")
    made = rig.plan()
    rig.apply(made)
    file.write_bytes(whole)

    assert recalled(rig).missing == f"the last apply, of plan {made.id}, could not keep it"


@pytest.mark.parametrize("how", ["changed", "removed", "damaged"])
def test_a_file_that_somebody_touched_does_not_count(rig: Rig, how: str) -> None:
    """It holds something else than the records say, or nothing."""
    rig.sync()
    file = rig.place / FILE
    if how == "changed":
        held = GraphFile(file, rig.address)
        before = held.read_snapshot()
        held.replace(before, drop(rig.repositories[0].uuid)(before.graph), lambda _line: None)
    elif how == "removed":
        file.unlink()
    else:
        file.write_text("no database")

    assert FILE in recalled(rig).missing


def test_the_records_say_what_the_plan_was_made_from(rig: Rig) -> None:
    """Serial and lineage of the graph that was planned from."""
    rig.sync()
    rig.change("describe_repository", repository=rig.repositories[0].slug, description="another")
    made = rig.plan()
    rig.apply(made)

    kept = KeptSnapshots(rig.settings().state.url).of(rig.address)

    assert kept is not None
    assert (kept.target_lineage, kept.target_serial) == (made.plan.origin.lineage, made.plan.origin.serial)
    assert evolve(kept, scope="elsewhere") != kept
