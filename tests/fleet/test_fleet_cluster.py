"""A fleet whose workers are somebody else's: a scheduler and a worker that run already."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.sandbox.server import serve
from tests.fleet.fleet_rig import fleet
from tests.run_rig import START
from tests.tested_package import HOME

pytest.importorskip("distributed", reason="the extra bbsync[fleet] is not installed")

SECRETS = {"BITBUCKET_CLIENT_KEY": "fleet-key", "BITBUCKET_CLIENT_SECRET": "fleet-secret-0123456789"}


@contextmanager
def running(place: Path, environ: dict[str, str], *arguments: str) -> Iterator[IO[str]]:
    """What a part of the cluster says; it ends with the block."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(HOME), **environ},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stderr
            yield process.stderr
        finally:
            process.kill()


@contextmanager
def cluster(place: Path, environ: dict[str, str]) -> Iterator[str]:
    """Its address. The worker alone has the secrets."""
    with running(place, {}, "scheduler", "--port", "0") as said:
        address = next(found[0] for line in said if (found := re.search("tcp://[0-9.:]+", line)))
        with running(place, environ, "worker", address, "--nthreads", "1", "--no-nanny"):
            yield address


def test_workers_that_run_elsewhere_are_used(tmp_path: Path) -> None:
    """They plan with the secrets that they have, and apply exactly the plans that were saved; then nothing is left."""
    sizes = Sizes(repositories=1, members=1, projects=1, groups=1, pull_requests=1, workspaces=("one", "two"))
    bitbucket = Bitbucket(make_world(3, sizes, START), consumers=[Consumer("fleet-key", "fleet-secret-0123456789")])
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
