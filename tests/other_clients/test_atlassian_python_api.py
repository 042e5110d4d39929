"""A published client of Bitbucket Cloud, unchanged, at the stand-in: it pages through all there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.sandbox.bitbucket.routes import TOKEN_PATH
from bbsync.sandbox.bitbucket.world import Group, Repository, Workspace
from bbsync.sandbox.server import serve

# The extra "test" brings it; without it there is nothing to try the stand-in with.
atlassian = pytest.importorskip("atlassian.bitbucket", reason="atlassian-python-api is not installed")
requests = pytest.importorskip("requests", reason="atlassian-python-api is not installed")

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
SIZES = Sizes(repositories=12, members=12, projects=3, groups=2, pull_requests=30, old_pull_requests=20)
STRONG = Consumer("strong-consumer", "strong-secret")
WEAK = Consumer("weak-consumer", "weak-secret", administrator=False)


@pytest.fixture(name="bitbucket", scope="module")
def _bitbucket() -> Bitbucket:
    """A Bitbucket with more of everything than fits on a page of ten."""
    world = make_world(3, SIZES, NOW, lambda: NOW)
    return Bitbucket(world, consumers=(STRONG, WEAK), calls_per_hour=10_000, clock=NOW.timestamp)


@pytest.fixture(name="origin", scope="module")
def _origin(bitbucket: Bitbucket) -> Iterator[str]:
    """Where it is served."""
    with serve(bitbucket.app) as origin:
        yield origin


def signed_in(origin: str, consumer: Consumer) -> Any:
    """The client, with a token of that consumer."""
    form = {"grant_type": "client_credentials"}
    answer = httpx.post(f"{origin}{TOKEN_PATH}", auth=(consumer.key, consumer.secret), data=form)
    return atlassian.Cloud(url=origin, token=answer.json()["access_token"])


@pytest.fixture(name="cloud")
def _cloud(origin: str) -> Iterator[Any]:
    """The client of an administrator."""
    cloud = signed_in(origin, STRONG)
    yield cloud
    cloud.close()


@pytest.fixture(name="place")
def _place(bitbucket: Bitbucket) -> Workspace:
    """The workspace as it was made up."""
    return bitbucket.world.workspaces[0]


@pytest.fixture(name="busiest")
def _busiest(place: Workspace) -> Repository:
    """The repository with most pull requests."""
    return max(place.repositories.values(), key=lambda repository: len(repository.pull_requests))


def test_it_finds_the_workspaces_of_its_token(cloud: Any, place: Workspace) -> None:
    """The list that took the place of the removed one, and each workspace by itself."""
    found = list(cloud.workspaces.each())

    assert [(one.slug, one.uuid, one.name) for one in found] == [(place.slug, place.uuid, place.name)]
    assert (cloud.workspaces.exists(place.slug), cloud.workspaces.exists("nobody")) == (True, False)


def test_it_pages_through_members_and_their_roles(cloud: Any, place: Workspace) -> None:
    """By following links, and by counting pages itself until one is empty."""
    home = cloud.workspaces.get(place.slug)

    members = [member.user["uuid"] for member in home.members.each()]
    roles = {one.user["uuid"]: one.permission for one in home.permissions.each(pagelen=5)}

    assert members == [member.account.uuid for member in place.members]
    assert roles == {member.account.uuid: member.permission for member in place.members}


def test_it_pages_through_effective_permissions(cloud: Any, place: Workspace) -> None:
    """Each account is named once for each repository, with the highest of what it was given."""
    found = [
        (one.repository["uuid"], one.user["uuid"], one.permission)
        for one in cloud.workspaces.get(place.slug).permissions.repositories()
    ]
    given = {
        (repository.uuid, account.uuid, grant.permission)
        for repository in place.repositories.values()
        for grant in repository.grants
        for account in (grant.holder.members if isinstance(grant.holder, Group) else [grant.holder])
    }

    assert len(found) > 10
    assert len({(repository, account) for repository, account, _ in found}) == len(found)
    assert {(repository, account) for repository, account, _ in given} == {one[:2] for one in found}
    assert set(found) <= given


def test_it_pages_through_projects_and_repositories(cloud: Any, place: Workspace) -> None:
    """Of the workspace, and of each of its projects by a filter in a link that is not escaped."""
    home = cloud.workspaces.get(place.slug)

    repositories = {one.uuid: one.name for one in home.repositories.each()}
    by_project = {one.key: {inner.uuid for inner in one.repositories.each()} for one in home.projects.each()}

    assert repositories == {one.uuid: one.name for one in place.repositories.values()}
    assert by_project == {
        key: {one.uuid for one in place.repositories.values() if one.project is project}
        for key, project in place.projects.items()
    }


def test_it_pages_through_pull_requests(cloud: Any, place: Workspace, busiest: Repository) -> None:
    """In every state, with a query; each is then read by itself, with reviewers and times that it can parse."""
    home = cloud.repositories.get(place.slug, busiest.slug)

    found = {one.id: one for one in home.pullrequests.each(q='state != "NONE"')}
    some = next(iter(busiest.pull_requests.values()))

    assert found.keys() == busiest.pull_requests.keys()
    assert found[some.id].created_on == some.created_on
    assert found[some.id].is_merged == (some.state == "MERGED")
    assert [one.uuid for one in found[some.id].reviewers()] == [one.uuid for one in some.reviewers]
    assert [one.hash for one in found[some.id].commits] == [one.hash for one in some.commits]


def test_it_reads_permissions_and_restrictions(cloud: Any, place: Workspace, busiest: Repository) -> None:
    """The groups of a repository, and its branch restrictions in the list and one by one."""
    home = cloud.repositories.get(place.slug, busiest.slug)

    groups = {one.group["slug"]: one.permission for one in home.group_permissions.each()}
    listed = {one.id: one.kind for one in home.branch_restrictions.each()}
    alone = {number: home.branch_restrictions.get(number).kind for number in listed}

    assert groups == {
        grant.holder.slug: grant.permission for grant in busiest.grants if isinstance(grant.holder, Group)
    }
    assert listed == alone == {str(number): rule.kind for number, rule in busiest.restrictions.items()}


def test_it_understands_refusals(origin: str, place: Workspace, busiest: Repository) -> None:
    """What is refused is refused in the words of the API's envelope."""
    cloud = signed_in(origin, WEAK)

    with pytest.raises(requests.HTTPError, match="administrator of this repository"):
        list(cloud.repositories.get(place.slug, busiest.slug).group_permissions.each())
    with pytest.raises(requests.HTTPError, match="administrator of this workspace"):
        list(cloud.workspaces.get(place.slug).permissions.repositories())
    with pytest.raises(requests.HTTPError, match="No branch restriction"):
        signed_in(origin, STRONG).repositories.get(place.slug, busiest.slug).branch_restrictions.get(1)
