"""What tests of the Bitbucket stand-in share: a consumer, signing in, reading a listing to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from bbsync.sandbox.bitbucket import Consumer

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
API = "https://api.bitbucket.org"
CONSUMER = Consumer("key-one", "secret-one")


def sign_in(client: httpx.Client, consumer: Consumer = CONSUMER) -> httpx.Response:
    """Get a token for the consumer and use it from now on."""
    answer = client.post(
        "/site/oauth2/access_token",
        auth=(consumer.key, consumer.secret),
        data={"grant_type": "client_credentials"},
    )
    client.headers["authorization"] = f"Bearer {answer.json().get('access_token')}"
    return answer


def pages(client: httpx.Client, address: str) -> list[dict[str, Any]]:
    """Every page of a listing, following `next`."""
    found = []
    following: str | None = address
    while following is not None:
        page = client.get(following).raise_for_status().json()
        found.append(page)
        following = page.get("next")
    return found


def values(client: httpx.Client, address: str) -> list[Any]:
    return [value for page in pages(client, address) for value in page["values"]]
