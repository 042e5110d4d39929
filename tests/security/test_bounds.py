"""Listings, items and pages of results end, whoever hands them out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from attrs import frozen

from bbsync.bitbucket.answers import Unreadable
from bbsync.bitbucket.items import LARGEST_NUMBER, LONGEST_TEXT, structure
from bbsync.bitbucket.listing import LONGEST_READING, MOST_ITEMS, MOST_ON_A_PAGE, Reader
from bbsync.bitbucket.transport import SECONDS, RetryingTransport
from bbsync.errors import TargetError
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.query import LONGEST_CURSOR, pages
from bbsync.kinds import Paging
from bbsync.network.whole import MOST_VALUES
from bbsync.secret import Secret

API = "https://api.bitbucket.org"


def _endless(on_a_page: int, seconds: float = 0.0) -> tuple[httpx.MockTransport, list[int]]:
    """Fresh items on every page, and always another page; each takes so many seconds."""
    numbers = itertools.count()
    asked: list[int] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        asked.append(next(numbers))
        first = asked[-1] * on_a_page
        content = {"values": [*range(first, first + on_a_page)], "next": f"{API}/x?page={asked[-1] + 2}"}
        return httpx.Response(200, json=content, extensions={SECONDS: seconds})

    return httpx.MockTransport(answer), asked


def _read(transport: httpx.BaseTransport) -> str:
    """The code of the reason why a listing could not be read."""

    def take(raw: Any) -> tuple[str | None, Any]:
        return str(raw), None

    with httpx.Client(transport=transport) as client, pytest.raises(Unreadable) as caught:
        Reader(client, API).read("/x", {}, Paging.PAGES, take)
    return caught.value.code


def test_a_listing_without_end_is_left() -> None:
    """After a million items, however new each of them is."""
    transport, asked = _endless(MOST_ON_A_PAGE)

    code = _read(transport)

    assert code == "BB-FETCH-TOO-LARGE"
    assert len(asked) == MOST_ITEMS // MOST_ON_A_PAGE + 1


def test_a_page_with_too_much_on_it_is_refused() -> None:
    """Ten times what any page has at most."""
    transport, asked = _endless(MOST_ON_A_PAGE + 1)

    assert (_read(transport), len(asked)) == ("BB-FETCH-TOO-LARGE", 1)


def test_a_listing_that_dawdles_is_left() -> None:
    """Every page is in time, and all of them together take longer than an hour."""
    transport, asked = _endless(1, seconds=100.0)

    assert (_read(transport), len(asked)) == ("BB-FETCH-TOO-SLOW", LONGEST_READING // 100 + 1)


@frozen
class _Item:
    name: str
    size: int


@pytest.mark.parametrize(
    "raw",
    [
        {"name": "x" * (LONGEST_TEXT + 1), "size": 1},
        {"name": "x", "size": LARGEST_NUMBER + 1},
        {"name": "x", "size": -LARGEST_NUMBER - 1},
        {"name": "x", "size": 10**400},
    ],
)
def test_an_item_beyond_all_bounds_is_not_taken(raw: dict[str, Any]) -> None:
    """It is withheld, as any other that is not as documented; the reason does not repeat it."""
    with pytest.raises(Unreadable) as caught:
        structure(raw, _Item)

    assert caught.value.code == "BB-FETCH-SCHEMA"
    assert len(caught.value.detail) < 200


def test_an_item_at_the_bounds_is_taken() -> None:
    """A long description is one."""
    item = structure({"name": "x" * LONGEST_TEXT, "size": -LARGEST_NUMBER}, _Item)

    assert (len(item.name), item.size) == (LONGEST_TEXT, -LARGEST_NUMBER)


def _client_of(app: Callable[[httpx.Request], httpx.Response]) -> JupiterOneClient:
    return JupiterOneClient(
        account="acme",
        read_key=Secret("read-key-0123456789"),
        sync_key=Secret("sync-key-0123456789"),
        api_url="https://api.example.test",
        graphql_url="https://graphql.example.test/",
        transport=httpx.MockTransport(app),
    )


def _client(cursors: Iterator[object]) -> JupiterOneClient:
    """Results page after page, with these cursors."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"data": {"queryV1": {"url": "https://storage.example.test/x"}}})
        return httpx.Response(200, json={"status": "COMPLETED", "data": [], "cursor": next(cursors)})

    return _client_of(answer)


def test_a_graph_without_end_is_left() -> None:
    """Page after page, each with a cursor that was never there before."""
    with _client(map(str, itertools.count(1))) as client, pytest.raises(TargetError, match="more than 30 pages"):
        list(pages(client, "FIND *", 30))


@pytest.mark.parametrize("cursor", [7, ["a"], {"a": 1}, "x" * (LONGEST_CURSOR + 1)])
def test_a_cursor_that_is_none_is_refused(cursor: object) -> None:
    """It would be sent back, and kept."""
    with _client(iter([cursor])) as client, pytest.raises(TargetError, match="a cursor that is none"):
        list(pages(client, "FIND *"))


@pytest.mark.parametrize("placed", [[], "text", 7, {"url": 7}, {"url": None}])
def test_a_place_that_is_none_is_refused(placed: object) -> None:
    """An answer of another shape is a sentence, no fault."""
    with (
        _client_of(lambda _request: httpx.Response(200, json={"data": {"queryV1": placed}})) as client,
        pytest.raises(TargetError, match="no address of a result"),
    ):
        list(pages(client, "FIND *"))


@pytest.mark.parametrize("depth", [900, 100_000])
def test_an_answer_without_bottom_is_refused_or_harmless(depth: int) -> None:
    """What is nested deeper than any parser goes is no answer; nothing goes down into what is less deep."""
    body = b'{"data": ' + b"[" * depth + b"]" * depth + b"}"

    with (
        _client_of(lambda _request: httpx.Response(200, content=body)) as client,
        pytest.raises(TargetError, match=r"nested too deeply|has no 'data'"),
    ):
        list(pages(client, "FIND *"))


def test_a_flood_of_jupiterone_is_refused_at_once() -> None:
    """Millions of values in a few megabytes are not decoded, and not asked for again."""
    asked: list[httpx.Request] = []

    def flood(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b'{"data": [' + b"1," * MOST_VALUES + b"1]}")

    with _client_of(flood) as client, pytest.raises(TargetError, match="more than 4,000,000 values"):
        list(pages(client, "FIND *"))

    assert len(asked) == 1


def test_a_flood_of_bitbucket_is_a_gap() -> None:
    """A listing that cannot be taken in says nothing about what is there."""
    flood = httpx.MockTransport(lambda _request: httpx.Response(200, content=b'{"values": [' + b"1," * 1_000_001))

    assert _read(RetryingTransport(flood)) == "BB-FETCH-TOO-LARGE"
