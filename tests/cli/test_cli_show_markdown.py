"""`bbsync show --format markdown`: within its bytes, and UTF-8 whatever the terminal of the job is."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_rig import run_here

from bbsync import planfile
from bbsync.show.markdown import markdown
from tests.show.test_show_text import users
from tests.show.worked_example import PLAN


@pytest.fixture(name="saved")
def _saved(tmp_path: Path) -> Path:
    """The worked example as a plan file."""
    path = tmp_path / "plan.json"
    path.write_bytes(planfile.dumps(PLAN))
    return path


@pytest.mark.parametrize(
    ("options", "limit", "full"),
    [([], 32_000, False), (["--bytes", "2000"], 2_000, False), (["--full"], None, True)],
)
def test_markdown_is_what_the_plan_says(saved: Path, options: list[str], limit: int | None, full: bool) -> None:
    """The pure function of the plan file, with the bytes that were asked for."""
    identity = planfile.read(saved.read_bytes()).id

    ended = run_here(["show", str(saved), "--format", "markdown", *options], {})

    assert ended.code == 0
    assert ended.out == markdown(PLAN, identity=identity, limit=limit, full=full)


def test_full_may_have_a_limit_too(tmp_path: Path) -> None:
    """Whole values, but not more than so many bytes."""
    path = tmp_path / "plan.json"
    path.write_bytes(planfile.dumps(users(2_000)))

    ended = run_here(["show", str(path), "--format", "markdown", "--full", "--bytes", "5000"], {})

    assert 4_900 < len(ended.out.encode()) <= 5_000


def test_too_few_bytes_are_refused(saved: Path) -> None:
    """What has to be said takes more."""
    ended = run_here(["show", str(saved), "--format", "markdown", "--bytes", "1999"], {})

    assert ended.code == 64
    assert "1999" in ended.err
