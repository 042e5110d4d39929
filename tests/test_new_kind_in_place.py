"""A new kind is one file: put beside the others, it is read, planned, shown, applied and switched off like them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

import bbsync
from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.sandbox.server import serve

DEPLOY_KEY = '''"""An SSH key that may read one repository."""

from __future__ import annotations

from attrs import frozen

from bbsync.graph import Properties
from bbsync.kinds._kind import EntityType, Kind, Place, RelationshipType, Request, known


@frozen
class DeployKey:
    """A row of `GET /2.0/repositories/{workspace}/{repository}/deploy-keys`."""

    id: int
    label: str


def properties(deploy_key: DeployKey, _place: Place) -> Properties:
    """The graph's properties of a deploy key."""
    return known({"name": deploy_key.label, "displayName": deploy_key.label})


KIND = Kind(
    name="deploy_key",
    plural="deploy_keys",
    item=DeployKey,
    parent="repository",
    requests=(Request("/2.0/repositories/{workspace_id}/{repository_id}/deploy-keys", page_length=100),),
    entity=EntityType("bitbucket_deploy_key", ("AccessKey",)),
    key=lambda deploy_key, place: f"{place.parent.key}/deploy-keys/{deploy_key.id}",
    properties=properties,
    label=lambda found: str(found["name"]),
    belongs=RelationshipType("bitbucket_repo", "HAS", "bitbucket_deploy_key"),
    scopes=("repository:admin",),
)
'''

PACKAGE = Path(bbsync.__file__).parent


@pytest.fixture(name="place", scope="module")
def _place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one file more, and nothing edited."""
    place = tmp_path_factory.mktemp("with-a-new-kind")
    shutil.copytree(PACKAGE, place / "bbsync", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "bbsync" / "kinds" / "deploy_key.py").write_text(DEPLOY_KEY, encoding="utf-8")
    return place


@pytest.fixture(name="environ")
def _environ(place: Path) -> Iterator[Mapping[str, str]]:
    """A made-up workspace whose repositories have a deploy key each."""
    bitbucket = Bitbucket(
        make_world(4, Sizes(repositories=2, members=3), datetime(2026, 11, 23, 12, tzinfo=UTC)),
        consumers=[Consumer("key-of-the-test", "secret-of-the-test")],
    )

    def app(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/deploy-keys"):
            return httpx.Response(200, json={"values": [{"id": 7, "label": "build server"}], "size": 1, "pagelen": 100})
        return bitbucket.app(request)

    with serve(app) as origin:
        yield {
            **os.environ,
            "PYTHONPATH": str(place),
            "BITBUCKET_URL": origin,
            "BITBUCKET_API_URL": origin,
            "BITBUCKET_WORKSPACE": "acme",
            "BITBUCKET_CLIENT_KEY": "key-of-the-test",
            "BITBUCKET_CLIENT_SECRET": "secret-of-the-test",
        }


def run(directory: Path, environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`bbsync` with the new kind, in that directory."""
    command = [sys.executable, "-m", "bbsync", *arguments]
    return subprocess.run(command, cwd=directory, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - our own command


def test_one_file_is_enough(tmp_path: Path, environ: Mapping[str, str]) -> None:
    """It is listed, planned, applied, and the next plan is empty."""
    listed = run(tmp_path, environ, "kinds")
    planned = run(tmp_path, environ, "plan", "--out", "plan.json")
    applied = run(tmp_path, environ, "apply", "plan.json")
    again = run(tmp_path, environ, "plan")

    assert "bitbucket_repo_has_deploy_key" in listed.stdout
    assert (planned.returncode, applied.returncode, again.returncode) == (0, 0, 0), planned.stderr + applied.stderr
    changes = json.loads((tmp_path / "plan.json").read_text())["changes"]
    assert sum(change["type"] == "bitbucket_deploy_key" for change in changes) == 2
    assert "No changes. The graph matches Bitbucket." in again.stdout


def test_it_can_be_switched_off_like_any_other(tmp_path: Path, environ: Mapping[str, str]) -> None:
    """The switch in bbsync.toml is there because the kind is."""
    (tmp_path / "bbsync.toml").write_text("[kinds]\ndeploy_keys = false\n", encoding="utf-8")

    planned = run(tmp_path, environ, "plan", "--out", "plan.json")

    assert planned.returncode == 0, planned.stderr
    assert "bitbucket_deploy_key" not in (tmp_path / "plan.json").read_text()
