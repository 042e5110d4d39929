"""Scopes of the Bitbucket stand-in's endpoints."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from bbsync.sandbox.bitbucket import Bitbucket, Consumer

Connect = Callable[..., tuple[Bitbucket, httpx.Client]]

NEEDS = [
    ("/2.0/workspaces/acme/members", "account"),
    ("/2.0/workspaces/acme/permissions", "account"),
    ("/1.0/groups/acme", "account"),
    ("/2.0/workspaces/acme/projects", "project"),
    ("/2.0/repositories/acme", "repository"),
    ("/2.0/repositories/acme/web", "repository"),
    ("/2.0/repositories/acme/web/permissions-config/users", "repository:admin"),
    ("/2.0/repositories/acme/web/permissions-config/groups", "repository:admin"),
    ("/2.0/repositories/acme/web/branch-restrictions", "repository:admin"),
    ("/2.0/repositories/acme/web/pullrequests", "pullrequest"),
]


@pytest.mark.parametrize(("path", "scope"), NEEDS)
def test_lacking_scope_is_refused(connect: Connect, path: str, scope: str) -> None:
    """A missing scope is a 403 whose detail is an object."""
    _, client = connect(consumers=(Consumer("k", "s", scopes=("webhook",)),))

    answer = client.get(path)

    assert answer.status_code == 403
    assert answer.json()["error"]["detail"] == {"granted": ["webhook"], "required": [scope]}


@pytest.mark.parametrize(("path", "scope"), NEEDS)
def test_answers_say_which_scopes_are_granted_and_needed(client: httpx.Client, path: str, scope: str) -> None:
    """One cheap call tells what a token may do."""
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.headers["x-oauth-scopes"] == "account, project, pullrequest, repository:admin"
    assert answer.headers["x-accepted-oauth-scopes"] == scope


@pytest.mark.parametrize("scope", ["project", "pullrequest", "repository:write", "pullrequest:write", "repository"])
def test_some_scopes_imply_reading_repositories(connect: Connect, scope: str) -> None:
    """Projects and pull requests come with reading repositories."""
    _, client = connect(consumers=(Consumer("k", "s", scopes=(scope,)),))

    assert client.get("/2.0/repositories/acme").status_code == 200


def test_repository_admin_implies_nothing(connect: Connect) -> None:
    """Not even reading the repository."""
    _, client = connect(consumers=(Consumer("k", "s", scopes=("repository:admin",)),))

    assert client.get("/2.0/repositories/acme").status_code == 403
    assert client.get("/2.0/repositories/acme/web/branch-restrictions").status_code == 200


def test_workspace_needs_no_scope(connect: Connect) -> None:
    """Any token may read a workspace, and the header about scopes is missing."""
    _, client = connect(consumers=(Consumer("k", "s", scopes=()),))

    answer = client.get("/2.0/workspaces/acme")

    assert answer.status_code == 200
    assert "x-accepted-oauth-scopes" not in answer.headers


@pytest.mark.parametrize("path", ["/1.0/groups/acme", "/2.0/repositories/acme/web/permissions-config/users"])
def test_some_things_are_for_administrators(connect: Connect, path: str) -> None:
    """The scope alone is not enough for groups and permissions."""
    _, client = connect(consumers=(Consumer("k", "s", administrator=False),))

    assert client.get(path).status_code == 403
