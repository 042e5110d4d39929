"""Changes of a made-up world while it is served."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from bitbucket_rig import NOW, values

from bbsync.sandbox.bitbucket import Bitbucket, Sizes, World, make_world
from bbsync.sandbox.bitbucket.changes import CHANGES

Connect = Callable[..., tuple[Bitbucket, httpx.Client]]

WEB = {"workspace": "acme", "repository": "web"}
ONE = {**WEB, "pull_request": 1}


def _one(client: httpx.Client) -> dict[str, Any]:
    return client.get("/2.0/repositories/acme/web/pullrequests/1").json()


def _activity(client: httpx.Client) -> list[Any]:
    return values(client, "/2.0/repositories/acme/web/pullrequests/1/activity")


def _slugs(client: httpx.Client, workspace: str = "acme") -> list[str]:
    return [repository["slug"] for repository in values(client, f"/2.0/repositories/{workspace}")]


def _judge(world: World) -> str:
    """A member who has had no part in the first pull request yet."""
    asked = world.workspace("acme").repository("web").pull_request(1)
    busy = {part.account for part in asked.participants} | {asked.author}
    return next(str(one.account.nickname) for one in world.workspace("acme").members if one.account not in busy)


def test_old_slug_leads_to_a_renamed_repository(bitbucket: Bitbucket, client: httpx.Client, world: World) -> None:
    """301 to the new place, rest and query kept; the uuid is the same, and by uuid nothing moved."""
    uuid = world.workspace("acme").repository("web").uuid

    bitbucket.change("rename_repository", **WEB, to="The Portal")
    moved = client.get("/2.0/repositories/acme/web/pullrequests?pagelen=5")
    followed = client.get("/2.0/repositories/acme/web", follow_redirects=True).json()

    assert moved.status_code == 301
    assert (
        moved.headers["location"] == "https://api.bitbucket.org/2.0/repositories/acme/the-portal/pullrequests?pagelen=5"
    )
    assert (followed["uuid"], followed["full_name"], followed["name"]) == (uuid, "acme/the-portal", "The Portal")
    assert client.get(f"/2.0/repositories/acme/{uuid}").status_code == 200


def test_redirect_ends_when_the_slug_is_taken_again(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """A new repository under the old slug is another one."""
    bitbucket.change("rename_repository", **WEB, to="portal")
    made = bitbucket.change("add_repository", workspace="acme", name="Web")

    assert client.get("/2.0/repositories/acme/web").json()["uuid"] == made.uuid


def test_deleted_repository_is_not_found(bitbucket: Bitbucket, client: httpx.Client, world: World) -> None:
    """Neither by slug nor by uuid nor by an older slug, and the list is without it."""
    uuid = world.workspace("acme").repository("web").uuid
    bitbucket.change("rename_repository", **WEB, to="portal")

    bitbucket.change("delete_repository", workspace="acme", repository="portal")

    answers = [client.get(f"/2.0/repositories/acme/{address}").status_code for address in ("web", "portal", uuid)]
    assert answers == [404, 404, 404]
    assert "portal" not in _slugs(client)


def test_transferred_repository_is_in_the_other_workspace(connect: Connect) -> None:
    """The old address leads there, by slug and by uuid."""
    world = make_world(2, Sizes(repositories=3, workspaces=("acme", "umbrella")), NOW)
    bitbucket, client = connect(world=world)
    repository = bitbucket.change("add_repository", workspace="acme", name="wanderer")

    bitbucket.change("transfer_repository", workspace="acme", repository="wanderer", to="umbrella")

    assert "wanderer" not in _slugs(client)
    assert "wanderer" in _slugs(client, "umbrella")
    for address in ("wanderer", repository.uuid):
        moved = client.get(f"/2.0/repositories/acme/{address}")
        assert (moved.status_code, moved.headers["location"]) == (
            301,
            "https://api.bitbucket.org/2.0/repositories/umbrella/wanderer",
        )


def test_slug_that_is_taken_is_refused(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """Nothing changes when a rename cannot be."""
    before = _slugs(client)

    with pytest.raises(ValueError, match="already has"):
        bitbucket.change("rename_repository", **WEB, to="api")

    assert _slugs(client) == before


@pytest.mark.parametrize(
    ("change", "arguments"),
    [
        ("push", {}),
        ("comment", {"member": "ada"}),
        ("approve", {"member": "ada"}),
        ("request_changes", {"member": "ada"}),
        ("add_reviewer", {"member": "ada"}),
        ("edit_pull_request", {"title": "Better words"}),
        ("decline", {"member": "ada"}),
        ("merge", {"member": "ada"}),
    ],
)
def test_whatever_happens_to_a_pull_request_moves_it(
    bitbucket: Bitbucket, client: httpx.Client, change: str, arguments: dict[str, str]
) -> None:
    """`updated_on` moves, and the newest entry of the activity is of that moment."""
    before = _one(client)["updated_on"]

    bitbucket.change(change, **ONE, **arguments)

    after = _one(client)["updated_on"]
    assert after > before
    assert after in str(_activity(client)[0])


@pytest.mark.parametrize(
    ("change", "arguments", "moves"),
    [
        ("comment", {"member": "ada"}, False),
        ("approve", {"member": "ada"}, False),
        ("push", {}, True),
        ("merge", {"member": "ada"}, True),
    ],
)
def test_repository_moves_by_pushes_only(
    bitbucket: Bitbucket, client: httpx.Client, change: str, arguments: dict[str, str], moves: bool
) -> None:
    """Talking about a pull request leaves the repository's `updated_on` alone."""
    before = client.get("/2.0/repositories/acme/web").json()["updated_on"]

    bitbucket.change(change, **ONE, **arguments)

    assert (client.get("/2.0/repositories/acme/web").json()["updated_on"] > before) is moves


def test_withdrawn_approval_leaves_no_trace(bitbucket: Bitbucket, client: httpx.Client, world: World) -> None:
    """The participant stays, the approval goes, and the pull request moves."""
    judge = _judge(world)
    bitbucket.change("approve", **ONE, member=judge)
    approved = _one(client)

    bitbucket.change("withdraw_approval", **ONE, member=judge)

    part = next(part for part in _one(client)["participants"] if part["user"]["nickname"] == judge)
    assert (part["approved"], part["state"]) == (False, None)
    assert not any(entry.get("approval", {}).get("user", {}).get("nickname") == judge for entry in _activity(client))
    assert _one(client)["updated_on"] > approved["updated_on"]


def test_activity_tells_what_an_approval_was_given_for(
    bitbucket: Bitbucket, client: httpx.Client, world: World
) -> None:
    """An update says where the source stood; a push after an approval makes another update."""
    judge = _judge(world)
    before = _one(client)["source"]["commit"]["hash"]

    bitbucket.change("approve", **ONE, member=judge)
    bitbucket.change("push", **ONE)
    push, approval, update = _activity(client)[:3]

    assert "approval" in approval
    assert push["update"]["source"]["commit"]["hash"] == _one(client)["source"]["commit"]["hash"] != before
    assert update["update"]["source"]["commit"]["hash"] == before


def test_force_push_replaces_the_commits(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """None of those before is there after."""
    path = "/2.0/repositories/acme/web/pullrequests/1/commits"
    before = {commit["hash"] for commit in values(client, path)}

    bitbucket.change("force_push", **ONE)

    assert before.isdisjoint(commit["hash"] for commit in values(client, path))


def test_merge_ends_it(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """State, who closed it and the merge commit are there; the default list is without it."""
    opened = bitbucket.change("open_pull_request", **WEB, author="ada", title="Quick one")

    bitbucket.change("merge", **WEB, pull_request=opened.id, member="ada")

    merged = client.get(f"/2.0/repositories/acme/web/pullrequests/{opened.id}").json()
    assert (merged["state"], merged["closed_by"]["nickname"], len(merged["merge_commit"]["hash"])) == (
        "MERGED",
        "ada",
        12,
    )
    assert opened.id not in [one["id"] for one in values(client, "/2.0/repositories/acme/web/pullrequests")]


def test_reviewer_comes_and_goes(bitbucket: Bitbucket, client: httpx.Client, world: World) -> None:
    """Both lists of people follow."""
    judge = _judge(world)

    bitbucket.change("add_reviewer", **ONE, member=judge)
    with_them = _one(client)
    bitbucket.change("remove_reviewer", **ONE, member=judge)
    without = _one(client)

    assert judge in [reviewer["nickname"] for reviewer in with_them["reviewers"]]
    assert judge not in [reviewer["nickname"] for reviewer in without["reviewers"]]
    assert judge not in [part["user"]["nickname"] for part in without["participants"]]


def test_removed_member_leaves_groups_and_permissions(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """What they did stays; what they were allowed goes."""
    bitbucket.change("add_group_member", workspace="acme", group="developers", member="chioma2")
    bitbucket.change("grant_permission", **WEB, permission="admin", user="chioma2")

    bitbucket.change("remove_member", workspace="acme", member="chioma2")

    everything = [
        values(client, "/2.0/workspaces/acme/members"),
        client.get("/1.0/groups/acme").json(),
        *(values(client, f"/2.0/repositories/acme/{slug}/permissions-config/users") for slug in _slugs(client)),
    ]
    assert "chioma2" not in str(everything)


def test_permission_is_given_changed_and_taken(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """A second grant takes the place of the first."""
    path = "/2.0/repositories/acme/web/permissions-config/groups"

    levels = []
    for change in ({"permission": "read"}, {"permission": "admin"}):
        bitbucket.change("grant_permission", **WEB, **change, group="developers")
        levels.append({row["group"]["slug"]: row["permission"] for row in values(client, path)}["developers"])
    bitbucket.change("revoke_permission", **WEB, group="developers")

    assert levels == ["read", "admin"]
    assert "developers" not in [row["group"]["slug"] for row in values(client, path)]


def test_removed_group_is_nowhere(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """Neither in the list nor in permissions nor in restrictions."""
    bitbucket.change("remove_group", workspace="acme", group="developers")

    everything = [client.get("/1.0/groups/acme").json()]
    for rest in ("permissions-config/groups", "branch-restrictions"):
        everything += [values(client, f"/2.0/repositories/acme/{slug}/{rest}") for slug in _slugs(client)]
    assert "developers" not in str(everything)


def test_repositories_of_a_removed_project_find_another(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """The project is gone from its list, and no repository names it."""
    bitbucket.change("remove_project", workspace="acme", project="WEB")

    assert client.get("/2.0/workspaces/acme/projects/WEB").status_code == 404
    assert "WEB" not in {one["project"]["key"] for one in values(client, "/2.0/repositories/acme")}


def test_small_changes_show(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """Names, roles, visibility and rules are as they were set."""
    rule = bitbucket.change("add_restriction", **WEB, kind="force", pattern="dev")
    bitbucket.change("make_public", **WEB)
    bitbucket.change("describe_repository", **WEB, description="New words")
    bitbucket.change("add_project", workspace="acme", key="NEW")
    bitbucket.change("move_repository", **WEB, project="NEW")
    bitbucket.change("rename_project", workspace="acme", project="NEW", to="Brand new")
    bitbucket.change("rename_workspace", workspace="acme", to="ACME Corp")
    bitbucket.change("add_member", workspace="acme", nickname="zoe")
    bitbucket.change("set_role", workspace="acme", member="zoe", permission="owner")
    bitbucket.change("rename_member", workspace="acme", member="zoe", to="Zoe Z")
    bitbucket.change("add_group", workspace="acme", slug="new-group")

    web = client.get("/2.0/repositories/acme/web").json()
    newest = values(client, "/2.0/workspaces/acme/permissions")[-1]
    rules = values(client, "/2.0/repositories/acme/web/branch-restrictions?kind=force")
    assert (web["is_private"], web["description"], web["project"]["name"]) == (False, "New words", "Brand new")
    assert web["workspace"]["name"] == "ACME Corp"
    assert (newest["user"]["display_name"], newest["permission"]) == ("Zoe Z", "owner")
    assert [one["id"] for one in rules] == [rule.id]
    assert client.get("/1.0/groups/acme").json()[-1]["slug"] == "new-group"


def test_small_changes_can_be_taken_back(bitbucket: Bitbucket, client: httpx.Client, world: World) -> None:
    """Rules, group members and visibility go as they came."""
    rule = bitbucket.change("add_restriction", **WEB, kind="force", pattern="dev")
    bitbucket.change("remove_restriction", **WEB, restriction=rule.id)
    bitbucket.change("make_private", **WEB)
    member = str(world.workspace("acme").group("developers").members[0].nickname)
    bitbucket.change("remove_group_member", workspace="acme", group="developers", member=member)

    assert not values(client, "/2.0/repositories/acme/web/branch-restrictions?kind=force&pattern=dev")
    assert member not in [one["nickname"] for one in client.get("/1.0/groups/acme").json()[0]["members"]]
    assert client.get("/2.0/repositories/acme/web").json()["is_private"]


def test_moments_of_changes_follow_each_other_without_a_clock(world: World) -> None:
    """No two changes share a time, and none depends on the time of day."""
    moments = [world.moment() for _ in range(3)]

    assert [(moment - NOW).total_seconds() for moment in moments] == [1, 2, 3]


def test_changes_can_follow_a_clock() -> None:
    """A sandbox that runs for days dates its changes by the clock."""
    later = datetime(2027, 1, 1, tzinfo=NOW.tzinfo)
    world = make_world(1, Sizes(repositories=1), NOW, clock=lambda: later)

    assert world.moment() == later


def test_changes_over_http(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """The same changes can be asked for while it is served, and they are no calls of the API."""
    body = {"change": "rename_repository", "workspace": "acme", "repository": "web", "to": "portal"}

    answer = client.post("/_sandbox/changes", json=body)

    assert answer.json() == {"changed": "rename_repository"}
    assert "portal" in _slugs(client)
    assert [target for _, target, _, _ in bitbucket.calls] == ["/2.0/repositories/acme"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"change": "explode"}, "rename_repository"),
        ({}, "known are"),
        ({"change": "merge", "workspace": "acme"}, "missing: ['repository', 'pull_request', 'member']"),
        ({"change": "make_public", **WEB, "color": "red"}, "unknown: ['color']"),
        ({"change": "make_public", "workspace": "acme", "repository": "nothing"}, "there is no acme/nothing"),
        ({"change": "make_public", "workspace": "acme", "repository": 3}, "repository must be text"),
        ({"change": "push", **WEB, "pull_request": "one"}, "pull_request must be a number"),
        ({"change": "rename_repository", **WEB, "to": "api"}, "already has"),
        (["make_public"], "JSON object"),
    ],
)
def test_impossible_changes_are_explained(client: httpx.Client, body: object, words: str) -> None:
    """A 400 that names what is known, missing, or in the way."""
    answer = client.post("/_sandbox/changes", json=body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


def test_changes_are_listed(client: httpx.Client) -> None:
    """With the arguments that each one takes, and whether it needs them."""
    listed = client.get("/_sandbox/changes").json()

    assert set(listed) == set(CHANGES)
    assert listed["make_public"] == {"workspace": True, "repository": True}


def test_faults_over_http(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """They can be added and cleared while it is served."""
    client.post("/_sandbox/faults", json={"path": "repositories", "kind": "status", "status": 500})
    broken = client.get("/2.0/repositories/acme").status_code
    client.delete("/_sandbox/faults")
    whole = client.get("/2.0/repositories/acme").status_code

    assert (broken, whole) == (500, 200)
    assert client.get("/_sandbox/calls").json() == {"GET /2.0/repositories/{workspace}": 2}


@pytest.mark.parametrize("body", [{}, {"path": "x", "kind": "fire"}, {"path": "x", "when": "now"}])
def test_impossible_faults_are_explained(bitbucket: Bitbucket, client: httpx.Client, body: dict[str, str]) -> None:
    """A 400 that names what a fault takes."""
    answer = client.post("/_sandbox/faults", json=body)

    assert answer.status_code == 400
    assert "truncated" in answer.json()["error"]["message"]
    assert bitbucket.faults == []


def test_nothing_else_is_controlled(client: httpx.Client) -> None:
    """Other addresses below the prefix are not found."""
    assert client.put("/_sandbox/changes").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"change": "remove_member", "workspace": "acme", "member": "nobody"},
        {"change": "remove_group", "workspace": "acme", "group": "nobody"},
        {"change": "remove_group_member", "workspace": "acme", "group": "developers", "member": "nobody"},
        {"change": "rename_project", "workspace": "acme", "project": "NONE", "to": "x"},
        {"change": "remove_restriction", **WEB, "restriction": 1},
        {"change": "revoke_permission", **WEB, "user": "nobody"},
        {"change": "push", **WEB, "pull_request": 99999},
        {"change": "withdraw_approval", **ONE, "member": "nobody"},
        {"change": "make_public", "workspace": "nowhere", "repository": "web"},
    ],
)
def test_what_is_not_there_cannot_be_changed(client: httpx.Client, change: dict[str, object]) -> None:
    """Each answer says what is missing."""
    answer = client.post("/_sandbox/changes", json=change)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("there is no ")


def test_last_project_stays(connect: Connect) -> None:
    """Repositories need one to be in."""
    bitbucket, _ = connect(world=make_world(1, Sizes(repositories=1, projects=1), NOW))

    with pytest.raises(ValueError, match="the only project"):
        bitbucket.change("remove_project", workspace="acme", project="WEB")


def test_permission_of_a_user_is_taken_by_nickname(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """The user's row goes, the others stay."""
    path = "/2.0/repositories/acme/web/permissions-config/users"
    bitbucket.change("grant_permission", **WEB, permission="write", user="ada")
    before = values(client, path)

    bitbucket.change("revoke_permission", **WEB, user="ada")

    assert [row for row in before if row["user"]["nickname"] != "ada"] == values(client, path)
    assert len(before) == len(values(client, path)) + 1
