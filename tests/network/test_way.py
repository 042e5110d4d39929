"""Requests go the way that was set, over loopback."""

from __future__ import annotations

from pathlib import Path

import certifi
import httpx
import pytest
from proxy_rig import ANSWER, REFUSAL, proxy

from bbsync.bitbucket.client import Connection
from bbsync.bitbucket.settings import BitbucketSettings, ConsumerCredentials, LimitSettings
from bbsync.errors import BitbucketError, SettingsError
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.refusals import RequestFailed
from bbsync.network.settings import NetworkSettings
from bbsync.network.way import Way, trusted
from bbsync.sandbox.server import serve
from bbsync.secret import Secret

KEY = "jupiterone-key-0123456789"


def through(address: str) -> NetworkSettings:
    """Everything but this machine through a proxy that wants a password."""
    return NetworkSettings(Secret(f"http://somebody:password@{address}"))


def jupiterone(origin: str, network: NetworkSettings) -> JupiterOneClient:
    """A client that never waits."""
    return JupiterOneClient(
        account="acme",
        read_key=Secret(KEY),
        sync_key=Secret(KEY),
        api_url=origin,
        graphql_url=f"{origin}/graphql",
        network=network,
        sleep=lambda _seconds: None,
    )


def test_bitbucket_is_asked_through_the_proxy() -> None:
    """By a tunnel, which never sees the consumer's secret; that the proxy refuses is said."""
    consumers = (ConsumerCredentials("consumer-key", Secret("consumer-secret")),)

    with (
        proxy(REFUSAL) as stand_in,
        Connection(BitbucketSettings(consumers), LimitSettings(), network=through(stand_in.address)) as connection,
        pytest.raises(BitbucketError, match=r"bitbucket\.org .*407 Proxy Authentication Required.* a proxy") as caught,
    ):
        connection.validate(pull_requests=True)

    assert stand_in.asked == ["connect bitbucket.org:443 http/1.1"]
    assert "proxy-authorization: basic" in stand_in.heads[0]
    assert "\nauthorization" not in stand_in.heads[0]
    assert "password" not in str(caught.value)


def test_jupiterone_is_asked_through_the_proxy() -> None:
    """And its key is not shown to it either."""
    with (
        proxy(REFUSAL) as stand_in,
        jupiterone("https://api.us.jupiterone.io", through(stand_in.address)) as client,
        pytest.raises(RequestFailed, match="could not be reached"),
    ):
        client.graphql("query", {}, doing="asking")

    assert set(stand_in.asked) == {"connect api.us.jupiterone.io:443 http/1.1"}
    assert KEY not in "".join(stand_in.heads)


def test_the_answer_comes_back_through_the_proxy() -> None:
    """The other way round: what the proxy hands on is the answer."""
    with proxy(ANSWER) as stand_in, httpx.Client(transport=Way(through(stand_in.address), 2)) as client:
        answer = client.get("http://somewhere.example/x")

    assert answer.json() == {}
    assert stand_in.asked == ["get http://somewhere.example/x http/1.1"]


def test_loopback_is_reached_past_the_proxy() -> None:
    """The stand-ins are not on the proxy's machine."""
    with (
        serve(lambda _request: httpx.Response(200, json={"data": {"here": True}})) as origin,
        proxy() as stand_in,
        jupiterone(origin, through(stand_in.address)) as client,
    ):
        answer = client.graphql("query", {}, doing="asking")

    assert answer == {"here": True}
    assert not stand_in.heads


def test_no_variable_or_file_leads_a_request_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """httpx is asked to trust nothing of the environment: neither proxies that nobody set here nor a .netrc."""
    seen: list[httpx.Request] = []

    def app(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    (tmp_path / "netrc").write_text("default login somebody password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    with serve(app) as origin, jupiterone(origin, NetworkSettings()) as client:
        client.fetch(f"{origin}/results", doing="asking")

    assert "authorization" not in seen[0].headers


def test_ones_own_authorities_are_trusted_instead_of_the_known_ones(tmp_path: Path) -> None:
    """As SSL_CERT_FILE is understood everywhere."""
    first, end, _ = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----\n")
    path = tmp_path / "ours.pem"
    path.write_text(first + end)

    assert len(trusted(path, None).get_ca_certs()) == 1
    assert len(trusted(None, None).get_ca_certs()) > 50


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_certificates_that_are_none_are_said(tmp_path: Path, content: str | None) -> None:
    """Which variable, which file, and what to do."""
    path = tmp_path / "ours.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(SettingsError, match=r"SSL_CERT_FILE \(.*ours\.pem\) cannot be used") as caught:
        trusted(path, None)

    assert caught.value.why
    assert "None" not in caught.value.why


def test_a_proxy_that_cannot_be_used_is_said_at_once() -> None:
    """Before anything goes past it by mistake."""
    with pytest.raises(SettingsError, match="HTTPS_PROXY"):
        Way(NetworkSettings(Secret("socks5://proxy:1080")), 1)


@pytest.mark.parametrize("network", [NetworkSettings(), NetworkSettings(Secret("http://proxy.example"))])
def test_there_are_as_many_connections_as_requests_at_once(network: NetworkSettings) -> None:
    """All of them are kept, over HTTP/1.1, so that nothing ever queues."""
    with Way(network, 7) as way:
        for pool in (way._straight._pool, way._proxied._pool):
            assert (pool._max_connections, pool._max_keepalive_connections, pool._http2) == (7, 7, False)
            assert pool._keepalive_expiry is not None
            assert pool._keepalive_expiry >= 5
