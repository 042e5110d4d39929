"""What the token address answers."""

from __future__ import annotations

import httpx
import pytest

from bbsync.bitbucket.tokens import Token, read_token
from bbsync.errors import ConsumerError
from bbsync.secret import Secret

ASKED = httpx.Request("POST", "https://bitbucket.org/site/oauth2/access_token")
CONSUMER = "consumer 2 of 3 (its key ends in abcd)"


def read(response: httpx.Response) -> Token:
    """The token that the answer holds, read at time 1000."""
    response.request = ASKED
    return read_token(response, consumer=CONSUMER, secret=Secret("hunter2"), now=1000.0)


def refusal(response: httpx.Response) -> str:
    """The sentence about an answer that holds none."""
    with pytest.raises(ConsumerError) as caught:
        read(response)
    return str(caught.value)


@pytest.mark.parametrize(
    "scopes",
    [
        {"scopes": "project pullrequest account repository:admin"},
        {"scope": "project pullrequest account repository:admin"},
        {"scope": "project, pullrequest,account ,repository:admin"},
        {"scope": "project account", "scopes": "pullrequest,repository:admin"},
    ],
)
def test_scopes_are_read_in_every_dialect(scopes: dict[str, str]) -> None:
    """`scopes` or `scope`, with blanks or commas between."""
    token = read(httpx.Response(200, json={"access_token": "t", "expires_in": 7200, **scopes}))

    assert token.scopes == {"project", "pullrequest", "account", "repository:admin"}


@pytest.mark.parametrize(
    ("expires_in", "expires_at"),
    [(7200, 8140.0), ("7200", 8140.0), (100, 1090.0), (None, 4540.0), ("soon", 4540.0), (0, 4540.0), (-1, 4540.0)],
)
def test_a_token_is_given_up_before_it_expires(expires_in: object, expires_at: float) -> None:
    """A minute before, or a tenth of a short life; an hour when the answer makes no sense."""
    token = read(httpx.Response(200, json={"access_token": "t", "expires_in": expires_in}))

    assert token.expires_at == expires_at


def test_a_token_is_a_secret() -> None:
    """It does not show when the token is printed."""
    token = read(httpx.Response(200, json={"access_token": "hunter2", "scope": "account"}))

    assert token.text == Secret("hunter2")
    assert "hunter2" not in repr(token)


def test_wrong_credentials_name_the_consumer_and_the_place_to_look() -> None:
    """Position, end of the key, what Bitbucket said, what to compare."""
    said = refusal(
        httpx.Response(
            400,
            json={"error": "unauthorized_client", "error_description": "Invalid OAuth client credentials."},
        )
    )

    assert said == (
        "Bitbucket gives no token to consumer 2 of 3 (its key ends in abcd) (BB-CONSUMER)."
        " It answered 400: Invalid OAuth client credentials."
        " Compare this element of BITBUCKET_CLIENT_KEY and BITBUCKET_CLIENT_SECRET with the consumer under"
        " Workspace settings > OAuth consumers."
    )


def test_a_public_consumer_is_told_to_become_private() -> None:
    """The one box to tick is named."""
    said = refusal(
        httpx.Response(
            400,
            json={
                "error": "invalid_grant",
                "error_description": "Cannot use client_credentials with a public consumer",
            },
        )
    )

    assert "is public" in said
    assert '"This is a private consumer"' in said


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(503, text="<html>unavailable</html>", headers={"content-type": "text/html"}),
        httpx.Response(500, json={"error": "server_error"}),
    ],
)
def test_trouble_at_bitbucket_says_to_try_again(response: httpx.Response) -> None:
    """The consumer is not to blame."""
    said = refusal(response)

    assert f"bitbucket.org answered {response.status_code}" in said
    assert "Try again in a few minutes." in said


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(404, text="<html>", headers={"content-type": "text/html; charset=utf-8"}),
        httpx.Response(302, headers={"location": "https://login.example"}),
        httpx.Response(200, text="<html>login</html>", headers={"content-type": "text/html"}),
        httpx.Response(200, json=["access_token"]),
        httpx.Response(200, json={"access_token": None}),
        httpx.Response(200, json={"access_token": ""}),
        httpx.Response(200, json={"access_token": "two\r\nlines"}),
        httpx.Response(200, json={"access_token": "tökèn"}),
        httpx.Response(200, content=b'{"access_token": "half'),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(400, json={"type": "error", "error": {"message": "not the OAuth envelope"}}),
    ],
)
def test_an_answer_that_is_no_token_answer_points_to_the_address(response: httpx.Response) -> None:
    """Something else answers there: a login page, a Bitbucket Server, a proxy."""
    said = refusal(response)

    assert "See whether BITBUCKET_URL is right" in said
    assert "Cloud only" in said


def test_remote_text_is_shown_plain_and_short() -> None:
    """Neither escape sequences nor right-to-left overrides reach the terminal."""
    description = "\x1b[31mred\u202e desrever\n" + "x" * 1000

    said = refusal(httpx.Response(400, json={"error": "nope", "error_description": description}))

    assert "It answered 400: [31mred desreverxxx" in said
    assert said.isprintable()
    assert len(said) < 500


def test_a_secret_that_the_answer_repeats_is_not_shown() -> None:
    """A proxy may quote what it was sent."""
    said = refusal(httpx.Response(400, json={"error": "nope", "error_description": "hunter2 is not the secret"}))

    assert "It answered 400: … is not the secret." in said
