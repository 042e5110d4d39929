"""The three modes of `fields`."""

from __future__ import annotations

import httpx
import pytest

from bbsync.sandbox.bitbucket.fields import read_fields

PULL_REQUESTS = "/2.0/repositories/acme/web/pullrequests"

PAGE = {
    "size": 1,
    "next": "later",
    "values": [{"id": 1, "author": {"uuid": "a", "links": {"self": 1}}, "parent": None, "flags": ["x", "y"]}],
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (None, PAGE),
        ("", PAGE),
        ("values.id", {"values": [{"id": 1}]}),
        ("values.id,next", {"next": "later", "values": [{"id": 1}]}),
        ("values.author.uuid,size", {"size": 1, "values": [{"author": {"uuid": "a"}}]}),
        ("values.parent.uuid", {"values": [{}]}),
        ("values.parent", {"values": [{"parent": None}]}),
        ("values.flags", {"values": [{"flags": ["x", "y"]}]}),
        ("values.*", {"values": PAGE["values"]}),
        ("values.*.uuid", {"values": [{"author": {"uuid": "a"}, "flags": []}]}),
        ("-values", {"size": 1, "next": "later"}),
        (
            "-values.author.links,-next",
            {"size": 1, "values": [{"id": 1, "author": {"uuid": "a"}, "parent": None, "flags": ["x", "y"]}]},
        ),
        ("+values.author", PAGE),
        ("values.author,-values.author.links", {"values": [{"author": {"uuid": "a"}}]}),
        ("nothing", {}),
    ],
)
def test_fields_choose(fields: str | None, expected: object) -> None:
    """Only these, without, in addition; an absent nested object drops its key without a word."""
    assert read_fields(fields).choose(PAGE) == expected


def test_reviewers_come_only_when_asked_for(client: httpx.Client) -> None:
    """A list of pull requests leaves out who reviews them."""
    without = client.get(PULL_REQUESTS).json()["values"][0]
    with_them = client.get(f"{PULL_REQUESTS}?fields=%2Bvalues.reviewers,%2Bvalues.participants").json()["values"][0]

    assert not {"reviewers", "participants", "rendered"} & set(without)
    assert {**with_them, **without} == with_them
    assert set(with_them) - set(without) == {"reviewers", "participants"}


def test_choosing_by_name_reaches_hidden_fields(client: httpx.Client) -> None:
    """A list of wanted fields may name a hidden one."""
    found = client.get(f"{PULL_REQUESTS}?fields=values.id,values.participants.role,next").json()

    assert set(found["values"][0]) == {"id", "participants"}


def test_choosing_by_name_loses_next(client: httpx.Client) -> None:
    """Who lists fields and forgets `next` reads one page only."""
    found = client.get("/2.0/repositories/acme?pagelen=2&fields=values.uuid").json()

    assert set(found) == {"values"}


def test_single_pull_request_shows_everything(client: httpx.Client) -> None:
    """Asked for by itself, nothing is left out."""
    found = client.get(f"{PULL_REQUESTS}/1").json()

    assert {"reviewers", "participants", "rendered"} <= set(found)
