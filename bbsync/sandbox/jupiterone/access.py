"""Who may do what: API keys, and the integration instances they may write to."""

from __future__ import annotations

import secrets

import httpx
from attrs import field, frozen

from bbsync.sandbox.jupiterone.answers import Refused

#: Live clients use either spelling; header names are case-insensitive anyway.
ACCOUNT_HEADERS = ("JupiterOne-Account", "LifeOmic-Account")


@frozen
class ApiKey:
    """An API key. One with an `instance_id` synchronizes into that instance alone and never reads the graph.

    `can_ask` is about questions, and `can_alert` about alert rules.
    """

    secret: str = field(repr=False)
    can_read: bool = True
    can_sync: bool = True
    instance_id: str | None = None
    can_ask: bool = True
    can_alert: bool = True

    @property
    def reads(self) -> bool:
        """Whether the key may query the graph."""
        return self.can_read and self.instance_id is None

    def may_sync_into(self, instance_id: str | None) -> bool:
        """Whether the key may write to that instance, or to an api scope when it is None."""
        return self.can_sync and self.instance_id in (None, instance_id)


@frozen
class Instance:
    """An integration instance that was set up in the account beforehand."""

    id: str
    name: str = "bbsync"
    definition_type: str = "bbsync"
    definition_id: str = "8013680b-311a-4c2e-b53b-c8735fd97a5c"


def key_of(request: httpx.Request, account: str, keys: tuple[ApiKey, ...]) -> ApiKey:
    """The key a request was made with; 401 when key or account is missing or wrong."""
    named = next((request.headers[name] for name in ACCOUNT_HEADERS if name in request.headers), None)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = [key for key in keys if secrets.compare_digest(key.secret.encode(), token.encode())]
    if named != account or scheme.lower() != "bearer" or not known:
        raise Refused(401, "UNAUTHORIZED", "Unauthorized")
    return known[0]
