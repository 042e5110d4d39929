"""What pages say in tables about fates, guards and calls is what the source does."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from bbsync import guards
from bbsync.estimate import Habits, estimate, even_sizes
from bbsync.fate import Fate
from tests.pages.blocks import text_of

#: The columns of the measured table.
MEASURED = re.findall("^" + r"\| ([\d,]+) " * 6 + r"\|$", text_of("specs/calls.md"), re.MULTILINE)

ADMIN = frozenset({"permission", "branch_restriction"})


def rows(page: str) -> dict[str, str]:
    """The rows of the tables on a page whose first cell is code, by that."""
    return dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text_of(page), re.MULTILINE))


def test_every_fate_is_told() -> None:
    """The page of plans has each fate, and says truly which of them deletes."""
    told = rows("specs/plans.md")

    goes = {fate.value: told[fate.value].split(" | ")[1] for fate in Fate if fate is not Fate.SEEN}

    assert goes == {fate.value: "yes" if fate.goes else "no" for fate in Fate if fate is not Fate.SEEN}


def test_every_guard_is_told() -> None:
    """The page of plans has each guard, with the limits that hold by default."""
    told, limits = rows("specs/plans.md"), guards.Limits()

    assert {guards.SCOPE, guards.SHARE, guards.WIPE_OUT, guards.TOTAL, guards.ERASURE} <= set(told)
    assert f"more than {limits.delete_percent} %" in told[guards.SHARE]
    assert f"more than {limits.delete_floor} " in told[guards.SHARE]
    assert f"more than {limits.delete_total} " in told[guards.TOTAL]
    assert [name for name in rows("specs/plans.md") if told[name].endswith("does not")] == [guards.ERASURE]


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row[0])
def test_measured_calls_are_those_of_the_formula(row: tuple[str, ...]) -> None:
    """The figures on the page of calls follow from what a run asks."""
    repositories, pull_requests, approved, *calls = (int(cell.replace(",", "")) for cell in row)
    totals = {"user": 120, "project": 3, "group": 3, "repository": repositories, "pull_request": pull_requests}
    sizes = even_sizes(totals, approved=approved)

    whole, less = estimate(sizes, Habits()), estimate(sizes, Habits(off=ADMIN, changed=0))

    assert [whole.limited.first, less.limited.first, less.limited.usual] == calls


def test_the_page_of_calls_has_figures() -> None:
    """The table is found."""
    assert len(MEASURED) == 3


def test_the_readme_counts_the_questions() -> None:
    """As many questions as it says come along."""
    (said,) = re.findall(r"\[(\d+) questions\]", text_of("README.md"))

    assert int(said) == sum(file.name.endswith(".toml") for file in (files("bbsync") / "questions" / "pack").iterdir())
