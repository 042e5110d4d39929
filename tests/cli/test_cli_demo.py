"""`bbsync demo`: the whole story, with nothing."""

from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from cli_rig import Ended, outside, run_here

from tests.tested_package import HOME


@pytest.fixture(name="told", scope="module")
def _told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, float, Path]:
    """What the demo said in an empty environment, the seconds that it took, and where it kept things."""
    place = tmp_path_factory.mktemp("demo")
    began = time.monotonic()
    ended = outside(
        [sys.executable, "-m", "bbsync", "demo", "--keep", "kept"], cwd=place, env={"PYTHONPATH": str(HOME)}
    )
    return ended, time.monotonic() - began, place


def test_it_ends_well_and_soon(told: tuple[Ended, float, Path]) -> None:
    """0 in less than half a minute, with nothing on stderr, and no file outside its own place."""
    ended, took, place = told

    assert (ended.code, ended.err) == (0, "")
    assert took < 30
    assert [path.name for path in place.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    "event",
    [
        "web is renamed to web-next",
        "> repository         acme/web → acme/web-next     renamed; same key",
        "api is deleted, with 6 pull requests, 3 of them older than a day",
        "- repository         acme/api                     not in the complete listing of 7, then 404",
        "└─ 6 pull requests ",
        "loses a permission on billing",
        "- permission         acme/billing · user ",
        "login is made public",
        "public     false → true",
        "search answers 403 to everything below it",
        "! 3 permissions          acme/search",
        "refused (429) and sent again by the next consumer",
        "pull requests outside the window",
        "No changes. The graph matches Bitbucket as far as Bitbucket could be read.",
        "Next: bbsync sandbox",
    ],
)
def test_the_story_holds_each_event(told: tuple[Ended, float, Path], event: str) -> None:
    """What happens in Bitbucket is told, and so is what the plan makes of it."""
    ended, _took, _place = told

    assert event in ended.out


def test_calls_were_refused_and_sent_again(told: tuple[Ended, float, Path]) -> None:
    """The consumer that is spent in the story really is."""
    ended, _took, _place = told

    line = next(line for line in ended.out.splitlines() if "(429)" in line)
    assert int(line.split(" calls, ")[1].split()[0]) > 0


def test_the_graph_can_be_queried(told: tuple[Ended, float, Path]) -> None:
    """--keep leaves a graph with a view for each type, which holds what the story says."""
    _ended, _took, place = told

    with closing(sqlite3.connect(place / "kept" / "graph.db")) as graph:
        names = {name for (name,) in graph.execute("SELECT fullName FROM bitbucket_repo")}
        public = graph.execute("SELECT public FROM bitbucket_repo WHERE fullName = 'acme/login'").fetchall()
        views = {name for (name,) in graph.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}

    assert "acme/web-next" in names
    assert not names & {"acme/web", "acme/api"}
    assert public == [(1,)]
    assert {"bitbucket_workspace", "bitbucket_user", "bitbucket_pullrequest", "bitbucket_permission"} <= views


def test_the_plans_are_kept(told: tuple[Ended, float, Path]) -> None:
    """Every plan of the story can be shown, and says what the story said."""
    ended, _took, place = told

    shown = [run_here(["show", str(place / "kept" / f"{name}.json")], {}).out for name in ("first", "second", "third")]

    assert all(each and each in ended.out for each in shown)


def test_a_place_that_is_not_empty_is_left_alone(told: tuple[Ended, float, Path]) -> None:
    """The story begins with an empty graph, so what is there already is not touched."""
    _ended, _took, place = told

    ended = run_here(["demo", "--keep", str(place / "kept")], {})

    assert (ended.code, ended.out) == (1, "")
    assert "(BB-DEMO-PLACE)" in ended.err


def test_a_place_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """A place below a file is refused."""
    (tmp_path / "file").touch()

    ended = run_here(["demo", "--keep", str(tmp_path / "file" / "kept")], {})

    assert ended.code == 1
    assert "(BB-DEMO-PLACE)" in ended.err
