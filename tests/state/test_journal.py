"""The journal: on disk before the apply goes on, and there for the next one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bbsync.state.journal import Journal, Line
from tests.state.lease_rig import SCOPE, Turns


@pytest.fixture(name="turns")
def _turns(tmp_path: Path) -> Turns:
    return Turns(tmp_path / "state.db")


def journal(turns: Turns, plan_id: str = "3f9a1c02", scope: str = SCOPE) -> Journal:
    """The journal of an apply that holds the lease now."""
    return Journal(turns.held_by(scope=scope), plan_id, lambda: int(turns.now))


def test_next_apply_reads_what_the_last_one_wrote(turns: Turns) -> None:
    """Lines come back in their order, with the plan they belong to."""
    one = journal(turns)
    one.note("opened a job", "job-7")
    one.note("sending a batch", "12 entities")

    left = journal(turns, "55555555").left()

    now = int(turns.now)
    assert left == [
        Line("3f9a1c02", now, "opened a job", "job-7"),
        Line("3f9a1c02", now, "sending a batch", "12 entities"),
    ]


def test_closed_journal_is_empty(turns: Turns) -> None:
    """What has come to its end is not looked after again."""
    one = journal(turns)
    one.note("opened a job", "job-7")

    one.close()

    assert one.left() == []


def test_journals_of_scopes_are_kept_apart(turns: Turns) -> None:
    """Closing one leaves the other."""
    here, there = journal(turns), journal(turns, scope="JupiterOne account acme, scope bbsync")
    here.note("writing")
    there.note("opened a job", "job-7")

    here.close()

    assert [line.step for line in there.left()] == ["opened a job"]


def test_line_is_on_disk_when_it_is_written(turns: Turns) -> None:
    """Another process sees the line at once, and SQLite was told to wait for the disk with every commit."""
    one = journal(turns)
    one.note("having the job carried out", "job-7")

    with closing(sqlite3.connect(turns.file)) as other:
        lines = other.execute("SELECT step FROM bbsync_journal").fetchall()
    with turns.database.writing() as connection:
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()

    assert lines == [("having the job carried out",)]
    assert synchronous == 2  # FULL: the lowest at which a commit outlives a power cut
