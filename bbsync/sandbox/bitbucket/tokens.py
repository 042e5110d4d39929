"""OAuth consumers and the tokens they are given, in the old dialect and the new one."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Iterable
from typing import Literal
from urllib.parse import parse_qs

import httpx
from attrs import field, frozen

from bbsync.sandbox.bitbucket.answers import Refusal, document, unauthorized
from bbsync.sandbox.bitbucket.ids import hash_of, uuid_of

SCOPES = ("account", "project", "pullrequest", "repository:admin")

_IMPLIED = {
    "project": ("repository",),
    "pullrequest": ("repository",),
    "pullrequest:write": ("pullrequest", "repository", "repository:write"),
    "repository:write": ("repository",),
}


@frozen
class Consumer:
    """An OAuth consumer.

    Args:
        scopes: what it was granted; some of them imply others.
        dialect: `scope` is how its tokens are worded since May 2026, `scopes` before.
        public: a public consumer is refused client credentials.
        administrator: whether it may see what only administrators of a workspace see, such as groups.
    """

    key: str
    secret: str = field(repr=False)
    scopes: tuple[str, ...] = SCOPES
    dialect: Literal["scope", "scopes"] = "scope"
    public: bool = False
    administrator: bool = True

    def holds(self, scope: str) -> bool:
        return scope in self.scopes or any(scope in _IMPLIED.get(granted, ()) for granted in self.scopes)


class Tokens:
    """Gives tokens to consumers, and knows whose a token is."""

    def __init__(self, consumers: Iterable[Consumer], lifetime: float, clock: Callable[[], float]) -> None:
        self._consumers = {consumer.key: consumer for consumer in consumers}
        self._lifetime = lifetime
        self._clock = clock
        self._given: dict[str, tuple[Consumer, float]] = {}
        self._lock = threading.Lock()

    def grant(self, request: httpx.Request) -> httpx.Response:
        """Answer a token request."""
        key, secret = _basic(request)
        if key is None:
            return _refused("unauthorized_client", "Requests must be authenticated with client credentials")
        consumer = self._consumers.get(key)
        if consumer is None or consumer.secret != secret:
            return _refused("unauthorized_client", "Invalid OAuth client credentials")
        return self._granted(consumer, _grant_type(request))

    def key(self, request: httpx.Request) -> str | None:
        """The key of the consumer that sent a request, as far as one can tell."""
        key, _ = _basic(request)
        with self._lock:
            given = self._given.get(_credentials(request, "bearer") or "")
        return key if given is None else given[0].key

    def _granted(self, consumer: Consumer, grant_type: str) -> httpx.Response:
        if grant_type != "client_credentials":
            return _refused("invalid_grant", f"Unsupported grant type: {grant_type}")
        if consumer.public:
            return _refused("unauthorized_client", "Cannot use client_credentials with a public consumer")
        return document(self._token(consumer), headers=_token_headers(consumer))

    def _token(self, consumer: Consumer) -> dict[str, object]:
        with self._lock:
            number = len(self._given) + 1
            token = f"token-{number}-{hash_of('token', consumer.key, number)}"
            self._given[token] = (consumer, self._clock() + self._lifetime)
        common = {"access_token": token, "token_type": "bearer", "expires_in": int(self._lifetime)}
        if consumer.dialect == "scope":
            return {**common, "scope": " ".join(consumer.scopes)}
        old = {"state": "client_credentials", "refresh_token": hash_of("refresh", token)}
        return {**common, "scopes": " ".join(consumer.scopes), **old}

    def expire(self) -> None:
        """Let every token that was given expire now."""
        with self._lock:
            self._given = {token: (consumer, self._clock()) for token, (consumer, _) in self._given.items()}

    def consumer(self, request: httpx.Request) -> Consumer:
        """Whose token the request carries."""
        with self._lock:
            given = self._given.get(_credentials(request, "bearer") or "")
        if given is None:
            raise Refusal(unauthorized("Token is invalid, expired, or not supported for this endpoint."))
        if given[1] <= self._clock():
            expired = "Access token expired. Use your refresh token to obtain a new access token."
            raise Refusal(unauthorized(expired))
        return given[0]


def token_headers(consumer: Consumer) -> dict[str, str]:
    """What every answer to this consumer's tokens says about them. Asking again makes no new identity."""
    return {
        "x-credential-type": "oauth2",
        "x-token-id": uuid_of("token", consumer.key),
        "x-consumer-client-id": consumer.key,
        "x-oauth-scopes": ", ".join(consumer.scopes),
    }


def _token_headers(consumer: Consumer) -> dict[str, str]:
    return {
        "cache-control": "max-age=0, no-cache, no-store, must-revalidate, private",
        "x-grant-type": "client_credentials",
        "x-app-key": consumer.key,
        "x-token-id": uuid_of("token", consumer.key),
        "x-usage-quota-remaining": "999000",
        "x-usage-request-cost": "860.00",
    }


def _refused(error: str, description: str) -> httpx.Response:
    # OAuth's envelope, which is not the API's.
    return document({"error": error, "error_description": description}, 400)


def _credentials(request: httpx.Request, wanted: str) -> str | None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    return credentials if scheme.lower() == wanted else None


def _basic(request: httpx.Request) -> tuple[str | None, str]:
    encoded = _credentials(request, "basic")
    if encoded is None:
        return None, ""
    try:
        key, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, ""
    return key, secret


def _grant_type(request: httpx.Request) -> str:
    return parse_qs(request.content.decode()).get("grant_type", [""])[0]
