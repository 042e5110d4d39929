"""Looking at the records: who applies, what was left behind, what was asked, what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from bbsync.bitbucket.ledger import HOUR
from bbsync.state import Journal, KeptSnapshot, KeptSnapshots, Standing, open_ledger, standing
from tests.state.lease_rig import NOON, SCOPE, Turns

NOW = int(NOON * 1000)


@pytest.fixture(name="turns")
def _turns(tmp_path: Path) -> Turns:
    return Turns(tmp_path / "state.db")


def looked(turns: Turns, scope: str = SCOPE) -> Standing:
    return standing(turns.url, scope, NOW, within=HOUR)


def test_where_nothing_was_noted_nothing_is_seen(turns: Turns) -> None:
    """Nobody applies, nothing is left, nothing was asked."""
    assert looked(turns) == Standing()


def test_who_applies_is_seen_while_they_do(turns: Turns) -> None:
    """The holder of this scope, and of no other; nobody after the lease is given back."""
    with turns.ours():
        held, other = looked(turns).holder, looked(turns, "another scope").holder
    after = looked(turns).holder

    assert held is not None
    assert held.name.startswith("ada@")
    assert (other, after) == (None, None)


def test_what_a_crash_left_is_seen(turns: Turns) -> None:
    """The lines of the journal, in their order, until it is closed."""
    with turns.ours() as lease:
        journal = Journal(lease, "3f9a1c02", lambda: NOW)
        journal.note("opening a job")
        journal.note("opened a job", "job-7")
        left = looked(turns).left
        journal.close()

    assert [(line.plan_id, line.step, line.detail) for line in left] == [
        ("3f9a1c02", "opening a job", ""),
        ("3f9a1c02", "opened a job", "job-7"),
    ]
    assert looked(turns).left == ()


def test_calls_of_the_hour_are_counted(turns: Turns) -> None:
    """Each consumer's own, and until when it rests; who asked nothing is not named."""
    with open_ledger(turns.url) as ledger:
        for _call in range(3):
            ledger.record("first", NOW)
        ledger.rest("second", NOW, NOW + HOUR)

    asked = {one.consumer: (one.calls, one.rests_until > 0) for one in looked(turns).asked}

    assert asked == {"first": (3, False), "second": (0, True)}


def test_snapshots_of_all_scopes_are_seen(turns: Turns) -> None:
    """Several graphs may share the records."""
    kept = [KeptSnapshot(scope, "3f9a1c02", NOW, "lineage", 1) for scope in ("one", "two")]
    for each in kept:
        KeptSnapshots(turns.url).note(each)

    assert list(looked(turns).snapshots) == kept
