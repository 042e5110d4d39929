"""Whole runs whose records and graph are on a server: what they do does not depend on where things are kept."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from bbsync import applying, steps
from bbsync.cli.invocation import Invocation
from bbsync.cli.main import run
from bbsync.errors import ExitCode
from bbsync.graph import Graph
from bbsync.last_snapshot import recall
from bbsync.sandbox.bitbucket import Sizes
from bbsync.settings import Settings
from tests.local.test_graph_file import digests
from tests.postgres.server_rig import Server
from tests.run_rig import CONSUMER, Rig, rig_at

TINY = Sizes(repositories=2, members=2, projects=1, groups=1, pull_requests=2, old_pull_requests=1)


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path, TINY) as rig:
        yield rig


def on_server(rig: Rig, url: str) -> Settings:
    """The rig's settings, with both on the server."""
    return rig.settings(BBSYNC_STATE_URL=url, BBSYNC_TARGET_URL=url)


def graph_of(rig: Rig, settings: Settings) -> Graph:
    """What the target holds."""
    with steps.open_target(settings, rig.around) as target:
        return target.read_snapshot().graph


def test_a_run_on_a_server_ends_as_one_in_a_file(rig: Rig, url: str) -> None:
    """The same graph, an empty plan afterwards, a snapshot to compare with, and no file anywhere."""
    settings = on_server(rig, url)
    made = steps.plan(settings, rig.around)
    rig.apply_as(settings, made.plan, made.id)
    again = steps.plan(settings, rig.around)
    kept = recall(settings, made.plan.origin.target)
    files = sorted(path.name for path in rig.place.iterdir())

    rig.sync()

    assert digests(graph_of(rig, settings)) == digests(rig.graph)
    assert again.plan.is_empty
    assert (kept.plan_id, digests(kept.graph)) == (made.id, digests(rig.graph))
    assert files == ["bbsync.toml"]


def test_another_machine_applies_what_one_has_planned(rig: Rig, url: str) -> None:
    """Records and graph are the same from everywhere; the second apply finds nothing left to do."""
    made = steps.plan(on_server(rig, url), rig.around)

    first = applying.apply(made.plan, on_server(rig, url), rig.around, identity=made.id)
    second = applying.apply(made.plan, on_server(rig, url), rig.around, identity=made.id)

    assert (first.already, second.already) == (False, True)


def test_a_command_whose_server_refuses_ends_in_a_sentence(rig: Rig, server: Server) -> None:
    """Exit code 1, one code, and the password in no stream."""
    out, err = io.StringIO(), io.StringIO()
    bitbucket, _ = rig.origins
    environ = {
        "BITBUCKET_URL": bitbucket,
        "BITBUCKET_API_URL": bitbucket,
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_CLIENT_KEY": CONSUMER.key,
        "BITBUCKET_CLIENT_SECRET": CONSUMER.secret,
        "BBSYNC_STATE_URL": server.url(user="guarded"),
        "BBSYNC_STATE_PASSWORD": "wrong-horse-battery",
    }

    code = run(["plan", "-v"], Invocation(io.StringIO(), out, err, environ))

    assert code == ExitCode.ERROR
    assert "(BB-POSTGRES-LOGIN)" in err.getvalue()
    assert "wrong-horse" not in out.getvalue() + err.getvalue()
