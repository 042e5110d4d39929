"""The history of audits in the records."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from bbsync.coverage import Known
from bbsync.drift import Audit
from bbsync.state import Applied, Audits, State

LINE = Audit(
    scope="local graph.db, scope bbsync",
    at=1_800_000_000_000,
    plan_id="3f9a1c02",
    serial=381,
    pending=3,
    tampered=1,
    missing=0,
    unmanaged=2,
    ignored=4,
    listings=1248,
    complete=1246,
    conclusive=False,
    only="repo:acme/web",
)


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Path:
    """Where the records will be."""
    return tmp_path


def at(place: Path | str, longest: int = 1000) -> Audits:
    """The history in the records there, or at that address."""
    return Audits(place if isinstance(place, str) else f"sqlite:///{place / 'state.db'}", longest)


def test_what_was_noted_is_there_for_the_next_run(place: Path) -> None:
    """Every field of it, oldest first."""
    later = evolve(LINE, at=LINE.at + 1, only="")
    at(place).record(LINE)
    at(place).record(later)

    assert at(place).of(LINE.scope) == [LINE, later]
    assert LINE.total == 6


def test_reading_makes_nothing(place: Path) -> None:
    """There is no history before the first audit, and asking for it leaves no file."""
    assert at(place).of(LINE.scope) == []
    assert list(place.iterdir()) == []


def test_each_target_has_a_history_of_its_own(place: Path) -> None:
    """What one graph differs in says nothing about another."""
    other = evolve(LINE, scope="elsewhere")
    at(place).record(LINE)
    at(place).record(other)

    assert at(place).of("elsewhere") == [other]


def test_the_history_is_bounded_for_each_target(place: Path) -> None:
    """The oldest lines go, and those of another target stay."""
    at(place).record(evolve(LINE, scope="elsewhere"))
    for number in range(5):
        at(place, longest=3).record(evolve(LINE, at=number))

    assert [audit.at for audit in at(place).of(LINE.scope)] == [2, 3, 4]
    assert len(at(place).of("elsewhere")) == 1


def test_records_of_an_older_version_have_no_history(place: Path) -> None:
    """The table is made when the first audit is noted."""
    url = f"sqlite:///{place / 'state.db'}"
    State(url).record(Applied(LINE.scope, "3f9a1c02", 1, "ada", "", "applied", None, "nothing"), Known())

    Audits(url).record(LINE)

    assert Audits(url).of(LINE.scope) == [LINE]
