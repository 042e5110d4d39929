"""SIGINT and SIGTERM: the run ends soon, in good order, and with the code that says so."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from cli_rig import PATIENCE, Desk, Seen, jupiterone_of

from bbsync.cli.signals import Stopped, Stopping
from bbsync.errors import ExitCode

#: A refusal after which the next try is half a minute away.
LATER = {"retry-after": "30"}


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "Interrupted"), (signal.SIGTERM, 143, "Terminated")]
)
def test_a_signal_ends_the_reading(desk: Desk, number: signal.Signals, code: int, word: str) -> None:
    """A run that waits for Bitbucket ends at once, not after the wait, and says one sentence."""
    desk.bend_bitbucket = seen = Seen("/projects", 503, LATER)

    with desk.started("plan") as process:
        assert seen.came.wait(PATIENCE)
        began = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)

    assert time.monotonic() - began < 15
    assert (process.returncode, out) == (code, "")
    *weather, last = err.splitlines()
    assert last == f"{word}. Run the same command again to go on."
    assert all(line.startswith("Bitbucket fails  sending again after 503") for line in weather)


def test_a_signal_aborts_the_job(desk: Desk) -> None:
    """An apply that is stopped before finalize leaves no open job behind, and nothing in the graph."""
    with jupiterone_of(desk) as environ:
        plan = desk.directory / "plan.json"
        desk.run("plan", "--out", str(plan), environ=environ)
        desk.bend_jupiterone = seen = Seen("/entities", 503, LATER)

        with desk.started("apply", str(plan), environ=environ) as process:
            assert seen.came.wait(PATIENCE)
            process.send_signal(signal.SIGTERM)
            _out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 143, err
    assert [job.status for job in desk.jupiterone.jobs.values()] == ["ABORTED"]
    assert desk.jupiterone.entities() == []


def test_a_second_signal_does_not_wait(desk: Desk) -> None:
    """Where an answer is waited for that does not come, pressing Ctrl-C again ends the process with the same code."""
    hangs, asked = threading.Event(), threading.Event()

    def hang(request: httpx.Request) -> None:
        if "/projects" in request.url.path:
            asked.set()
            hangs.wait(PATIENCE)

    desk.bend_bitbucket = hang
    with desk.started("plan") as process:
        assert asked.wait(PATIENCE)
        began = time.monotonic()
        for _press in range(PATIENCE):
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
                break
    hangs.set()

    assert process.returncode == 130
    assert time.monotonic() - began < 15


def test_a_question_can_be_left(desk: Desk) -> None:
    """Ctrl-C at the question ends the run there and then, and nothing is written."""
    code, seen = desk.terminal("apply", answer=signal.SIGINT)

    assert code == 130
    assert "Interrupted. Run the same command again to go on." in seen
    assert not desk.graph_file.exists()


@pytest.fixture(name="stopping")
def _stopping() -> Iterator[Stopping]:
    """Listens to signals of this process, as long as the test lasts."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    stopping = Stopping()
    stopping.listen()
    yield stopping
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_a_signal_is_noted_and_nothing_else(stopping: Stopping) -> None:
    """Wherever the signal comes, the main thread goes on to the next place where it looks."""
    signal.raise_signal(signal.SIGTERM)

    assert stopping.code is ExitCode.TERMINATED
    assert stopping.clock() > 0
    with pytest.raises(Stopped):
        stopping.check()


def test_a_thread_that_reads_gets_no_more_time(stopping: Stopping) -> None:
    """Other threads end when they next ask for the time or go to sleep."""
    signal.raise_signal(signal.SIGINT)

    with ThreadPoolExecutor(1) as threads:
        asked = [threads.submit(stopping.clock), threads.submit(stopping.sleep, 3600)]

    assert [type(each.exception()) for each in asked] == [Stopped, Stopped]


def test_where_somebody_is_waited_for_a_signal_ends_at_once(stopping: Stopping) -> None:
    """A block that waits at the keyboard is left by the signal itself."""
    with pytest.raises(Stopped) as stopped, stopping.at_once():
        signal.raise_signal(signal.SIGINT)

    assert stopped.value.code is ExitCode.INTERRUPTED


def test_waiting_for_an_answer_ends_with_the_answer_or_the_run(stopping: Stopping) -> None:
    """What is typed ends the wait; so does a signal, even one that came before the wait began."""
    keyboard, typed = os.pipe()
    with os.fdopen(keyboard, encoding="utf-8") as stream, os.fdopen(typed, "w", encoding="utf-8") as fingers:
        fingers.write("yes\n")
        fingers.flush()
        stopping.wait_for(stream)
        answer = stream.readline()
        signal.raise_signal(signal.SIGINT)

        with pytest.raises(Stopped) as stopped:
            stopping.wait_for(stream)

    assert (answer, stopped.value.code) == ("yes\n", ExitCode.INTERRUPTED)


def test_an_ignored_signal_stays_ignored() -> None:
    """A parent that had us ignore a signal, as `nohup` does, is obeyed."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    terminated = signal.getsignal(signal.SIGTERM)

    Stopping().listen()
    found = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)
    signal.signal(signal.SIGTERM, terminated)

    assert found is signal.SIG_IGN


def test_nobody_sleeps_when_the_run_is_to_end() -> None:
    """A sleep that begins after the signal ends at once."""
    stopping = Stopping()
    stopping.code = ExitCode.INTERRUPTED

    with pytest.raises(Stopped) as stopped:
        stopping.sleep(3600)

    assert stopped.value.code is ExitCode.INTERRUPTED


def test_a_short_sleep_is_as_long_as_it_is() -> None:
    """Without a signal a sleep simply ends."""
    stopping = Stopping()

    stopping.sleep(0.001)

    assert stopping.code is None
