"""The history of audits in the records."""

from __future__ import annotations

from pathlib import Path

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


def at(place: Path, longest: int = 1000) -> Audits:
    """The history in the records there."""
    return Audits(f"sqlite:///{place / 'state.db'}", longest)


def test_what_was_noted_is_there_for_the_next_run(tmp_path: Path) -> None:
    """Every field of it, oldest first."""
    later = evolve(LINE, at=LINE.at + 1, only="")
    at(tmp_path).record(LINE)
    at(tmp_path).record(later)

    assert at(tmp_path).of(LINE.scope) == [LINE, later]
    assert LINE.total == 6


def test_reading_makes_nothing(tmp_path: Path) -> None:
    """There is no history before the first audit, and asking for it leaves no file."""
    assert at(tmp_path).of(LINE.scope) == []
    assert list(tmp_path.iterdir()) == []


def test_each_target_has_a_history_of_its_own(tmp_path: Path) -> None:
    """What one graph differs in says nothing about another."""
    other = evolve(LINE, scope="elsewhere")
    at(tmp_path).record(LINE)
    at(tmp_path).record(other)

    assert at(tmp_path).of("elsewhere") == [other]


def test_the_history_is_bounded_for_each_target(tmp_path: Path) -> None:
    """The oldest lines go, and those of another target stay."""
    at(tmp_path).record(evolve(LINE, scope="elsewhere"))
    for number in range(5):
        at(tmp_path, longest=3).record(evolve(LINE, at=number))

    assert [audit.at for audit in at(tmp_path).of(LINE.scope)] == [2, 3, 4]
    assert len(at(tmp_path).of("elsewhere")) == 1


def test_records_of_an_older_version_have_no_history(tmp_path: Path) -> None:
    """The table is made when the first audit is noted."""
    url = f"sqlite:///{tmp_path / 'state.db'}"
    State(url).record(Applied(LINE.scope, "3f9a1c02", 1, "ada", "", "applied", None, "nothing"), Known())

    Audits(url).record(LINE)

    assert Audits(url).of(LINE.scope) == [LINE]
