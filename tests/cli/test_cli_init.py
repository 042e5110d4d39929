"""`bbsync init`: a file to begin with."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cli_rig import Desk, Ended, jupiterone_of, run_here

from bbsync.settings import load_settings


def begun(desk: Desk, *arguments: str, **environ: str) -> Ended:
    return run_here(["init", "--config", str(place(desk)), *arguments], {**desk.environ, **environ})


def place(desk: Desk) -> Path:
    return desk.directory / "new.toml"


def test_what_is_given_is_set_and_the_rest_is_said(desk: Desk) -> None:
    """The file sets workspaces and target, has every table, and can be read by everybody who may look there."""
    ended = begun(desk, "--workspace", "acme", "--workspace", "globex", "--target", "local")

    settings = load_settings(config=place(desk), environ={})
    text = place(desk).read_text("utf-8")
    assert ended.code == 0, ended.err
    assert (settings.workspaces, settings.target.kind) == (("acme", "globex"), "local")
    assert all(f"[{table}]" in text for table in ("pull_requests", "limits", "guards", "state"))
    assert stat.S_IMODE(place(desk).stat().st_mode) == 0o644
    assert (ended.out, ended.err) == ("", f"Wrote {place(desk)}.\nNext: bbsync check\n")


def test_what_is_missing_comes_next(desk: Desk) -> None:
    """Whoever has no consumer yet is told to make one."""
    ended = begun(desk, "--workspace", "acme", BITBUCKET_CLIENT_KEY="")

    assert ended.code == 0
    assert "Next: BITBUCKET_CLIENT_KEY is not set. Make a private consumer" in ended.err
    assert ended.err.endswith("Then: bbsync check\n")


def test_a_target_without_its_key_comes_next(desk: Desk) -> None:
    """JupiterOne needs an account."""
    ended = begun(desk, "--target", "jupiterone")

    assert "Next: JUPITERONE_ACCOUNT is not set." in ended.err


def test_the_file_works(desk: Desk) -> None:
    """A check with it finds everything in order."""
    begun(desk, "--workspace", "acme")

    with jupiterone_of(desk) as environ:
        ended = run_here(["check", "--config", str(place(desk))], {**desk.environ, **environ})

    assert ended.code == 0, ended.out


def test_a_file_that_is_there_is_left_alone(desk: Desk) -> None:
    """Unless --force says otherwise."""
    place(desk).write_text("workspaces = ['mine']\n", encoding="utf-8")

    refused = begun(desk)
    left = place(desk).read_text("utf-8")
    forced = begun(desk, "--force")

    assert refused.code == 1
    assert "is there already (BB-INIT)." in refused.err
    assert left == "workspaces = ['mine']\n"
    assert forced.code == 0
    assert "mine" not in place(desk).read_text("utf-8")


@pytest.mark.parametrize("workspace", ["https://bitbucket.org/acme", "a b", ""])
def test_what_is_no_workspace_is_refused(desk: Desk, workspace: str) -> None:
    """Nothing is written that the next command would refuse."""
    ended = begun(desk, "--workspace", workspace)

    assert ended.code == 1
    assert not place(desk).exists()
