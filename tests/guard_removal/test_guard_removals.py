"""Every guard can be taken out, and is missed. All of it: `python -m tests.guard_removal`; here a few."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.guard_removal.removals import REMOVALS, Removal
from tests.guard_removal.trial import ROOT, Copy, without

#: One of each kind, and quick.
FEW = tuple(removal for removal in REMOVALS if removal.guard in {"G1 fetch barrier", "G8 wipe-out"})


def name_of(removal: Removal) -> str:
    """What a removal is called in reports."""
    return f"{removal.guard}: {removal.without}"


def test_every_guard_has_a_removal() -> None:
    """None of the twelve is left out."""
    named = {removal.guard.partition(" ")[0] for removal in REMOVALS}

    assert {f"G{number}" for number in range(1, 13)} <= named


@pytest.mark.parametrize("removal", REMOVALS, ids=name_of)
def test_removal_fits_the_source(removal: Removal) -> None:
    """The guard is where its removal looks for it, once, and what is left is Python still."""
    source = (ROOT / "bbsync" / removal.file).read_text(encoding="utf-8")

    changed = without(removal, source)

    assert changed != source
    ast.parse(changed)


@pytest.mark.parametrize("removal", REMOVALS, ids=name_of)
def test_tests_of_a_removal_exist(removal: Removal) -> None:
    """The tests that must notice are there."""
    for test in removal.tests:
        file, _, function = test.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8") or not function


def test_a_guard_that_moved_is_told() -> None:
    """A text that is not there exactly once is no removal."""
    removal = REMOVALS[0]

    with pytest.raises(ValueError, match="2 times, and not once"):
        without(removal, removal.text * 2)


@pytest.mark.parametrize("removal", FEW, ids=name_of)
def test_missing_guard_is_noticed(tmp_path: Path, removal: Removal) -> None:
    """Without the guard one of its tests fails, and with it none does."""
    copy = Copy.of_project(tmp_path)
    whole = copy.test(removal.tests)

    with copy.lacking(removal):
        ended = copy.test(removal.tests)

    assert (whole.ran, whole.failed) == (True, ())
    assert ended.ran, ended.said
    assert ended.failed
