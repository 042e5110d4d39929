"""The odd objects that real workspaces have all come out right, and none of them stops the rest."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from observing_rig import NOW_MS, Run, bitbucket_of, named, of_type, run

from bbsync.fate import Fate
from bbsync.graph import Entity, Graph, Value
from bbsync.plan import Action, Reason
from bbsync.sandbox.bitbucket import Bitbucket, Sizes

BOTH = {"workspaces": ("acme", "umbrella")}
SIZES = Sizes(repositories=3, members=5, projects=2, pull_requests=4, awkward=True, workspaces=("acme", "umbrella"))
NOTHING: dict[str, Value] = {}


@cache
def first_run() -> tuple[Bitbucket, Run]:
    """The awkward world, and the first reading of it; nobody changes either."""
    bitbucket = bitbucket_of(SIZES)
    return bitbucket, run(bitbucket, **BOTH)


def odd(title: str) -> Entity:
    """The pull request of that title."""
    return named(first_run()[1].after, "pullrequest", title=title)


def ties(graph: Graph, key: str) -> set[tuple[str, str]]:
    """The other relationships of an entity than those to its parent: verb, and who or what is at the other end."""
    found = set()
    for tie in graph.relationships.values():
        if key in (tie.source, tie.target) and not tie.type.startswith(("bitbucket_repo_", "bitbucket_workspace_")):
            other = graph.entities[tie.source if tie.target == key else tie.target]
            found.add((tie.verb, str(other.properties.get("nickname") or other.name)))
    return found


def sizes_of(properties: Any) -> dict[str, int]:
    """How long the lists are that say what was reviewed."""
    names = ("commits", "commitsApproved", "commitsNotApproved", "commitsByUnknownAuthor")
    return {name: len(properties[name]) for name in names if name in properties}


def test_nothing_is_missing_and_a_second_plan_is_empty() -> None:
    """Not one gap for all the oddities, and nothing that flickers."""
    bitbucket, found = first_run()

    second = run(bitbucket, found.after, **BOTH)

    assert found.gaps == ()
    assert second.plan.is_empty
    assert second.gaps == ()


def test_every_pull_request_is_there() -> None:
    """None of them stops another."""
    bitbucket, found = first_run()

    home = bitbucket.world.workspaces[0].slugs["odd-ones"]
    held = {entity.key for entity in of_type(found.after, "pullrequest")}
    assert {f"{home.uuid}/pull-requests/{number}" for number in home.pull_requests} < held


REVIEWED = {("OPENED", "ada"), ("REVIEWED", "bela1"), ("APPROVED", "bela1")}
OPENED = {("OPENED", "ada")}
OWN = {*OPENED, ("APPROVED", "ada")}


@pytest.mark.parametrize(
    ("title", "reviewed", "expected", "people"),
    [
        ("Without a description", (2, 0, 2, 0), {"approved": False, "validated": True}, OPENED),
        ("Without an author", (2, 0, 2, 0), {"selfApproved": False}, set()),
        ("Without a time of update", (2, 0, 2, 0), NOTHING, OPENED),
        ("Without commits", (0, 0, 0, 0), {"approved": False, "validated": True}, OPENED),
        ("Without a source commit", (2, 0, 2, 0), NOTHING, OPENED),
        ("Of closed accounts", (2, 0, 2, 2), {"approverIds": (), "reviewerIds": (), "validated": False}, set()),
        ("Of a team", (2, 0, 2, 2), {"author": "Acme", "validated": False}, set()),
        ("Of an app", (2, 0, 2, 0), {"author": "Build Bot"}, {("OPENED", "Build Bot")}),
        ("Of an outsider", (2, 0, 2, 2), {"approved": False, "author": "An Outsider"}, set()),
        ("Approved by its author", (2, 0, 2, 0), {"approved": False, "selfApproved": True}, OWN),
        ("With an unknown commit author", (2, 2, 0, 1), {"approved": True, "validated": False}, REVIEWED),
        ("Approved, pushed to, approved again", (3, 3, 0, 0), {"approved": True, "validated": True}, REVIEWED),
        ("Approved, then pushed by force", (2, 0, 2, 0), {"approved": False, "approvedCommitsRemoved": True}, REVIEWED),
        ("Merged, and nothing else", (2, 0, 2, 0), {"merged": True, "approved": False}, OPENED),
        ("Merged, then approved", (2, 2, 0, 0), {"merged": True, "approved": True}, REVIEWED),
        ("Changes requested, then approved", (2, 2, 0, 0), {"approved": True, "changesRequested": False}, REVIEWED),
        ("From a fork", (2, 2, 0, 0), {"approved": True}, REVIEWED),
        ("From a fork that was deleted after the merge", (2, 2, 0, 0), {"approved": True, "merged": True}, REVIEWED),
        ("With 250 commits", (250, 0, 250, 0), {"approved": False}, OPENED),
        ("With 300 comments", (2, 2, 0, 0), {"approved": True, "commentCount": 300}, REVIEWED),
    ],
)  # fmt: skip
def test_an_odd_pull_request_says_what_was_reviewed_and_by_whom(
    title: str, reviewed: tuple[int, int, int, int], expected: dict[str, Value], people: set[tuple[str, str]]
) -> None:
    """Commits, how many of them are approved, not approved, by unknown authors; and the people that are known."""
    properties = odd(title).properties

    assert tuple(sizes_of(properties).values()) == reviewed
    assert {name: properties[name] for name in expected} == expected
    assert ties(first_run()[1].after, odd(title).key) == people


@pytest.mark.parametrize(
    ("title", "absent"),
    [
        ("Without a description", {"description"}),
        ("Without an author", {"author", "authorId"}),
        ("Without a time of update", {"updatedOn"}),
        ("Without a source commit", {"sourceCommit", "destinationCommit"}),
        ("From a fork that was deleted", {"commits", "commitMessages", "commitsApproved", "approved", "validated"}),
    ],
)
def test_what_is_not_known_is_left_out(title: str, absent: set[str]) -> None:
    """And nothing is made up in its place."""
    assert not absent & set(odd(title).properties)


def test_a_deleted_fork_does_not_erase_what_was_known_of_its_commits() -> None:
    """The fork went between two runs: who approved which commits is still on record."""
    bitbucket = bitbucket_of(SIZES)
    before = run(bitbucket, **BOTH).after
    home = bitbucket.world.workspaces[0].slugs["odd-ones"]
    fork = next(found for found in home.pull_requests.values() if found.title == "From a fork")
    fork.source.repository, fork.commits = None, None

    found = run(bitbucket, before, **BOTH)

    assert found.plan.is_empty
    assert found.gaps == ()


def test_hostile_and_endless_words_are_kept_as_data() -> None:
    """Whoever shows them has to be careful; nothing longer than a property may be gets in."""
    _, found = first_run()

    texts = [text for entity in found.after.entities.values() for text in entity.properties.values()]
    assert max(len(text) for text in texts if isinstance(text, str)) == 4096
    assert [entity for entity in of_type(found.after, "pullrequest") if "\x1b[31m" in entity.name]
    assert named(found.after, "repo", slug="hostile").properties["name"] == "\x1b[31mhostile\x1b[0m"


# --- repositories and projects


def test_a_name_is_not_an_address() -> None:
    """A repository that is named unlike its slug, or in other letters, is read like any other."""
    _, found = first_run()

    for slug in ("odd-ones", "kaxyr"):
        repository = named(found.after, "repo", slug=slug)
        listings = {listing.kind for listing in found.observation.coverage.read if listing.parent == repository.key}
        assert listings == {"pull_request", "permission", "branch_restriction"}


@pytest.mark.parametrize("slug", ["homeless", "homeless-too", "of-hidden-project"])
def test_a_repository_without_a_project_that_is_listed_belongs_to_its_workspace_only(slug: str) -> None:
    """Null, not said, or hidden: no relationship, and no trouble."""
    _, found = first_run()
    repository = named(found.after, "repo", slug=slug)

    above = {tie.type for tie in found.after.relationships.values() if tie.target == repository.key}

    assert above == {"bitbucket_workspace_owns_repo"}


def test_an_empty_repository_has_no_main_branch() -> None:
    """And no description: both are left out."""
    properties = named(first_run()[1].after, "repo", slug="empty").properties

    assert not {"mainBranch", "description"} & set(properties)


# --- people and groups


def test_a_closed_account_is_passed_over_and_counted() -> None:
    """It has no identity, and makes neither a user nor a gap."""
    _, found = first_run()

    assert found.observation.passed_over == {"permission": 1, "user": 1}
    assert not [entity for entity in of_type(found.after, "user") if entity.name == "Former user"]


def test_two_people_of_one_name_are_two() -> None:
    """Nobody is known by a name."""
    assert len([entity for entity in of_type(first_run()[1].after, "user") if entity.name == "Sam Twin"]) == 2


def test_an_app_is_a_user_and_no_person() -> None:
    """It has no nickname."""
    properties = named(first_run()[1].after, "user", name="Build Bot").properties

    assert properties["isPerson"] is False
    assert "nickname" not in properties


@pytest.mark.parametrize(("slug", "members"), [("nobody", set()), ("strangers", {("HAS", "ada")})])
def test_a_group_has_the_members_that_are_known(slug: str, members: set[tuple[str, str]]) -> None:
    """Strangers and closed accounts make no relationship; who is named twice makes one."""
    _, found = first_run()

    group = named(found.after, "group", slug=slug)

    assert {tie for tie in ties(found.after, group.key) if "Nobody" not in tie[1]} == members


def test_the_same_slug_is_another_group_in_another_workspace() -> None:
    """Each has its own members, and each its own permissions."""
    _, found = first_run()

    groups = [group for group in of_type(found.after, "group") if group.properties["slug"] == "developers"]

    assert len({group.key for group in groups}) == 2
    assert {group.properties["ownerId"] for group in groups} == {
        workspace.key for workspace in of_type(found.after, "workspace")
    }


# --- permissions and branch restrictions


@pytest.mark.parametrize(
    ("name", "holders"),
    [
        ("user An Outsider: write", set()),
        ("group Ghosts: admin", set()),
        ("group Nobody: none", {("HAS", "Nobody")}),
    ],
)
def test_a_permission_of_an_outsider_is_there_without_a_holder(name: str, holders: set[tuple[str, str]]) -> None:
    """Somebody holds it, even though nobody knows whom: an auditor wants to see that."""
    _, found = first_run()

    assert ties(found.after, named(found.after, "permission", name=name).key) == holders


@pytest.mark.parametrize(
    ("id_", "name", "where"),
    [
        ("90000001", "push", "push on main"),
        ("90000002", "require_tasks_to_be_completed", "require_tasks_to_be_completed on main"),
        ("90000003", "require_full_moon_to_merge", "require_full_moon_to_merge on release/*"),
        ("90000004", "require_approvals_to_merge", "require_approvals_to_merge on development"),
    ],
)
def test_an_odd_restriction_is_taken_as_it_comes(id_: str, name: str, where: str) -> None:
    """Without users or groups, of outsiders, of an unknown kind, of a branch type: none exempts anybody."""
    _, found = first_run()

    restriction = named(found.after, "branch_restriction", id=id_)

    assert (restriction.properties["name"], restriction.name) == (name, where)
    assert ties(found.after, restriction.key) == set()


# --- what changes, and what a naive reader makes of it


def one_pull_request(**sizes: int) -> tuple[Bitbucket, dict[str, str]]:
    """A repository with one pull request that was reviewed and approved."""
    bitbucket = bitbucket_of(Sizes(repositories=2, members=4, pull_requests=0, restrictions=0, permissions=0, **sizes))
    on = {"workspace": "acme", "repository": "web"}
    bitbucket.change("open_pull_request", **on, author="ada", title="Change")
    bitbucket.change("add_reviewer", **on, pull_request=1, member="bela1")
    bitbucket.change("approve", **on, pull_request=1, member="bela1")
    return bitbucket, on


def test_renaming_a_repository_doubles_no_pull_request() -> None:
    """They are known by the repository's uuid, and those outside the window stay as they are."""
    bitbucket, on = one_pull_request()
    before = run(bitbucket).after
    bitbucket.change("rename_repository", **on, to="Front end")

    found = run(bitbucket, before)

    assert found.plan.entity_totals.add == 0
    assert found.deleted == set()
    assert named(found.after, "pullrequest").properties["repository"] == "acme/front-end"


def test_deleting_a_repository_takes_old_pull_requests_along() -> None:
    """Whatever their own listing would have said, they go with it, and so do their relationships."""
    bitbucket, on = one_pull_request()
    before = run(bitbucket).after
    bitbucket.change("delete_repository", **on)

    found = run(bitbucket, before, now=NOW_MS + 90 * 86_400_000)

    assert {change.reason for change in found.plan.entities} == {Reason.ABSENT, Reason.CASCADE}
    assert of_type(found.after, "pullrequest") == []
    assert not [tie for tie in found.after.relationships.values() if tie.type.endswith("pullrequest")]


def test_a_pull_request_outside_the_window_is_kept() -> None:
    """It is history: not being shown says nothing."""
    bitbucket, _ = one_pull_request()
    before = run(bitbucket).after

    found = run(bitbucket, before, now=NOW_MS + 90 * 86_400_000)

    assert found.plan.is_empty
    assert [(kept.why, kept.count) for kept in found.plan.kept] == [(Fate.HISTORY.value, 1)]


def test_a_withdrawn_approval_takes_its_relationship_along() -> None:
    """Not the property alone."""
    bitbucket, on = one_pull_request()
    before = run(bitbucket).after
    bitbucket.change("withdraw_approval", **on, pull_request=1, member="bela1")

    found = run(bitbucket, before)

    pull_request = named(found.after, "pullrequest")
    assert {before.relationships[key].verb for key in found.deleted} == {"APPROVED"}
    assert (pull_request.properties["approvers"], pull_request.properties["approved"]) == ((), False)


def test_a_removed_reviewer_takes_the_relationship_along() -> None:
    """And the approval that went with it."""
    bitbucket, on = one_pull_request()
    before = run(bitbucket).after
    bitbucket.change("remove_reviewer", **on, pull_request=1, member="bela1")

    found = run(bitbucket, before)

    assert {before.relationships[key].verb for key in found.deleted} == {"APPROVED", "REVIEWED"}
    assert named(found.after, "pullrequest").properties["reviewers"] == ()


def test_a_changed_level_of_a_permission_is_an_update() -> None:
    """The level is no part of its identity."""
    bitbucket, on = one_pull_request()
    bitbucket.change("grant_permission", **on, permission="read", user="ada")
    before = run(bitbucket).after
    bitbucket.change("grant_permission", **on, permission="admin", user="ada")

    found = run(bitbucket, before)

    assert [change.action for change in found.plan.entities] == [Action.UPDATE]
    assert found.plan.relationships == ()


def test_moving_a_repository_to_another_project_moves_one_relationship() -> None:
    """The old one goes, because the repository was seen without it."""
    bitbucket, on = one_pull_request(projects=2)
    before = run(bitbucket).after
    old = named(before, "repo", slug="web").properties["projectId"]
    (new,) = {entity.key for entity in of_type(before, "project")} - {old}
    key = next(str(entity.properties["key"]) for entity in of_type(before, "project") if entity.key == new)
    bitbucket.change("move_repository", **on, project=key)

    found = run(bitbucket, before)

    assert {(tie.action, tie.element.source) for tie in found.plan.relationships} == {
        (Action.DELETE, old),
        (Action.CREATE, new),
    }
