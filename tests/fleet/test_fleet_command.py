"""`bbsync fleet` as people type it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bbsync.cli.invocation import Invocation
from bbsync.cli.main import run
from bbsync.errors import ExitCode
from bbsync.sandbox.bitbucket import Bitbucket, Sizes, make_world
from bbsync.sandbox.server import serve
from tests.fleet.fleet_rig import CONSUMER, SECRETS, fleet
from tests.run_rig import START
from tests.tested_package import HOME

WITHOUT_DASK = """
import sys
sys.modules["distributed"] = None
from bbsync.__main__ import main
main()
"""


def refused(*arguments: str) -> tuple[ExitCode, str]:
    """What is said to a command that hands nothing out."""
    err = io.StringIO()
    code = run(["fleet", *arguments], Invocation(io.StringIO(), io.StringIO(), err, {}))
    return code, " ".join(err.getvalue().split())


def test_a_failed_one_does_not_end_the_others(tmp_path: Path) -> None:
    """Each is planned by itself in a worker that has the secrets in its environment; what was planned is saved."""
    sizes = Sizes(repositories=1, members=1, projects=1, groups=1, pull_requests=1, workspaces=("one",))
    bitbucket = Bitbucket(make_world(3, sizes, START), consumers=[CONSUMER])
    for name in ("gone", "one"):
        (tmp_path / f"{name}.toml").write_text(f'workspaces = ["{name}"]\n[target]\nkind = "local"\n', "utf-8")

    with serve(bitbucket.app) as origin:
        environ = {**SECRETS, "BITBUCKET_URL": origin, "BITBUCKET_API_URL": origin}
        ended = fleet(environ, tmp_path, "plan", "gone.toml", "one.toml", "--out", "plans")

    assert ended.returncode == 1, ended.stderr
    assert "gone  failed" in ended.stdout
    assert "one   changes" in ended.stdout
    assert sorted(path.name for path in (tmp_path / "plans").iterdir()) == ["one.json", "one.toml"]
    assert CONSUMER.secret not in ended.stdout + ended.stderr


def test_apply_needs_approval(tmp_path: Path) -> None:
    """Nobody is asked about many graphs at once."""
    assert refused("apply", str(tmp_path))[0] == ExitCode.USAGE
    assert "pass --auto-approve" in refused("apply", str(tmp_path))[1]


def test_an_empty_directory_is_no_fleet(tmp_path: Path) -> None:
    """Without saved plans there is nothing to carry out, which is not what was meant."""
    code, said = refused("apply", str(tmp_path), "--auto-approve")

    assert code == ExitCode.ERROR
    assert "no saved plan" in said


def test_names_are_told_apart(tmp_path: Path) -> None:
    """Two plans cannot be saved under one name."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "team.toml").write_text("", "utf-8")

    code, said = refused("plan", *(str(tmp_path / folder / "team.toml") for folder in ("one", "two")))

    assert code == ExitCode.ERROR
    assert "two configurations are called team" in said


def test_plans_of_others_are_not_mixed_with_ours(tmp_path: Path) -> None:
    """Whoever applies the directory would carry them out, too."""
    for name in ("old.toml", "old.json", "team.toml"):
        (tmp_path / name).write_text("", "utf-8")

    code, said = refused("plan", str(tmp_path / "team.toml"), "--out", str(tmp_path))

    assert code == ExitCode.ERROR
    assert "old.json" in said


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_without_the_extra_it_says_what_to_install(tmp_path: Path, command: str) -> None:
    """Whoever has one configuration needs no Dask."""
    (tmp_path / "team.toml").write_text("", "utf-8")
    approved = ["--auto-approve"] if command == "apply" else []

    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", WITHOUT_DASK, "fleet", command, "team.toml", *approved],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HOME)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert "(BB-FLEET-EXTRA)" in ended.stderr
    assert 'pip install "bbsync[fleet]"' in " ".join(ended.stderr.split())
