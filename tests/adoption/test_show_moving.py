"""How plans that move something in look, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adoption.moving_goldens import FOLDER, MovingGolden, moving_goldens


@pytest.mark.parametrize("golden", list(moving_goldens()), ids=lambda golden: golden.path.name)
def test_the_report_is_the_golden_one(golden: MovingGolden) -> None:
    """The same plan has the same bytes; `make goldens` writes them anew."""
    assert golden.text() == golden.path.read_text("utf-8")


def test_every_golden_file_is_compared() -> None:
    """No file lies about that nothing makes."""
    assert {golden.path for golden in moving_goldens()} == set(FOLDER.iterdir())


def test_the_page_shows_lines_of_a_report() -> None:
    """What specs/moving-in.md shows of a plan are lines of the golden one, in their order."""
    page = (Path(__file__).parents[2] / "specs" / "moving-in.md").read_text("utf-8")
    shown = page.split("```\nMove", 1)[1].split("```", 1)[0].splitlines()
    report = iter((FOLDER / "in-place-120-utf8.txt").read_text("utf-8").splitlines())

    assert all(line in report for line in ["Move" + shown[0], *shown[1:]])
