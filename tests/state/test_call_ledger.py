"""Promises of the ledger of calls: nothing that was asked is forgotten, whoever asked and whatever went wrong."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bbsync.bitbucket.ledger import HOUR, Ledger, MemoryLedger
from bbsync.coverage import Known
from bbsync.errors import StateError
from bbsync.state import Applied, CallLedger, State, open_ledger
from tests.tested_package import HOME

NOON = 1_800_000_000_000
ONE, TWO = "0123456789abcdef", "fedcba9876543210"

#: A process that asks until it may not any more, and says how often it did.
ASKING = """
import sys
from bbsync.state import open_ledger
with open_ledger(sys.argv[1]) as ledger:
    print(sum(ledger.take("shared", int(sys.argv[2]) + call, since=0, limit=300) for call in range(300)))
"""


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    """Where the ledger will be; nothing is there yet, not even the directory."""
    return tmp_path / ".bbsync" / "state.db"


@pytest.fixture(name="ledger")
def _ledger(file: Path) -> Iterator[CallLedger]:
    with open_ledger(f"sqlite:///{file}") as ledger:
        yield ledger


def past(file: Path, consumer: str = ONE, now: int = NOON) -> tuple[tuple[int, ...], int]:
    """What the next run reads."""
    with open_ledger(f"sqlite:///{file}") as ledger:
        return ledger.past(consumer, now, since=now - HOUR)


def rows(file: Path, table: str) -> int:
    """How many lines there are, whoever they are about."""
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own words


def take(ledger: Ledger, consumer: str, at: int, limit: int = 1000) -> bool:
    """Ask within an hour as Bitbucket counts it."""
    return ledger.take(consumer, at, since=at - HOUR, limit=limit)


def test_the_next_run_knows_calls_and_rests(file: Path) -> None:
    """Both survive the run, each consumer's own."""
    with open_ledger(f"sqlite:///{file}") as ledger:
        take(ledger, ONE, NOON - 20)
        ledger.record(ONE, NOON - 10)
        ledger.record(TWO, NOON - 5)
        ledger.rest(TWO, NOON - 5, NOON + 60)

    assert past(file, ONE) == ((NOON - 20, NOON - 10), 0)
    assert past(file, TWO) == ((NOON - 5,), NOON + 60)


def test_a_call_is_on_disk_before_it_is_sent(ledger: CallLedger, file: Path) -> None:
    """Who comes from elsewhere sees it at once: no end of the run has to come first."""
    take(ledger, ONE, NOON)

    assert rows(file, "bbsync_calls") == 1


def test_no_call_beyond_the_limit(ledger: CallLedger, file: Path) -> None:
    """What is not allowed is not written either; an hour later it is."""
    allowed = [take(ledger, ONE, NOON + call, limit=2) for call in range(3)]

    assert allowed == [True, True, False]
    assert rows(file, "bbsync_calls") == 2
    assert take(ledger, ONE, NOON + HOUR, limit=2)


def test_nobody_asks_as_a_consumer_that_rests(ledger: CallLedger) -> None:
    """The longer rest holds, and when it is over there are calls again."""
    ledger.rest(ONE, NOON, NOON + 600)
    ledger.rest(ONE, NOON, NOON + 60)

    assert not take(ledger, ONE, NOON + 599)
    assert take(ledger, TWO, NOON + 599)
    assert take(ledger, ONE, NOON + 600)


def test_what_is_older_than_the_hour_is_forgotten(ledger: CallLedger, file: Path) -> None:
    """Also of consumers that nobody uses any more: the file does not grow for ever."""
    for at in (NOON - HOUR - 1, NOON - HOUR, NOON - HOUR + 1):
        ledger.record(ONE, at)
        ledger.record(TWO, at)
    ledger.rest(TWO, NOON - 60, NOON)

    found = ledger.past(ONE, NOON, since=NOON - HOUR)

    assert found == ((NOON - HOUR + 1,), 0)
    assert (rows(file, "bbsync_calls"), rows(file, "bbsync_rests")) == (2, 0)


def test_a_clock_that_was_ahead_loses_nothing_and_blocks_nobody(ledger: CallLedger) -> None:
    """Calls of a future that has not come count from now on; a rest keeps its length."""
    tomorrow = NOON + 24 * HOUR
    take(ledger, ONE, tomorrow)
    ledger.rest(ONE, tomorrow, tomorrow + 600)

    found = ledger.past(ONE, NOON, since=NOON - HOUR)

    assert found == ((NOON,), NOON + 600)
    assert ledger.past(ONE, NOON + HOUR, since=NOON) == ((), 0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["take", "record", "rest", "past"]), st.sampled_from([ONE, TWO]), st.integers(0, HOUR)),
    max_size=25,
)


@settings(deadline=None)  # it makes files, and the disk is slow at times
@given(STEPS, st.integers(1, 5))
def test_disk_and_memory_agree(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]], limit: int
) -> None:
    """Whatever happens in whatever order, what is held of the last hour is what was written down in it."""
    memory, now = MemoryLedger(), NOON
    with open_ledger(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'state.db'}") as ledger:
        for doing, consumer, later in steps:
            now += later
            if doing == "take":
                calls, until = memory.past(consumer, now, since=now - HOUR)
                allowed = len(calls) < limit and until <= now
                assert take(ledger, consumer, now, limit) is allowed
                if allowed:
                    memory.take(consumer, now, since=0, limit=limit)
            elif doing == "record":
                ledger.record(consumer, now)
                memory.take(consumer, now, since=0, limit=limit)
            elif doing == "rest" and memory.past(consumer, now, since=0)[1] < now + later:
                ledger.rest(consumer, now, now + later)
                memory.rest(consumer, now, now + later)
            calls, until = memory.past(consumer, now, since=now - HOUR)
            assert ledger.past(consumer, now, since=now - HOUR) == (calls, until if until > now else 0)


def test_threads_share_the_hour(ledger: CallLedger) -> None:
    """Eight threads together are allowed exactly what the consumer has left."""
    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(lambda call: take(ledger, ONE, NOON + call, limit=100), range(200)))

    assert allowed.count(True) == 100


def test_processes_share_the_hour(file: Path) -> None:
    """Two runs at once together make exactly as many calls as the consumer has; neither stops the other."""
    command = [sys.executable, "-c", ASKING, f"sqlite:///{file}", str(NOON)]
    runs = [
        subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own interpreter
        for _ in range(2)
    ]

    said = [run.communicate(timeout=60) for run in runs]

    assert [err for _, err in said] == ["", ""]
    assert sum(int(out) for out, _ in said) == 300


def test_the_ledger_is_for_its_owner_alone(ledger: CallLedger, file: Path) -> None:
    """Neither the file nor what SQLite puts beside it can be read by anybody else."""
    take(ledger, ONE, NOON)

    assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {0o600}


def test_one_file_is_left_when_the_run_ends(file: Path) -> None:
    """What SQLite keeps beside it goes with the run."""
    with open_ledger(f"sqlite:///{file}") as ledger:
        take(ledger, ONE, NOON)

    assert list(file.parent.iterdir()) == [file]


def test_records_that_were_there_before_stay(file: Path) -> None:
    """An older bbsync has kept records without a ledger: it is added, and they are as they were."""
    state = State(f"sqlite:///{file}")
    line = Applied("local", "3f9a1c02", NOON, "ada", "", "applied", None, "nothing")
    state.record(line, Known({"{web}": NOON}))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE bbsync_calls")
        connection.execute("DROP TABLE bbsync_rests")

    with open_ledger(f"sqlite:///{file}") as ledger:
        take(ledger, ONE, NOON)

    assert (state.applies("local"), state.known("local").watermarks) == ([line], {"{web}": NOON})
    assert past(file) == ((NOON,), 0)


def test_records_are_written_while_the_ledger_is(ledger: CallLedger, file: Path) -> None:
    """One run applies while another reads: neither waits for the other's end."""
    take(ledger, ONE, NOON)

    State(f"sqlite:///{file}").record(
        Applied("local", "3f9a1c02", NOON, "ada", "", "applied", None, "nothing"), Known()
    )

    assert take(ledger, ONE, NOON)
    assert len(State(f"sqlite:///{file}").applies("local")) == 1


def test_a_ledger_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """Where a file is in the way of the directory, the system's word is passed on."""
    (tmp_path / "taken").write_text("a file", encoding="utf-8")

    with (
        pytest.raises(StateError, match=r"cannot be used .* (Not a directory|File exists)"),
        open_ledger(f"sqlite:///{tmp_path / 'taken' / 'state.db'}"),
    ):
        pytest.fail("it was opened")


def test_a_ledger_that_fails_under_way_is_a_sentence(ledger: CallLedger, file: Path) -> None:
    """Somebody took the tables away: whoever asks is told, with the file's name."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE bbsync_calls")

    with pytest.raises(StateError, match="no such table") as caught:
        take(ledger, ONE, NOON)

    assert str(file) in caught.value.what
