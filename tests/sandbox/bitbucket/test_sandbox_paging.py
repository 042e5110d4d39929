"""Pages of the Bitbucket stand-in."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from bitbucket_rig import pages, values
from hypothesis import given
from hypothesis import strategies as st

from bbsync.sandbox.bitbucket import Bitbucket, World
from bbsync.sandbox.bitbucket.call import Call
from bbsync.sandbox.bitbucket.paging import Lengths, cursor, numbered, tokens

_REPOSITORY = "/2.0/repositories/acme/web"

LENGTHS = [
    ("/2.0/repositories/acme", 10, 100),
    ("/2.0/workspaces/acme/members", 50, 100),
    ("/2.0/workspaces/acme/permissions", 50, 100),
    ("/2.0/workspaces/acme/projects", 50, 100),
    (f"{_REPOSITORY}/permissions-config/users", 10, 100),
    (f"{_REPOSITORY}/permissions-config/groups", 10, 100),
    (f"{_REPOSITORY}/branch-restrictions", 10, 100),
    (f"{_REPOSITORY}/pullrequests", 10, 50),
    (f"{_REPOSITORY}/pullrequests/1/activity", 10, 50),
    (f"{_REPOSITORY}/pullrequests/1/commits", 10, 100),
]


@pytest.mark.parametrize(("path", "default", "maximum"), LENGTHS)
def test_each_endpoint_has_its_own_page_lengths(client: httpx.Client, path: str, default: int, maximum: int) -> None:
    """A longer page than the endpoint's longest is refused, never cut."""
    assert client.get(path).json()["pagelen"] == default
    assert client.get(path, params={"pagelen": maximum}).json()["pagelen"] == maximum

    refused = client.get(path, params={"pagelen": maximum + 1})

    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "Invalid pagelen")


@pytest.mark.parametrize("page", ["0", "-1", "two", "2/"])
def test_wrong_page_is_refused(client: httpx.Client, page: str) -> None:
    """A page that is no number is a 400."""
    refused = client.get("/2.0/repositories/acme", params={"page": page})

    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "Invalid page")


def test_numbered_pages_say_their_size_and_neighbours(client: httpx.Client) -> None:
    """The first page has no previous one, the last one no next one."""
    first, second, third, last = pages(client, "/2.0/repositories/acme?pagelen=2")

    assert [page["size"] for page in (first, second, third, last)] == [7, 7, 7, 7]
    assert [page["page"] for page in (first, second, third, last)] == [1, 2, 3, 4]
    assert "previous" not in first
    assert second["previous"] == "https://api.bitbucket.org/2.0/repositories/acme?pagelen=2&page=1"
    assert "next" not in last


def test_next_repeats_the_query(client: httpx.Client) -> None:
    """Whatever was asked for the first page is asked for the next one."""
    asked = {"fields": "+values.owner", "q": 'name != "x y" AND size > 1', "sort": "-name", "pagelen": "2"}

    following = urlsplit(client.get("/2.0/repositories/acme", params=asked).json()["next"])

    assert parse_qs(following.query) == {name: [text] for name, text in {**asked, "page": "2"}.items()}
    assert "%2Bvalues.owner" in following.query


@pytest.mark.parametrize(
    ("origin", "prefix", "inside"),
    [
        ("https://api.bitbucket.org", "", ""),
        ("https://bitbucket.org", "/api", "/!api"),
        ("https://bitbucket.org", "/!api", "/!api"),
        ("http://127.0.0.1:4321", "/api", "/!api"),
    ],
)
def test_links_stay_where_the_request_came_in(client: httpx.Client, origin: str, prefix: str, inside: str) -> None:
    """`next` keeps origin and prefix; links inside objects have a prefix of their own."""
    page = client.get(f"{origin}{prefix}/2.0/repositories/acme", params={"pagelen": 2}).json()

    assert page["next"].startswith(f"{origin}{prefix}/2.0/repositories/acme?")
    assert page["values"][0]["links"]["self"]["href"] == f"{origin}{inside}/2.0/repositories/acme/web"


def test_next_keeps_uuids_encoded(client: httpx.Client, world: World) -> None:
    """Addressed by uuid, the braces stay escaped."""
    uuid = world.workspace("acme").uuid

    following = client.get(f"/2.0/repositories/{uuid}?pagelen=2").json()["next"]

    assert f"/2.0/repositories/%7B{uuid[1:-1]}%7D?" in following


def test_pages_shift_when_something_is_deleted_meanwhile(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """A repository slips off between two pages, and the size tells."""
    everything = [repository["slug"] for repository in values(client, "/2.0/repositories/acme")]

    first = client.get("/2.0/repositories/acme?pagelen=4").json()
    bitbucket.change("delete_repository", workspace="acme", repository=everything[0])
    second = client.get(first["next"]).json()

    seen = [repository["slug"] for repository in (*first["values"], *second["values"])]
    assert everything[4] not in seen
    assert (first["size"], second["size"]) == (7, 6)


def test_activity_has_neither_size_nor_page(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """The feed is read by a cursor, newest first, and news in front shifts nothing."""
    for number in range(12):
        bitbucket.change("comment", workspace="acme", repository="web", pull_request=1, member="ada", text=f"{number}")
    feed = f"{_REPOSITORY}/pullrequests/1/activity?pagelen=5"

    first = client.get(feed).json()
    bitbucket.change("comment", workspace="acme", repository="web", pull_request=1, member="ada", text="late")
    second = client.get(first["next"]).json()

    said = [entry["comment"]["content"]["raw"] for entry in (*first["values"], *second["values"])]
    assert said == ["11", "10", "9", "8", "7", "6", "5", "4", "3", "2"]
    assert set(first) == {"values", "pagelen", "next"}
    assert "ctx=" in first["next"]


def test_commits_of_a_pull_request_take_page_tokens_only(client: httpx.Client) -> None:
    """The page is a token; a made-up number is a 400."""
    commits = f"{_REPOSITORY}/pullrequests/1/commits"

    found = pages(client, f"{commits}?pagelen=1")
    refused = client.get(commits, params={"page": 2})

    assert len({page["values"][0]["hash"] for page in found}) == len(found) > 1
    assert "size" not in found[0]
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "Invalid page")


def test_parameter_given_twice_is_refused(client: httpx.Client) -> None:
    """Adding `fields` again to a `next` that has it already is a 400."""
    assert client.get("/2.0/repositories/acme?fields=a&fields=b").status_code == 400


def _walk(style: object, items: list[int], length: int) -> list[int]:
    found: list[int] = []
    query = httpx.QueryParams({"pagelen": length})
    while True:
        call = Call("GET", "http://sandbox", "", "/2.0/things", ("2.0", "things"), query)
        page = style(call, items, Lengths())  # type: ignore[operator]  # one of the three styles
        found += page.items
        if "next" not in page.members:
            return found
        query = httpx.URL(str(page.members["next"])).params


@given(items=st.lists(st.integers(), max_size=40), length=st.integers(1, 9))
def test_following_next_gives_everything_once(items: list[int], length: int) -> None:
    """Whatever the style of paging, the walk gives the list."""
    for style in (numbered, cursor, tokens):
        assert _walk(style, items, length) == items


@pytest.mark.parametrize("page", ["!!!", "eDE", "Y3g", "YzEwMDA"])
def test_made_up_token_is_refused(client: httpx.Client, page: str) -> None:
    """Neither nonsense, nor another listing's token, nor one beyond the end."""
    assert client.get(f"{_REPOSITORY}/pullrequests/1/commits", params={"page": page}).status_code == 400
