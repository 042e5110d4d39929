"""Made-up worlds: sizes, seeds, and the odd objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from bitbucket_rig import NOW, values
from hypothesis import given
from hypothesis import strategies as st

from bbsync.sandbox.bitbucket import Bitbucket, Sizes, World, make_world
from bbsync.sandbox.bitbucket.awkward import ODDITIES
from bbsync.sandbox.bitbucket.awkward_pull_requests import ODDITIES as ODD_PULL_REQUESTS
from bbsync.sandbox.bitbucket.world import PullRequest

Connect = Callable[..., tuple[Bitbucket, httpx.Client]]

PEOPLE = "fields=%2Bvalues.reviewers,%2Bvalues.participants"


def _pull_requests(world: World, workspace: str = "acme") -> list[PullRequest]:
    homes = world.workspace(workspace).repositories.values()
    return [found for home in homes for found in home.pull_requests.values()]


@given(
    seed=st.integers(0, 5),
    repositories=st.integers(0, 30),
    members=st.integers(0, 9),
    projects=st.integers(0, 9),
    groups=st.integers(0, 9),
)
def test_worlds_have_the_sizes_asked_for(
    seed: int, repositories: int, members: int, projects: int, groups: int
) -> None:
    """Whatever the sizes, they are met, and everything has an address of its own."""
    sizes = Sizes(repositories=repositories, members=members, projects=projects, groups=groups, pull_requests=0)

    place = make_world(seed, sizes, NOW).workspace("acme")

    assert (len(place.repositories), len(place.slugs)) == (repositories, repositories)
    assert len({member.account.uuid for member in place.members}) == members
    assert (len(place.projects), len(place.groups)) == (projects, groups)


@given(seed=st.integers(0, 20), fresh=st.integers(0, 30), old=st.integers(0, 30), members=st.integers(1, 6))
def test_fresh_pull_requests_are_those_of_the_last_day(seed: int, fresh: int, old: int, members: int) -> None:
    """As many as asked for were updated within 24 hours, as many before; none in the future."""
    sizes = Sizes(repositories=4, members=members, pull_requests=fresh, old_pull_requests=old)

    found = _pull_requests(make_world(seed, sizes, NOW))

    assert sum(one.updated_on >= NOW - timedelta(hours=24) for one in found) == fresh
    assert len(found) == fresh + old
    assert all(one.created_on < one.updated_on < NOW for one in found)
    assert all(one.happenings[-1].at == one.updated_on for one in found)


def test_pull_requests_are_of_every_sort() -> None:
    """Some are approved, merged, declined, superseded, drafts; some have reviewers and some none."""
    found = _pull_requests(make_world(1, Sizes(pull_requests=200), NOW))

    assert {one.state for one in found} == {"OPEN", "MERGED", "DECLINED", "SUPERSEDED"}
    assert {part.state for one in found for part in one.participants} == {None, "approved", "changes_requested"}
    assert {len(one.reviewers) for one in found} == {0, 1, 2, 3}
    assert any(one.draft for one in found)


def _answers(seed: int, connect: Connect) -> list[Any]:
    _, client = connect(world=make_world(seed, Sizes(awkward=True, old_pull_requests=5), NOW))
    slugs = [one["slug"] for one in values(client, "/2.0/repositories/acme")]
    found = [client.get("/1.0/groups/acme").json(), values(client, "/2.0/workspaces/acme/permissions")]
    return found + [values(client, f"/2.0/repositories/acme/{slug}/pullrequests?q=id>0&{PEOPLE}") for slug in slugs]


def test_same_seed_makes_the_same_world(connect: Connect) -> None:
    """Not one byte of what is answered depends on anything but seed, sizes and time."""
    assert _answers(3, connect) == _answers(3, connect)
    assert _answers(3, connect) != _answers(4, connect)


def test_workspaces_share_a_person_and_the_slugs_of_groups() -> None:
    """One account is in both; groups of one slug are two."""
    world = make_world(1, Sizes(workspaces=("acme", "umbrella")), NOW)
    acme, umbrella = world.workspace("acme"), world.workspace("umbrella")

    shared = {one.account for one in acme.members} & {one.account for one in umbrella.members}

    assert len(shared) == 1
    assert set(acme.groups) == set(umbrella.groups)
    assert acme.groups["developers"] is not umbrella.groups["developers"]
    assert set(acme.repositories).isdisjoint(umbrella.repositories)


@pytest.fixture
def odd(connect: Connect) -> httpx.Client:
    _, client = connect(world=make_world(1, Sizes(awkward=True, workspaces=("acme", "umbrella")), NOW))
    return client


def _odd_one(client: httpx.Client, title: str) -> dict[str, Any]:
    path = f"/2.0/repositories/acme/odd-ones/pullrequests?pagelen=50&q=id>0&{PEOPLE}"
    return next(one for one in values(client, path) if one["title"] == title)


def _of_odd_one(client: httpx.Client, title: str, rest: str) -> list[Any]:
    number = _odd_one(client, title)["id"]
    return values(client, f"/2.0/repositories/acme/odd-ones/pullrequests/{number}/{rest}?pagelen=50")


def test_every_oddity_has_a_name_of_its_own() -> None:
    """Each is one function, and none is listed twice."""
    every = [*ODDITIES, *ODD_PULL_REQUESTS]

    assert len({oddity.__name__ for oddity in every}) == len(every)


def test_everything_odd_can_be_read(odd: httpx.Client) -> None:
    """One list of commits is gone with its fork; nothing else fails."""
    refused = []
    for slug in (one["slug"] for one in values(odd, "/2.0/repositories/acme")):
        home = f"/2.0/repositories/acme/{slug}"
        for rest in ("permissions-config/users", "permissions-config/groups", "branch-restrictions"):
            values(odd, f"{home}/{rest}")
        for found in values(odd, f"{home}/pullrequests?pagelen=50&q=id>0"):
            values(odd, f"{home}/pullrequests/{found['id']}/activity?pagelen=50")
            commits = odd.get(f"{home}/pullrequests/{found['id']}/commits?pagelen=100")
            refused += [found["title"]] * commits.is_error

    assert refused == ["From a fork that was deleted"]


def test_odd_documents_lack_what_they_lack(odd: httpx.Client) -> None:
    """Null, absent, or nothing but a display name."""
    assert _odd_one(odd, "Without a description")["description"] is None
    assert _odd_one(odd, "Without an author")["author"] is None
    assert "updated_on" not in _odd_one(odd, "Without a time of update")
    assert _odd_one(odd, "Without a source commit")["source"]["commit"] is None
    assert _odd_one(odd, "From a fork that was deleted")["source"]["repository"] is None
    closed = _odd_one(odd, "Of closed accounts")
    assert [closed["author"], closed["reviewers"][0], closed["participants"][1]["user"]] == [
        {"display_name": "Former user", "type": "user"}
    ] * 3


def test_odd_authors_are_teams_and_apps(odd: httpx.Client) -> None:
    """Neither is a user."""
    assert _odd_one(odd, "Of a team")["author"]["type"] == "team"
    assert _odd_one(odd, "Of an app")["author"]["nickname"] is None


def test_odd_activity(odd: httpx.Client) -> None:
    """Approved twice with a push between; nothing but a merge; approved after the merge."""

    def kinds(title: str) -> list[str]:
        return [next(kind for kind in entry if kind != "pull_request") for entry in _of_odd_one(odd, title, "activity")]

    assert kinds("Approved, pushed to, approved again") == ["approval", "update", "approval", "update"]
    assert kinds("Merged, and nothing else") == ["update"]
    assert kinds("Merged, then approved") == ["approval", "update", "update"]
    assert len(kinds("With 300 comments")) == 302


def test_odd_commits(odd: httpx.Client) -> None:
    """None at all, 250, some that a force push replaced, some in a fork named like a neighbour."""
    fork = _odd_one(odd, "From a fork")["source"]["repository"]
    after = _of_odd_one(odd, "Approved, then pushed by force", "commits")

    assert _of_odd_one(odd, "Without commits", "commits") == []
    assert len(_of_odd_one(odd, "With 250 commits", "commits")) == 250
    assert [commit["message"] for commit in after] == ["Rewritten 2", "Rewritten 1"]
    assert fork["full_name"] == "forker/web"
    assert _of_odd_one(odd, "From a fork", "commits")[0]["repository"] == fork
    assert odd.get("/2.0/repositories/forker/web").status_code == 404


def test_odd_people_groups_and_permissions(odd: httpx.Client) -> None:
    """Members without uuid, groups of nobody and of strangers, permissions of those who are not there."""
    members = [row["user"] for row in values(odd, "/2.0/workspaces/acme/members")]
    groups = {group["slug"]: group["members"] for group in odd.get("/1.0/groups/acme").json()}
    granted = values(odd, "/2.0/repositories/acme/odd-ones/permissions-config/groups")

    assert {"display_name": "Former user", "type": "user"} in members
    assert groups["nobody"] == []
    assert any("uuid" not in member for member in groups["strangers"])
    assert "ghosts" in [row["group"]["slug"] for row in granted]
    assert "ghosts" not in groups


def test_odd_repositories_and_restrictions(odd: httpx.Client) -> None:
    """Names that are not slugs, no project, a hidden project, no branch; rules without people and of new kinds."""
    every = {one["slug"]: one for one in values(odd, "/2.0/repositories/acme")}
    keys = {one["key"] for one in values(odd, "/2.0/workspaces/acme/projects")}
    rules = {one["kind"]: one for one in values(odd, "/2.0/repositories/acme/odd-ones/branch-restrictions")}

    assert odd.get(f"/2.0/repositories/acme/{every['odd-ones']['name']}").status_code == 404
    assert every["homeless"]["project"] is None
    assert "project" not in every["homeless-too"]
    assert every["of-hidden-project"]["project"]["key"] not in keys
    assert every["empty"]["mainbranch"] is None
    assert not {"users", "groups"} & set(rules["require_tasks_to_be_completed"])
    assert "require_full_moon_to_merge" in rules


def test_deleted_fork_takes_commits_of_open_pull_requests_only(connect: Connect) -> None:
    """What was merged from it stays readable."""
    world = make_world(1, Sizes(repositories=2, pull_requests=0), NOW)
    bitbucket, client = connect(world=world)
    place = world.workspace("acme")
    web, fork = place.repository("web"), place.repository("api")
    fork.parent = web
    numbers = []
    for title in ("merged", "open"):
        opened = bitbucket.change("open_pull_request", workspace="acme", repository="web", author="ada", title=title)
        opened.source.repository = fork
        numbers.append(opened.id)
    bitbucket.change("merge", workspace="acme", repository="web", pull_request=numbers[0], member="ada")

    bitbucket.change("delete_repository", workspace="acme", repository="api")

    path = "/2.0/repositories/acme/web/pullrequests"
    assert [client.get(f"{path}/{number}/commits").status_code for number in numbers] == [200, 404]
    assert client.get(f"{path}/{numbers[0]}").json()["source"]["repository"] is None
    assert web.parent is None
