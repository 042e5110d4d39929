"""A fleet whose workers are somebody else's: a scheduler and a worker that run already."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bbsync.sandbox.bitbucket import Bitbucket, Sizes, make_world
from bbsync.sandbox.server import serve
from tests.fleet.fleet_rig import CONSUMER, SECRETS, cluster, fleet
from tests.run_rig import START

pytest.importorskip("distributed", reason="the extra bbsync[fleet] is not installed")


def test_workers_that_run_elsewhere_are_used(tmp_path: Path) -> None:
    """They plan with the secrets that they have, and apply exactly the plans that were saved; then nothing is left."""
    sizes = Sizes(repositories=1, members=1, projects=1, groups=1, pull_requests=1, workspaces=("one", "two"))
    bitbucket = Bitbucket(make_world(3, sizes, START), consumers=[CONSUMER])
    for name in ("one", "two"):
        records, graph = tmp_path / f"{name}-state.db", tmp_path / f"{name}-graph.db"
        (tmp_path / f"{name}.toml").write_text(
            f'workspaces = ["{name}"]\n[target]\nkind = "local"\npath = "{graph}"\n[state]\nurl = "sqlite:///{records}"\n',
            "utf-8",
        )

    with (
        serve(bitbucket.app) as origin,
        cluster(tmp_path, {**SECRETS, "BITBUCKET_URL": origin, "BITBUCKET_API_URL": origin}) as address,
    ):
        planned = fleet({}, tmp_path, "plan", "one.toml", "two.toml", "--out", "plans", "--scheduler", address)
        applied = fleet({}, tmp_path, "apply", "plans", "--auto-approve", "--scheduler", address)
        again = fleet({}, tmp_path, "plan", "one.toml", "two.toml", "--format", "json", "--scheduler", address)

    assert (planned.returncode, applied.returncode, again.returncode) == (0, 0, 0), applied.stderr
    assert [one["outcome"] for one in json.loads(again.stdout)["configurations"]] == ["done", "done"]
    assert all(one["add"] == 0 for one in json.loads(again.stdout)["configurations"])
