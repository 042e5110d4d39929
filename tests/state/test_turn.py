"""Whose turn it is: one apply at a time, a wait that says for whom, and leases that end by themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bbsync.errors import ExitCode, Locked, StateError
from bbsync.state.holder import Holder, place
from tests.state.lease_rig import ELSEWHERE, NOON, Turns


@pytest.fixture(name="turns")
def _turns(tmp_path: Path) -> Turns:
    return Turns(tmp_path / "state.db")


def test_first_one_does_not_wait(turns: Turns) -> None:
    """Where nobody applies, it is our turn at once, and nobody hears of it."""
    with turns.ours() as lease:
        lease.renew()

    assert (turns.slept, turns.said) == (0, [])


def test_next_one_comes_when_the_lease_is_given_back(turns: Turns) -> None:
    """Whoever waits goes on as soon as the holder is done, and reads what the holder has written."""
    held = turns.held_by()
    turns.meanwhile = lambda: held.give_back() if turns.slept >= 30 else held.renew()

    with turns.ours() as lease:
        lease.renew()

    assert turns.slept == 30


def test_waiting_says_for_whom(turns: Turns) -> None:
    """A line every ten seconds names the holder, the CI job and how long it has been."""
    held = turns.held_by()
    turns.meanwhile = lambda: held.give_back() if turns.slept >= 25 else held.renew()

    with turns.ours():
        pass

    who = "waiting for ci@build-7 (process 4711, https://ci.example.test/jobs/7), who has been applying for"
    assert turns.said == [f"{who} 0m00s", f"{who} 0m10s", f"{who} 0m20s"]


def test_after_five_minutes_the_wait_ends(turns: Turns) -> None:
    """Somebody who works and works keeps the lease; who waits is told who it is, since when, and what to do."""
    held = turns.held_by()
    turns.meanwhile = held.renew

    with pytest.raises(Locked) as caught, turns.ours():
        pass

    assert turns.slept == 300
    assert (caught.value.code, caught.value.exit_code) == ("BB-LOCK", ExitCode.LOCKED)
    assert str(caught.value) == (
        "another apply holds the lease (BB-LOCK). ci@build-7 (process 4711, https://ci.example.test/jobs/7) has been"
        " applying to local graph.db, scope bbsync since 2027-01-15T08:00:00Z (5m00s), with a sign of life 0m00s ago;"
        " waited 5m00s. Nothing was written. Run the same command again when they are done; if they died, their lease"
        " ends by itself 2m00s after their last sign of life."
    )


@pytest.mark.parametrize(("silent", "waits"), [(0, 120), (119, 2), (120, 0), (7200, 0)])
def test_lease_ends_by_itself(turns: Turns, silent: int, waits: int) -> None:
    """Two minutes after its last sign of life a lease is anybody's, and who takes it says why."""
    turns.held_by()
    turns.now = NOON + silent

    with turns.ours() as lease:
        lease.renew()

    assert turns.slept == waits
    assert turns.said[-1].startswith("taking over from ci@build-7")
    assert "no sign of life for" in turns.said[-1]


@pytest.mark.parametrize("ahead", [-60, 0, 86_400])
def test_clocks_need_not_agree(turns: Turns, ahead: int) -> None:
    """A lease that shows no life for two minutes of waiting is over, whatever the clocks of both machines say."""
    turns.held_by(turns.elsewhere(renewed=int((NOON + ahead) * 1000)))
    turns.clock_goes = False

    with turns.ours():
        pass

    assert turns.slept == 120


def test_dead_process_here_is_not_waited_for(turns: Turns) -> None:
    """A holder on this machine that has died gives its lease up at once."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    turns.held_by(turns.elsewhere(place=place(), pid=gone.pid))

    with turns.ours():
        pass

    assert turns.slept == 0
    assert turns.said == [
        f"taking over from ci@build-7 (process {gone.pid}, https://ci.example.test/jobs/7): the process is gone"
    ]


def test_process_here_that_lives_is_waited_for(turns: Turns) -> None:
    """A holder on this machine that is alive keeps its lease."""
    turns.held_by(turns.elsewhere(place=place(), pid=os.getpid()))

    with turns.ours():
        pass

    assert turns.slept == 120


def test_same_number_elsewhere_says_nothing(turns: Turns) -> None:
    """The id of a process on another machine, or in another container, is not looked up here."""
    assert not ELSEWHERE.is_dead
    assert not Holder.here("ada", "", 0).is_dead


def test_scopes_do_not_wait_for_each_other(turns: Turns) -> None:
    """Two graphs can be written at once."""
    turns.held_by()

    with turns.ours("JupiterOne account acme, scope bbsync"):
        pass

    assert turns.slept == 0


def test_lease_is_given_back_whatever_happens(turns: Turns) -> None:
    """A run that fails, or is stopped, lets the next one in at once."""
    for _failing in range(2):
        with pytest.raises(KeyboardInterrupt), turns.ours():
            raise KeyboardInterrupt

    assert turns.slept == 0


def test_without_records_it_is_nobody_s_turn(tmp_path: Path) -> None:
    """When nobody can tell who else applies, nobody does."""
    (tmp_path / "taken").write_text("a file", encoding="utf-8")

    with pytest.raises(StateError), Turns(tmp_path / "taken" / "state.db").ours():
        pass
