"""OAuth consumers of the Bitbucket stand-in."""

from __future__ import annotations

import httpx
import pytest
from bitbucket_rig import API, sign_in

from bbsync.sandbox.bitbucket import Bitbucket, Consumer, World

NEW = Consumer("new-key", "new-secret", scopes=("account", "project"))
OLD = Consumer("old-key", "old-secret", scopes=("project", "pullrequest"), dialect="scopes")
PUBLIC = Consumer("public-key", "public-secret", public=True)


@pytest.fixture
def token_client(world: World) -> httpx.Client:
    bitbucket = Bitbucket(world, consumers=(NEW, OLD, PUBLIC))
    return httpx.Client(transport=httpx.MockTransport(bitbucket.app), base_url=API)


def test_new_dialect_says_scope_and_gives_no_refresh_token(token_client: httpx.Client) -> None:
    """Since May 2026 the scopes are in `scope`, and nothing can be refreshed."""
    answer = sign_in(token_client, NEW).json()

    assert answer["scope"] == "account project"
    assert set(answer) == {"access_token", "scope", "token_type", "expires_in"}


def test_old_dialect_says_scopes_and_gives_a_refresh_token(token_client: httpx.Client) -> None:
    """Before, the scopes were in `scopes`."""
    answer = sign_in(token_client, OLD).json()

    assert answer["scopes"] == "project pullrequest"
    assert answer["state"] == "client_credentials"
    assert "refresh_token" in answer
    assert "scope" not in answer


def test_asking_again_gives_another_token_of_the_same_identity(token_client: httpx.Client) -> None:
    """A second grant is no second identity."""
    first, second = sign_in(token_client, NEW), sign_in(token_client, NEW)

    assert first.json()["access_token"] != second.json()["access_token"]
    assert first.headers["x-token-id"] == second.headers["x-token-id"]


@pytest.mark.parametrize(
    ("key", "secret", "grant_type", "error", "words"),
    [
        ("new-key", "wrong", "client_credentials", "unauthorized_client", "Invalid OAuth client credentials"),
        ("nobody", "wrong", "client_credentials", "unauthorized_client", "Invalid OAuth client credentials"),
        ("public-key", "public-secret", "client_credentials", "unauthorized_client", "public consumer"),
        ("new-key", "new-secret", "password", "invalid_grant", "password"),
    ],
)
def test_refused_grants_use_the_envelope_of_oauth(
    token_client: httpx.Client, key: str, secret: str, grant_type: str, error: str, words: str
) -> None:
    """A refused grant is a 400 with `error` and `error_description`, not the API's envelope."""
    answer = token_client.post("/site/oauth2/access_token", auth=(key, secret), data={"grant_type": grant_type})

    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert words in answer.json()["error_description"]


def test_grant_without_credentials_is_refused(token_client: httpx.Client) -> None:
    """The consumer has to say who it is."""
    answer = token_client.post("/site/oauth2/access_token", data={"grant_type": "client_credentials"})

    assert answer.status_code == 400
    assert "client credentials" in answer.json()["error_description"]


def test_expired_token_is_refused_with_its_own_sentence(world: World) -> None:
    """After its lifetime a token answers 401, and a new one works again."""
    seconds = [0.0]
    bitbucket = Bitbucket(world, consumers=(NEW,), token_seconds=100, clock=lambda: seconds[0])
    client = httpx.Client(transport=httpx.MockTransport(bitbucket.app), base_url=API)
    sign_in(client, NEW)

    seconds[0] = 100.0
    expired = client.get("/2.0/workspaces/acme")
    sign_in(client, NEW)
    renewed = client.get("/2.0/workspaces/acme")

    assert expired.status_code == 401
    assert expired.json()["error"]["message"].startswith("Access token expired.")
    assert expired.headers["www-authenticate"] == 'Basic realm="Bitbucket.org HTTP"'
    assert renewed.status_code == 200


def test_tokens_can_be_made_to_expire(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """A test need not wait for a token to run out."""
    bitbucket.tokens.expire()

    answer = client.get("/2.0/workspaces/acme")

    assert answer.status_code == 401


@pytest.mark.parametrize("credentials", ["Bearer made-up", "Basic bWFkZTp1cA==", "nonsense"])
def test_unknown_token_is_refused(client: httpx.Client, credentials: str) -> None:
    """A token that was never given, or that is sent in another way, answers 401."""
    answer = client.get("/2.0/workspaces/acme", headers={"authorization": credentials})

    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("Token is invalid, expired, or not supported")


def test_no_secret_shows_in_the_repr_of_a_consumer() -> None:
    """A consumer can be printed."""
    assert "new-secret" not in repr(NEW)


@pytest.mark.parametrize("credentials", ["Basic ###", "Basic /w=="])
def test_unreadable_credentials_are_none(token_client: httpx.Client, credentials: str) -> None:
    """What is not base64 of UTF-8 counts as no credentials."""
    answer = token_client.post("/site/oauth2/access_token", headers={"authorization": credentials})

    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
