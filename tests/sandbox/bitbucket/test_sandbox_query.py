"""The query language of the Bitbucket stand-in."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from attrs import frozen

from bbsync.sandbox.bitbucket.answers import Refusal
from bbsync.sandbox.bitbucket.query import Attribute, read_query, sort_by


@frozen
class Thing:
    name: str | None = "web"
    size: int = 5
    at: datetime = datetime(2026, 3, 14, 12, tzinfo=UTC)
    private: bool = True
    tags: tuple[str, ...] = ("a", "b")


ATTRIBUTES = {
    "name": Attribute(lambda thing: thing.name),
    "size": Attribute(lambda thing: thing.size, "number"),
    "updated_on": Attribute(lambda thing: thing.at, "moment"),
    "is_private": Attribute(lambda thing: thing.private, "boolean"),
    "tags.name": Attribute(lambda thing: thing.tags),
}


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ('name = "web"', True),
        ('name="api"', False),
        ('name != "api"', True),
        ('name ~ "WE"', True),
        ('name !~ "we"', False),
        ("name = null", False),
        ("name != null", True),
        ("size > 4 AND size<=5", True),
        ("size >= 6 OR size = 5.0", True),
        ("is_private = true", True),
        ("is_private = false", False),
        ("updated_on >= 2026-03-14T12:00:00+00:00", True),
        ('updated_on >= "2026-03-14T12:00:00+00:00"', True),
        ("updated_on > 2026-03-14T12:00:00Z", False),
        ("updated_on > 2026-03-14T12:00:00.000000", False),
        ("updated_on > 2026-03-14", True),
        ("updated_on <= 2026-03-14T13:00:00+01:00", True),
        ('name IN ("api", "web")', True),
        ('name NOT IN ("api", "web")', False),
        ('tags.name = "b"', True),
        ('tags.name != "b"', False),
        ('tags.name = "c"', False),
        ('(name = "api" OR name = "web") AND size = 5', True),
        ('name = "api" OR name = "web" AND size = 6', False),
        ('name = "web" and (size = 6 or is_private = true)', True),
    ],
)
def test_query_decides(query: str, fits: bool) -> None:
    """AND binds closer than OR; moments need no quotes, and no zone means UTC."""
    assert read_query(query, ATTRIBUTES)(Thing()) is fits


def test_strings_may_hold_quotes_and_backslashes() -> None:
    """Both are escaped by a backslash."""
    predicate = read_query(r'name = "a \"b\" c\\d"', ATTRIBUTES)

    assert predicate(Thing(name='a "b" c\\d'))


def test_null_is_found_by_null_only() -> None:
    """An attribute that has no value is not less, not more, not like anything."""
    nameless = Thing(name=None)

    assert read_query("name = null", ATTRIBUTES)(nameless)
    assert not read_query('name > "a"', ATTRIBUTES)(nameless)


@pytest.mark.parametrize(
    "query",
    [
        'participants.uuid = "x"',
        "name = ",
        'name = "web" AND',
        '(name = "web"',
        "name = web",
        "size > soon",
        'updated_on > "yesterday"',
        "updated_on > 2026-03-14T12:00:00 00:00",
        "updated_on > 2026-99-14",
    ],
)
def test_what_cannot_be_asked_is_refused(query: str) -> None:
    """An unknown attribute, a wrong value, or no query at all is a 400."""
    with pytest.raises(Refusal) as refused:
        read_query(query, ATTRIBUTES)

    assert refused.value.response.status_code == 400


def test_sort_goes_both_ways_and_knows_its_attributes() -> None:
    """A minus turns the order round; an unknown attribute is a 400."""
    things = [Thing(size=2), Thing(size=3), Thing(size=1)]

    assert [thing.size for thing in sort_by(things, "size", ATTRIBUTES)] == [1, 2, 3]
    assert [thing.size for thing in sort_by(things, "-size", ATTRIBUTES)] == [3, 2, 1]
    with pytest.raises(Refusal):
        sort_by(things, "color", ATTRIBUTES)


def test_filters_are_honoured_by_the_server(client: httpx.Client) -> None:
    """A date in the future finds nothing, where `q` is known."""
    for path in ("repositories/acme", "workspaces/acme/projects", "repositories/acme/web/pullrequests"):
        assert client.get(f"/2.0/{path}", params={"q": "updated_on > 2099-01-01"}).json()["size"] == 0


def test_some_lists_ignore_filters(client: httpx.Client) -> None:
    """Activity accepts `q` and does not look at it; so do explicit permissions."""
    for path in ("permissions-config/users", "pullrequests/1/activity"):
        assert client.get(f"/2.0/repositories/acme/web/{path}", params={"q": "nonsense"}).json()["values"]
