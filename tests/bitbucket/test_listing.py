"""A listing is read to its end, or there is a reason why not."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.allowance import Allowance, AllSpent, Consumer
from bbsync.bitbucket.answers import Unreadable
from bbsync.bitbucket.listing import MOST_REDIRECTS, Read, Reader
from bbsync.errors import RateLimitSpent
from bbsync.kinds import Paging
from bbsync.secret import Secret

API = "https://api.bitbucket.org"
Answer = Callable[[httpx.Request], httpx.Response]


def take(raw: Any) -> tuple[str | None, Any]:
    """Items are strings, which are their own identity; anything else is not as documented."""
    if not isinstance(raw, str):
        raise Unreadable("BB-FETCH-SCHEMA", "not a string")
    return raw or None, raw


def reader_of(answer: Answer, **options: Any) -> Reader:
    """A reader of whatever answers."""
    return Reader(httpx.Client(transport=httpx.MockTransport(answer)), API, **options)


def read(answer: Answer, paging: Paging = Paging.PAGES, length: int | None = 100, **query: str) -> Read:
    """What comes of reading `/items`."""
    return reader_of(answer).read("/items", query, paging, take, length)


def pages(*contents: dict[str, Any] | list[Any], asked: list[httpx.URL] | None = None) -> Answer:
    """These pages, one after the other; each but the last has a `next`, unless it says so itself."""

    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request.url)
        number = int(request.url.params.get("page", "1"))
        content = contents[number - 1]
        if number < len(contents) and isinstance(content, dict):
            content = {"next": f"{API}/items?page={number + 1}", **content}
        return httpx.Response(200, json=content, headers={"date": f"Sat, 14 Mar 2026 12:00:0{number} GMT"})

    return answer


def items(found: Read) -> list[str]:
    return [item for _, item in found.items]


def code_of(answer: Answer, paging: Paging = Paging.PAGES) -> str:
    """The code of the reason why the listing could not be read."""
    with pytest.raises(Unreadable) as caught:
        read(answer, paging)
    return caught.value.code


def test_every_page_is_read_in_order() -> None:
    """`next` is followed as it is, and the largest page is asked for once, in the first request."""
    asked: list[httpx.URL] = []

    found = read(pages({"values": ["a", "b"]}, {"values": ["c"]}, asked=asked), q="x = 1", fields="+values.y")

    assert (items(found), found.pages, found.consistent) == (["a", "b", "c"], 2, True)
    assert [dict(url.params) for url in asked] == [
        {"q": "x = 1", "fields": "+values.y", "pagelen": "100"},
        {"page": "2"},
    ]
    assert b"fields=%2Bvalues.y" in asked[0].query


def test_the_time_is_that_of_the_first_answer() -> None:
    """What changed while later pages were read is read again next time."""
    found = read(pages({"values": ["a"]}, {"values": ["b"]}))

    assert found.asked_at == 1_773_489_601_000


@pytest.mark.parametrize(
    ("contents", "consistent"),
    [
        ([{"values": ["a", "b"], "size": 2}], True),
        ([{"values": [], "size": 0}], True),
        ([{"values": []}], True),
        ([{"values": ["a"]}], True),
        ([{"values": ["a"], "size": None}], True),
        ([{"values": [], "size": 12}], False),
        ([{"values": ["a"], "size": 2}], False),
        ([{"values": ["a", "b"], "size": 1}], False),
        ([{"values": ["a", "b"], "size": 4}, {"values": ["c"], "size": 3}], False),
        ([{"values": ["a", "b"], "size": 3}, {"values": ["b", "c"], "size": 3}], True),
        ([{"values": ["a", "b"], "size": 3}, {"values": ["b"], "size": 3}], False),
    ],
)
def test_the_announced_number_is_compared_with_what_arrived(contents: list[dict[str, Any]], consistent: bool) -> None:
    """A listing that is short, or whose number changed while it was read, is not consistent."""
    assert read(pages(*contents)).consistent is consistent


def test_an_item_that_comes_twice_is_taken_once() -> None:
    """Pages shift when something is added in front."""
    found = read(pages({"values": ["a", "b"]}, {"values": ["b", "c"]}))

    assert items(found) == ["a", "b", "c"]


def test_items_without_identity_are_not_taken_for_one_another() -> None:
    """Two closed accounts are two."""
    assert items(read(pages({"values": ["", "", "a"], "size": 3}))) == ["", "", "a"]


def test_an_item_that_cannot_be_used_leaves_the_others() -> None:
    """And is counted, so that the number is right."""
    found = read(pages({"values": ["a", 7, "b"], "size": 3}))

    assert (items(found), len(found.broken), found.consistent) == (["a", "b"], 1, True)


NO_PAGE = ["null", "7", '"text"', '{"values": {}}', '{"values": null}', "{}"]


@pytest.mark.parametrize(
    ("paging", "body"),
    [*((paging, body) for paging in (Paging.PAGES, Paging.ARRAY) for body in NO_PAGE), (Paging.PAGES, "[]")],
)
def test_an_answer_of_another_shape_is_never_an_empty_listing(paging: Paging, body: str) -> None:
    """Only what is empty in the right shape is empty."""
    with pytest.raises(Unreadable) as caught:
        read(lambda _: httpx.Response(200, content=body), paging)

    assert caught.value.code == "BB-FETCH-SCHEMA"


def test_an_array_may_be_empty() -> None:
    """Whether that is believed is for others to decide."""
    assert items(read(lambda _: httpx.Response(200, content="[]"), Paging.ARRAY)) == []


def test_the_size_of_a_single_object_is_its_own_affair() -> None:
    """A repository has one, in bytes."""
    reader = reader_of(lambda _: httpx.Response(200, json={"size": 33348}))

    found = reader.read("/items/1", {}, Paging.SINGLE, lambda raw: (None, raw))

    assert found.consistent


@pytest.mark.parametrize(
    ("following", "code"),
    [
        (f"{API}/items?pagelen=100", "BB-FETCH-LOOP"),
        ("https://bitbucket.example.net/items?page=2", "BB-FETCH-ORIGIN"),
        ("http://api.bitbucket.org/items?page=2", "BB-FETCH-ORIGIN"),
        ("https://api.bitbucket.org:8443/items?page=2", "BB-FETCH-ORIGIN"),
        ("https://api.bitbucket.org@example.net/items?page=2", "BB-FETCH-ORIGIN"),
        ("http://[::1", "BB-FETCH-ORIGIN"),
        ("https://api.bitbucket.org/\x00", "BB-FETCH-ORIGIN"),
        ("ftp://api.bitbucket.org/items", "BB-FETCH-ORIGIN"),
        ("", "BB-FETCH-404"),
        (7, "BB-FETCH-SCHEMA"),
        ({}, "BB-FETCH-SCHEMA"),
    ],
)
def test_next_is_followed_on_the_same_origin_only(following: object, code: str) -> None:
    """Foreign, broken or circular: a reason, and no request leaves for elsewhere."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.scheme, request.url.host, request.url.port))
        if request.url.path != "/items":
            return httpx.Response(404)
        return httpx.Response(200, json={"values": ["a"], "next": following})

    assert code_of(answer) == code
    assert set(asked) == {("https", "api.bitbucket.org", None)}


def test_a_circle_of_pages_is_a_loop() -> None:
    """One two one is noticed before it is read a second time."""
    asked: list[httpx.URL] = []
    contents = ({"values": ["a"]}, {"values": ["b"]}, {"values": ["c"], "next": f"{API}/items?page=2"})

    assert code_of(pages(*contents, asked=asked)) == "BB-FETCH-LOOP"
    assert len(asked) == 3


def test_a_server_that_never_runs_out_of_pages_is_left() -> None:
    """Ever new addresses with ever the same items do not eat the hour."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, json={"values": ["a"], "next": f"{API}/items?page={len(asked)}"})

    assert code_of(answer) == "BB-FETCH-LOOP"
    assert len(asked) < 10


@pytest.mark.parametrize("status", [400, 403, 404, 410, 500])
def test_a_refused_later_page_is_not_the_end(status: int) -> None:
    """What came before it is not the listing."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "page" in request.url.params:
            return httpx.Response(status)
        return httpx.Response(200, json={"values": ["a"], "next": f"{API}/items?page=2"})

    assert code_of(answer) == f"BB-FETCH-{status}"


def test_a_page_length_that_is_refused_is_not_asked_for_again() -> None:
    """A maximum that nobody documents has changed: then the default is good enough."""
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        if "pagelen" in request.url.params:
            return httpx.Response(400, json={"type": "error", "error": {"message": "Invalid pagelen"}})
        return httpx.Response(200, json={"values": ["a"]})

    assert items(read(answer, q="x")) == ["a"]
    assert [dict(url.params) for url in asked] == [{"q": "x", "pagelen": "100"}, {"q": "x"}]


@pytest.mark.parametrize("hops", [1, MOST_REDIRECTS])
def test_redirects_on_the_same_origin_are_followed(hops: int) -> None:
    """A renamed repository answers at its new address; the last of them is used as well."""

    def answer(request: httpx.Request) -> httpx.Response:
        hop = int(request.url.params.get("hop", "0"))
        if hop < hops:
            return httpx.Response(301, headers={"location": f"/items?hop={hop + 1}"})
        return httpx.Response(200, json={"values": ["a"]})

    assert items(read(answer)) == ["a"]


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("/items", "BB-FETCH-REDIRECT"),
        ("https://bitbucket.org/account/signin/", "BB-FETCH-ORIGIN"),
        ("http://[::1", "BB-FETCH-NETWORK"),
        (None, "BB-FETCH-REDIRECT"),
    ],
)
def test_redirects_elsewhere_or_without_end_are_not(location: str | None, code: str) -> None:
    """A login page is no listing."""
    headers = {"location": location} if location else {}

    assert code_of(lambda _: httpx.Response(302, headers=headers)) == code


def test_without_following_the_redirect_itself_is_the_answer() -> None:
    """Who asks whether something is gone wants to know that it moved."""
    reader = reader_of(lambda _: httpx.Response(301, headers={"location": "/elsewhere"}))

    assert reader.get("/items", follow=False).status_code == 301


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (httpx.ReadTimeout, "BB-FETCH-TIMEOUT"),
        (httpx.ConnectError, "BB-FETCH-NETWORK"),
        (httpx.RemoteProtocolError, "BB-FETCH-NETWORK"),
        (httpx.DecodingError, "BB-FETCH-JSON"),
    ],
)
def test_no_answer_is_a_reason(failure: type[httpx.RequestError], code: str) -> None:
    """The transport has tried often enough by then."""

    def answer(_request: httpx.Request) -> httpx.Response:
        raise failure("broken")

    assert code_of(answer) == code


def spent(_request: httpx.Request) -> httpx.Response:
    """Nobody has a call left."""
    raise AllSpent([Allowance(Consumer(1, 1, "key", Secret("secret")), 1000, 1000, free=False, free_at=0)])


def test_when_all_calls_are_spent_the_run_ends() -> None:
    """That is what "fail" means."""
    with pytest.raises(RateLimitSpent):
        read(spent)


def test_a_partial_run_goes_on_with_a_gap_when_all_calls_are_spent() -> None:
    """And says so in the same words whichever request it was."""
    with pytest.raises(Unreadable, match="every consumer has used up its calls") as caught:
        reader_of(spent, partial=True).get("/items")

    assert caught.value.code == "BB-FETCH-LIMIT"


@given(st.lists(st.lists(st.text(min_size=1, max_size=3), max_size=4), min_size=1, max_size=5), st.integers(0, 3))
def test_a_listing_shows_what_its_pages_show(contents: list[list[str]], off: int) -> None:
    """Each once, in the order of the pages; consistent if and only if the number is right."""
    size = len({item for page in contents for item in page})
    marked = [[f"{number}", *page] for number, page in enumerate(contents)]  # no page brings nothing new
    whole = list(dict.fromkeys(item for page in marked for item in page))

    found = read(pages(*({"values": page, "size": len(whole) + off} for page in marked)))

    assert items(found) == whole
    assert found.consistent is (off == 0)
    assert size <= len(whole)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["values", "next", "size"]), inner),
)


@given(JSON, st.sampled_from(Paging))
def test_whatever_json_comes_reading_ends_with_a_listing_or_a_reason(content: object, paging: Paging) -> None:
    """Never with a crash."""
    with contextlib.suppress(Unreadable):
        read(lambda _: httpx.Response(200, content=json.dumps(content)), paging)
