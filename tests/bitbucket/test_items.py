"""JSON becomes items strictly: what is not as documented is not guessed at."""

from __future__ import annotations

from typing import Any

import pytest

from bbsync.bitbucket.answers import Unreadable
from bbsync.bitbucket.items import structure
from bbsync.kinds.branch_restriction import BranchRestriction
from bbsync.kinds.group import Group, GroupAccount
from bbsync.kinds.permission import Permission
from bbsync.kinds.pull_request import Activity, ListedCommit, PullRequest
from bbsync.kinds.repository import Repository

REPOSITORY: dict[str, Any] = {
    "uuid": "{r}",
    "slug": "web",
    "name": "Web",
    "full_name": "acme/web",
    "is_private": True,
}
GROUP: dict[str, Any] = {"slug": "admins", "name": "Admins", "members": [{"uuid": "{a}"}]}


def test_fields_that_nobody_uses_are_ignored() -> None:
    """Bitbucket adds fields without notice."""
    found = structure({**REPOSITORY, "scm": "git", "override_settings": {}}, Repository)

    assert found == Repository("{r}", "web", "Web", "acme/web", is_private=True)


def test_optional_fields_may_be_missing_or_null() -> None:
    """Both mean: nothing."""
    assert structure({**REPOSITORY, "project": None}, Repository) == structure(REPOSITORY, Repository)


def test_nested_items_are_structured() -> None:
    """Lists become tuples of values."""
    assert structure(GROUP, Group).members == (GroupAccount("{a}"),)


@pytest.mark.parametrize(
    ("raw", "item", "where"),
    [
        ({**REPOSITORY, "uuid": None}, Repository, "$.uuid"),
        ({**REPOSITORY, "uuid": 7}, Repository, "$.uuid"),
        ({**REPOSITORY, "is_private": "no"}, Repository, "$.is_private"),
        ({**REPOSITORY, "is_private": 1}, Repository, "$.is_private"),
        ({**REPOSITORY, "size": True}, Repository, "$.size"),
        ({**REPOSITORY, "project": "WEB"}, Repository, "$.project"),
        ({**REPOSITORY, "project": {"uuid": 1}}, Repository, "$.project.uuid"),
        ({name: value for name, value in REPOSITORY.items() if name != "slug"}, Repository, "slug"),
        ({**GROUP, "members": None}, Group, "$.members"),
        ({**GROUP, "members": {}}, Group, "$.members"),
        ({**GROUP, "members": ""}, Group, "$.members"),
        ({**GROUP, "members": {"uuid": "{a}"}}, Group, "$.members"),
        ({**GROUP, "members": [None]}, Group, "$.members[0]"),
        ({"id": 1, "kind": "push", "users": {}}, BranchRestriction, "$.users"),
        ({**GROUP, "slug": ""}, Group, "$"),
        ({"permission": "admin", "group": {"slug": ""}}, Permission, "$.group"),
        ({"permission": "admin"}, Permission, "$"),
        ({"permission": "admin", "user": None}, Permission, "$"),
        ({"approval": None}, Activity, "$.approval"),
        ({"update": {"date": "2026-03-14", "source": {"commit": {"hash": ""}}}}, Activity, "$.update.source.commit"),
        ({"hash": ""}, ListedCommit, "$"),
        ({"update": None}, Activity, "$.update"),
        ("a string", Repository, ""),
        (None, Repository, ""),
        ([], PullRequest, ""),
    ],
)
def test_what_is_not_as_documented_is_unreadable(raw: object, item: type, where: str) -> None:
    """An object where a list should be is no empty list, and "no" is not True; the reason says where."""
    with pytest.raises(Unreadable) as caught:
        structure(raw, item)

    assert caught.value.code == "BB-FETCH-SCHEMA"
    assert where in caught.value.detail


def test_the_reason_repeats_nothing_of_the_item() -> None:
    """Remote text is not ours to print."""
    with pytest.raises(Unreadable) as caught:
        structure({**REPOSITORY, "size": "\x1b[31mhostile"}, Repository)

    assert "hostile" not in caught.value.detail
