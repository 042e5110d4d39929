"""What JupiterOne is sent: bytes of a first upload, and of one that changes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bbsync import steps
from bbsync.applying import apply
from bbsync.sandbox.bitbucket import Bitbucket, Sizes, make_world
from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from bbsync.sandbox.server import serve
from bbsync.settings import Settings, load_settings
from tests.bench.figures import Figure

SIZES = Sizes(repositories=300, members=120, pull_requests=316)

#: What an integration sends that uploads raw answers, uncompressed, on every run.
NAIVE = 7_600_000


def applying() -> Iterator[Figure]:
    """Apply twice, the second time without a change."""
    bitbucket = Bitbucket(make_world(1, SIZES, datetime.now(UTC)), calls_per_hour=10**7)
    jupiterone = JupiterOne(account="acme", keys=(ApiKey("secret"),))
    with tempfile.TemporaryDirectory() as place, serve(bitbucket.app) as origin, serve(jupiterone.app) as graph:
        settings = _settings(Path(place), origin, graph)
        _apply(settings)
        first = jupiterone.bytes_uploaded
        _apply(settings)
    yield Figure("bytes of a first upload, 300 repositories", first, NAIVE / 5, "B")
    yield Figure("bytes when nothing changed", jupiterone.bytes_uploaded - first, 0, "B")


def _apply(settings: Settings) -> None:
    around = steps.Around()
    made = steps.plan(settings, around)
    apply(made.plan, settings, around, identity=made.id)


def _settings(place: Path, origin: str, graph: str) -> Settings:
    config = place / "bbsync.toml"
    config.write_text(f'[state]\nurl = "sqlite:///{place}/state.db"\n[limits]\ncalls_per_hour = 10000000\n')
    environ = {
        "BITBUCKET_URL": origin,
        "BITBUCKET_API_URL": origin,
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_CLIENT_KEY": "sandbox-key",
        "BITBUCKET_CLIENT_SECRET": "sandbox-secret",
        "JUPITERONE_API_URL": graph,
        "JUPITERONE_GRAPHQL_URL": f"{graph}/graphql",
        "JUPITERONE_ACCOUNT": "acme",
        "JUPITERONE_API_KEY": "secret",
    }
    return load_settings(config=config, environ=environ, env_file=None, known_kinds=())
