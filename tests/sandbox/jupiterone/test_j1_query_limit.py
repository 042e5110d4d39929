"""The limit of queries: so many within two minutes, and headers that say so."""

from __future__ import annotations

import httpx
from jupiterone_client import QUERY, Client


def ask(client: Client, query: str = QUERY) -> httpx.Response:
    """Ask one query."""
    return client.http.post("/graphql", json={"query": query, "variables": {"query": "FIND *"}})


def test_queries_over_the_limit_are_refused() -> None:
    """429 says how many there may be, how many are left, when there are none any more, and what was asked for."""
    now = [1000.0]
    client = Client(queries_per_2_minutes=2, clock=lambda: now[0])

    first = ask(client)
    now[0] += 30
    answers = [ask(client), ask(client)]

    assert [answer.status_code for answer in (first, *answers)] == [200, 200, 429]
    assert first.headers["RateLimit-Remaining"] == "1"
    assert answers[1].headers["RateLimit-Limit"] == "2, 2;window=120"
    assert answers[1].headers["RateLimit-Remaining"] == "0"
    assert answers[1].headers["RateLimit-Reset"] == "120"
    assert answers[1].headers["RateLimit-Requested"] == "1"


def test_queries_are_answered_again_when_time_has_passed() -> None:
    """What is older than two minutes does not count, and what was refused never did."""
    now = [1000.0]
    client = Client(queries_per_2_minutes=1, clock=lambda: now[0])
    ask(client)
    refused = ask(client)

    now[0] += 120

    assert refused.status_code == 429
    assert ask(client).status_code == 200


def test_a_request_is_taken_whole_or_not_at_all() -> None:
    """Two queries in one request are two."""
    client = Client(queries_per_2_minutes=1)
    twice = '{ a: queryV1(query: "FIND *") { type } b: queryV1(query: "FIND *") { type } }'

    assert ask(client, twice).status_code == 429
    assert ask(client).status_code == 200


def test_other_fields_are_no_queries() -> None:
    """Looking up an integration costs none."""
    client = Client(queries_per_2_minutes=1)

    answers = [ask(client, "{ entityCount }") for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit-Limit" not in answers[0].headers
