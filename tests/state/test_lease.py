"""A lease: whoever holds it can write, whoever lost it finds out before anything is written."""

from __future__ import annotations

import threading
from itertools import count
from pathlib import Path

import pytest

from bbsync.errors import ExitCode, Locked
from bbsync.state.journal import Journal
from bbsync.state.lease import Lease, read, take
from tests.state.lease_rig import ELSEWHERE, NOON, SCOPE, Turns


@pytest.fixture(name="turns")
def _turns(tmp_path: Path) -> Turns:
    return Turns(tmp_path / "state.db")


def renewed(turns: Turns) -> int | None:
    """When the lease showed life last."""
    with turns.database.writing() as connection:
        held = read(connection, SCOPE)
    return held.renewed if held else None


def test_renewing_shows_life(turns: Turns) -> None:
    """The time of the last sign of life goes on with the lease's own clock."""
    lease = turns.held_by()
    turns.now += 30

    lease.renew()

    assert renewed(turns) == (NOON + 30) * 1000


def test_lease_is_kept_in_the_background(turns: Turns) -> None:
    """As long as the block lasts, somebody renews, however long a step takes; afterwards nobody does."""
    ticks, seen = count(1), threading.Event()

    def elapsed() -> float:
        tick = next(ticks)
        if tick > 5:
            seen.set()
        return NOON + tick

    lease = Lease(turns.database, SCOPE, ELSEWHERE, elapsed=elapsed)
    take(lease, lambda _held, _now: True)

    with lease.kept(every=0.001):
        came = seen.wait(30)
    before = renewed(turns)

    assert came
    assert before is not None
    assert before > NOON * 1000
    assert renewed(turns) == before


def test_stolen_lease_is_noticed(turns: Turns) -> None:
    """Who lost the lease is told who has it now, and that nothing was written."""
    lease = turns.held_by()
    turns.held_by(turns.elsewhere(name="bob@laptop", ci_url=""))

    with pytest.raises(Locked, match=r"bob@laptop \(process 4711\) took it: .* Nothing was written\.") as caught:
        lease.renew()

    assert (caught.value.code, caught.value.exit_code) == ("BB-LOCK-LOST", ExitCode.LOCKED)


def test_lease_that_was_lost_and_given_back_is_lost(turns: Turns) -> None:
    """That nobody has it any more does not make it ours again: somebody may have written meanwhile."""
    lease = turns.held_by()
    turns.held_by().give_back()

    with pytest.raises(Locked, match="Somebody who is done already took it"):
        lease.renew()


def test_stolen_lease_is_not_given_back(turns: Turns) -> None:
    """Who lost the lease leaves it to the one who has it."""
    lease = turns.held_by()
    other = turns.held_by(turns.elsewhere())

    lease.give_back()

    other.renew()


def test_nothing_is_written_under_a_stolen_lease(turns: Turns) -> None:
    """The journal takes no line from who lost the lease."""
    lease = turns.held_by()
    journal = Journal(lease, "3f9a1c02", lambda: 0)
    journal.note("reading the graph")
    other = Journal(turns.held_by(turns.elsewhere()), "55555555", lambda: 0)

    with pytest.raises(Locked):
        journal.note("writing")

    assert [line.step for line in other.left()] == ["reading the graph"]


def test_keeping_a_stolen_lease_ends_quietly(turns: Turns) -> None:
    """It is for who writes to stop; the thread that renews just ends."""
    lease = turns.held_by()
    turns.held_by(turns.elsewhere())

    with lease.kept(every=0.001):
        keeper = next(thread for thread in threading.enumerate() if thread.name == "lease")
        keeper.join(30)

    assert not keeper.is_alive()
