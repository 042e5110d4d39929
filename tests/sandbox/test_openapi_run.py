"""A whole run keeps to what the OpenAPI document describes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from described import Witness, find

from bbsync import applying, steps
from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from bbsync.sandbox.server import serve
from bbsync.settings import load_settings

CONSUMER = Consumer("key-one", "secret-one")
SIZES = Sizes(repositories=2, members=3, projects=2, groups=1, pull_requests=2, awkward=True)


def test_a_whole_run_asks_for_nothing_else(tmp_path: Path) -> None:
    """Plan and apply ask both stand-ins only for what is described, and are answered so."""
    bitbucket = Witness(Bitbucket(make_world(1, SIZES, datetime.now(UTC)), consumers=(CONSUMER,)).app)
    jupiterone = Witness(JupiterOne(keys=(ApiKey("made-up-key"),)).app)

    with serve(bitbucket.app) as origin, serve(jupiterone.app) as graph:
        environ = {
            "BITBUCKET_URL": origin,
            "BITBUCKET_API_URL": origin,
            "BITBUCKET_WORKSPACE": "acme",
            "BITBUCKET_CLIENT_KEY": CONSUMER.key,
            "BITBUCKET_CLIENT_SECRET": CONSUMER.secret,
            "JUPITERONE_API_URL": graph,
            "JUPITERONE_GRAPHQL_URL": f"{graph}/graphql",
            "JUPITERONE_ACCOUNT": "acme",
            "JUPITERONE_API_KEY": "made-up-key",
        }
        config = tmp_path / "bbsync.toml"
        config.write_text(f'[state]\nurl = "sqlite:///{tmp_path}/state.db"\n[pull_requests]\nenriched = true\n')
        settings = load_settings(config=config, environ=environ, env_file=None, known_kinds=())
        around = steps.Around(sleep=lambda _: None)
        made = steps.plan(settings, around)
        applying.apply(made.plan, settings, around, identity=made.id)

    assert (bitbucket.mistakes, jupiterone.mistakes) == ([], [])
    assert find("POST", "/persister/synchronization/jobs/one/finalize") in {
        operation for operation, _ in jupiterone.seen
    }
