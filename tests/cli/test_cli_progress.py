"""Progress: a line that moves where somebody sees it, a line every ten seconds where nobody does."""

from __future__ import annotations

import io

import pytest

from bbsync.cli.progress import Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="clock")
def _clock() -> _Clock:
    return _Clock()


def test_a_file_gets_a_line_every_ten_seconds(clock: _Clock) -> None:
    """A hundred reports in twenty-five seconds are two lines."""
    stream = io.StringIO()
    progress = Progress(stream, clock)

    for done in range(1, 101):
        clock.now += 0.25
        progress.report("listings", done, 100)
    progress.end()

    assert stream.getvalue() == "reading  40/100 listings\nreading  80/100 listings\n"


def test_a_quick_run_says_nothing(clock: _Clock) -> None:
    """What takes less than ten seconds leaves a log as it is."""
    stream = io.StringIO()
    progress = Progress(stream, clock)

    progress.report("listings", 3, 3)
    progress.end()

    assert stream.getvalue() == ""


def test_a_phase_is_said_when_it_begins(clock: _Clock) -> None:
    """A new step is said at once; the same step with other numbers waits for its ten seconds."""
    stream = io.StringIO()
    progress = Progress(stream, clock)

    for sent in (100, 200, 300):
        progress.say(f"uploaded {sent:,} of 1,300 elements")
        clock.now += 6
    progress.say("JupiterOne is at work: FINALIZE_PENDING")

    assert stream.getvalue().splitlines() == [
        "uploaded 100 of 1,300 elements",
        "uploaded 300 of 1,300 elements",
        "JupiterOne is at work: FINALIZE_PENDING",
    ]


def test_a_terminal_gets_one_line_that_moves(clock: _Clock) -> None:
    """Ten movements a second at most; the last state stays, and what comes next has its own line."""
    stream = _Terminal()
    progress = Progress(stream, clock)

    for done in range(1, 5):
        clock.now += 0.06
        progress.report("listings", done, 5)
    progress.report("listings", 5, 5)
    progress.end()
    progress.end()

    assert stream.getvalue() == "\rreading  2/5 listings\rreading  4/5 listings\rreading  5/5 listings\n"


def test_a_shorter_line_covers_a_longer_one(clock: _Clock) -> None:
    """Nothing of the line before shows behind the next."""
    stream = _Terminal()
    progress = Progress(stream, clock)

    clock.now += 1
    progress.report("branch restrictions", 1, 1)
    clock.now += 1
    progress.report("users", 1, 1)

    assert stream.getvalue().split("\r")[-1] == "reading  1/1 users" + " " * len("branch restrictions"[5:])


def test_a_line_stays_within_the_terminal(clock: _Clock) -> None:
    """A line that is too long is cut: a broken one could not be taken back. Nothing in it moves the cursor."""
    stream = _Terminal()
    progress = Progress(stream, clock)

    progress.say("writing to \x1b[2J" + "a" * 300)

    assert len(stream.getvalue()) <= 121
    assert "\x1b" not in stream.getvalue()
