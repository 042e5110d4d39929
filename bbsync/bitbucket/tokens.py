"""What the token address answers: an access token, or why there is none."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
from attrs import frozen

from bbsync.bitbucket.settings import CLIENT_KEY, CLIENT_SECRET, CONSUMERS_PAGE
from bbsync.errors import ConsumerError
from bbsync.network.whole import credentials
from bbsync.secret import Secret, hide

#: What a token lasts when the answer does not say; Bitbucket's documentation has an hour.
DEFAULT_LIFETIME = 3600

#: No token is longer than this many characters: it has to fit into a header.
LONGEST_TOKEN = 8_192

#: Of a refusal's words, no more than this many characters are looked at.
LONGEST_READ = 10_000

#: A token is renewed this long before it expires, or after nine tenths of a short life.
MARGIN = 60


@frozen
class Token:
    """An access token, the scopes it was given, and until when it is used (epoch seconds)."""

    text: Secret
    scopes: frozenset[str]
    expires_at: float


def read_token(response: httpx.Response, *, consumer: object, secret: Secret, now: float) -> Token:
    """The token in the answer.

    Args:
        response: what the token address answered; its body has been read.
        consumer: who asked, as errors name it.
        secret: the consumer's, for the case that the answer repeats it.
        now: epoch seconds.

    Raises:
        ConsumerError: there is no token in it.
    """
    content = _content(response)
    text = content.get("access_token")
    if response.status_code == 200 and isinstance(text, str) and _may_be_sent(text):
        lifetime = _lifetime(content.get("expires_in"))
        return Token(Secret(text), _scopes(content), now + lifetime - min(MARGIN, lifetime / 10))
    if isinstance(content.get("error"), str) and 400 <= response.status_code < 500:
        raise _refused(response, _told(_description(content), response, secret), consumer)
    kind = response.headers.get("content-type", "no content type").partition(";")[0]
    raise _no_answer(response, _told(kind, response, secret), consumer)


def _content(response: httpx.Response) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _may_be_sent(text: str) -> bool:
    """Whether a text can stand in a header, where a line break would start another one, and fits into it."""
    return text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST_TOKEN and " " not in text


def _lifetime(expires_in: object) -> float:
    """Seconds from a number or from a number in quotes."""
    try:
        lifetime = float(expires_in)  # type: ignore[arg-type] # anything may stand there, and what is no number raises
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_LIFETIME
    return lifetime if 0 < lifetime < 1e9 else DEFAULT_LIFETIME


def _scopes(content: dict[str, Any]) -> frozenset[str]:
    """The scopes in either dialect: `scopes` until 2026, `scope` since; separated by blanks or commas."""
    named = [content.get(key) for key in ("scope", "scopes")]
    return frozenset(scope for text in named if isinstance(text, str) for scope in text.replace(",", " ").split())


def _description(content: dict[str, Any]) -> str:
    """What the OAuth envelope says."""
    description = content.get("error_description")
    return description if isinstance(description, str) and description else str(content["error"])


def _told(text: str, response: httpx.Response, secret: Secret) -> str:
    """Remote text for a terminal: one short line without control characters, and without the secret."""
    hidden = hide(text[:LONGEST_READ], (secret, *credentials(response.request)))
    return "".join(letter for letter in hidden if letter.isprintable())[:160].rstrip(". ")


def _refused(response: httpx.Response, description: str, consumer: object) -> ConsumerError:
    if "public" in description.lower():
        return ConsumerError(
            f"{consumer} is public",
            why="Bitbucket gives tokens of its own to private consumers alone.",
            next_step=f'Tick "This is a private consumer" at the consumer under {CONSUMERS_PAGE}.',
        )
    return ConsumerError(
        f"Bitbucket gives no token to {consumer}",
        why=f"It answered {response.status_code}: {description}.",
        next_step=f"Compare this element of {CLIENT_KEY} and {CLIENT_SECRET} with the consumer under {CONSUMERS_PAGE}.",
    )


def _no_answer(response: httpx.Response, kind: str, consumer: object) -> ConsumerError:
    return ConsumerError(
        f"there is no token for {consumer}",
        why=f"{response.request.url.host} answered {response.status_code} ({kind}) instead of one.",
        next_step="Try again in a few minutes."
        if response.status_code >= 500
        else "See whether BITBUCKET_URL is right; bbsync reads Bitbucket Cloud only, not Server or Data Center.",
    )
