"""Tokens and keys go to the origins that are set, and nowhere else; everything else is asked for without, or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bbsync.errors import SettingsError
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.refusals import RequestFailed
from bbsync.sandbox.server import serve
from bbsync.secret import Secret
from bbsync.settings import load_settings
from tests.cli.cli_rig import Desk, desk_in, jupiterone_of


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as made:
        yield made


@contextmanager
def _stranger() -> Iterator[tuple[str, list[httpx.Request]]]:
    """Another origin, and what was asked there."""
    asked: list[httpx.Request] = []

    def app(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"values": [], "status": "COMPLETED", "data": []})

    with serve(app) as origin:
        yield origin, asked


@pytest.mark.parametrize("where", ["/2.0/workspaces/acme/projects", "/permissions-config/users", "/pullrequests"])
@pytest.mark.parametrize("status", [200, 301, 302, 303, 307, 308])
def test_bitbucket_cannot_send_a_token_elsewhere(desk: Desk, where: str, status: int) -> None:
    """Neither by a redirect nor by `next`: nothing at all is asked of another origin, and what lies there is a gap."""
    with _stranger() as (origin, asked):

        def point_away(request: httpx.Request) -> httpx.Response | None:
            if where not in request.url.path:
                return None
            content = {"values": [], "next": f"{origin}/2.0/more"}
            return httpx.Response(status, json=content, headers={"location": f"{origin}/2.0/there"})

        desk.bend_bitbucket = point_away
        ended = desk.run("plan", "--out", str(desk.plan_file))

    assert (ended.code, asked) == (3, [])
    assert '"BB-FETCH-ORIGIN"' in desk.plan_file.read_text(encoding="utf-8")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_address_of_tokens_cannot_send_a_secret_elsewhere(desk: Desk, status: int) -> None:
    """A redirect in place of a token is no token."""
    with _stranger() as (origin, asked):
        desk.bend_bitbucket = lambda request: (
            httpx.Response(status, headers={"location": f"{origin}/x"}) if "oauth2" in request.url.path else None
        )
        ended = desk.run("plan")

    assert (ended.code, asked) == (1, [])
    assert "(BB-CONSUMER)" in ended.err


@pytest.mark.parametrize("where", ["/graphql", "/persister"])
def test_jupiterone_cannot_send_a_key_elsewhere(desk: Desk, where: str) -> None:
    """Redirects are not followed, reading or writing."""
    with _stranger() as (origin, asked), jupiterone_of(desk) as environ:

        def point_away(request: httpx.Request, response: httpx.Response) -> httpx.Response:
            away = httpx.Response(307, headers={"location": f"{origin}/x"})
            return away if where in request.url.path else response

        desk.bend_jupiterone = point_away
        ended = desk.run("apply", "--auto-approve", environ=environ)

    assert (ended.code, asked) == (1, [])


def test_results_elsewhere_are_asked_for_without_a_key(desk: Desk) -> None:
    """A deferred result lies where JupiterOne says; whoever is there learns neither key nor account."""
    with _stranger() as (origin, asked), jupiterone_of(desk) as environ:

        def defer(request: httpx.Request, response: httpx.Response) -> httpx.Response:
            content = {"data": {"queryV1": {"type": "deferred", "url": f"{origin}/result?signature=1"}}}
            return httpx.Response(200, json=content) if "/graphql" in request.url.path else response

        desk.bend_jupiterone = defer
        desk.run("plan", environ=environ)

    assert asked
    assert not [name for request in asked for name in request.headers if "auth" in name or "account" in name]


def _client(graphql_url: str) -> JupiterOneClient:
    return JupiterOneClient(
        account="acme",
        read_key=Secret("read-key-0123456789"),
        sync_key=Secret("sync-key-0123456789"),
        api_url="https://api.example.test",
        graphql_url=graphql_url,
        transport=httpx.MockTransport(lambda _request: httpx.Response(200, json={"status": "x"})),
    )


@pytest.mark.parametrize(
    ("graphql_url", "place", "is_asked"),
    [
        ("https://graphql.example.test/", "https://storage.example.test/x", True),
        ("https://graphql.example.test/", "http://storage.example.test/x", False),
        ("https://graphql.example.test/", "http://127.0.0.1:8000/x", False),
        ("https://graphql.example.test/", "http://localhost/x", False),
        ("https://graphql.example.test/", "https://ada:password@storage.example.test/x", False),
        ("https://graphql.example.test/", "file:///etc/passwd", False),
        ("https://graphql.example.test/", "//storage.example.test/x", False),
        ("http://127.0.0.1:9000/graphql", "http://127.0.0.1:8000/x", True),
        ("http://127.0.0.1:9000/graphql", "http://storage.example.test/x", False),
        ("http://127.0.0.1:9000/graphql", "http://169.254.169.254/latest/meta-data", False),
        ("http://127.0.0.1:9000/graphql", "http://127.0.0.1.example.test/x", False),
    ],
)
def test_results_lie_behind_tls(graphql_url: str, place: str, is_asked: bool) -> None:
    """Plain http is for this machine alone, and only while JupiterOne itself is on it."""
    with _client(graphql_url) as client:
        if is_asked:
            assert client.fetch(place, doing="asking") == {"status": "x"}
            return
        with pytest.raises(RequestFailed, match="It names a place that is no"):
            client.fetch(place, doing="asking")


@pytest.mark.parametrize("name", ["BITBUCKET_URL", "BITBUCKET_API_URL", "JUPITERONE_API_URL", "JUPITERONE_GRAPHQL_URL"])
@pytest.mark.parametrize("place", ["http://example.test", "http://10.0.0.1", "http://127.0.0.1.example.test"])
def test_plain_http_is_for_this_machine(name: str, place: str) -> None:
    """Whoever sends a key in the clear has to be on the machine already."""
    environ = {"JUPITERONE_ACCOUNT": "acme", "JUPITERONE_API_KEY": "made-up-key", name: place}

    with pytest.raises(SettingsError, match=f"{name} is plain http"):
        load_settings(config=None, environ=environ)
