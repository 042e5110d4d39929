"""Scopes that are needed and scopes that are there."""

from __future__ import annotations

import pytest

from bbsync.bitbucket.scopes import ADMIN, check_scopes, effective
from bbsync.errors import ConsumerError

ENOUGH = frozenset({"account", "project", "pullrequest"})


@pytest.mark.parametrize(
    ("scope", "implied"),
    [
        ("project", {"project", "repository"}),
        ("pullrequest", {"pullrequest", "repository"}),
        ("pullrequest:write", {"pullrequest:write", "pullrequest", "repository:write", "repository"}),
        ("repository:write", {"repository:write", "repository"}),
        ("repository:admin", {"repository:admin"}),
        ("project:admin", {"project:admin"}),
        ("webhook", {"webhook"}),
    ],
)
def test_some_scopes_bring_others_and_admin_brings_none(scope: str, implied: set[str]) -> None:
    """As Bitbucket documents them."""
    assert effective([scope]) == implied


def test_enough_scopes_without_admin_are_granted() -> None:
    """Admin is optional: it is a known gap, and the consumers without it are named."""
    granted = check_scopes({"one": ENOUGH}, pull_requests=True)

    assert not granted.admin
    assert granted.without_admin == ("one",)


def test_what_is_granted_is_what_all_have() -> None:
    """Any of the consumers may have to ask, so one without admin means none."""
    granted = check_scopes({"one": ENOUGH | {ADMIN}, "two": ENOUGH}, pull_requests=True)

    assert granted.scopes == ENOUGH | {"repository"}
    assert granted.without_admin == ("two",)


def test_admin_of_all_is_admin() -> None:
    """Permissions and branch restrictions can be read."""
    granted = check_scopes({"one": ENOUGH | {ADMIN}, "two": ENOUGH | {ADMIN}}, pull_requests=True)

    assert granted.admin
    assert granted.without_admin == ()


def test_every_missing_scope_of_every_consumer_is_named() -> None:
    """Which, by the words of Bitbucket's own page, and where to tick it."""
    with pytest.raises(ConsumerError) as caught:
        check_scopes({"one": frozenset({ADMIN}), "two": ENOUGH - {"account"}, "three": ENOUGH}, pull_requests=False)

    assert str(caught.value) == (
        "one lacks account (Account: Read), project (Projects: Read), repository (Repositories: Read);"
        " two lacks account (Account: Read) (BB-SCOPE)."
        " Tick what is missing under Workspace settings > OAuth consumers > Edit > Permissions."
    )


def test_pull_requests_need_their_scope_only_when_they_are_read() -> None:
    """The sentence names the switch that makes the scope unnecessary."""
    scopes = {"one": ENOUGH - {"pullrequest"}}

    check_scopes(scopes, pull_requests=False)

    with pytest.raises(ConsumerError, match=r"pullrequest \(Pull requests: Read\).*or set ingest = false"):
        check_scopes(scopes, pull_requests=True)
