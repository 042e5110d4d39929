"""Odd data, each of which somebody's Bitbucket holds: one odd object never stops the rest."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from documented import (
    IRIS,
    OTTO,
    REPOSITORY,
    ROBOT,
    STRANGER,
    WORKSPACE,
    Made,
    documented,
    made,
    place_of,
    raw_items,
)

from bbsync.bitbucket.answers import Unreadable
from bbsync.bitbucket.items import structure
from bbsync.kinds import KINDS
from bbsync.kinds.pull_request import window
from bbsync.kinds.user import highest_role, split_name

FORMER = {"type": "user", "display_name": "Former user"}
TEAM = {"type": "team", "uuid": WORKSPACE, "username": "lantern-works", "display_name": "Lantern Works"}
PULL_REQUEST = KINDS.by_name["pull_request"]
USER = KINDS.by_name["user"]


def pull_request(number: int = 0, *, enriched: bool = True, **changes: Any) -> Made:
    """A documented pull request with some fields changed."""
    raw = {**list(raw_items(PULL_REQUEST))[number], **changes}
    return made(PULL_REQUEST, raw, evolve(place_of(PULL_REQUEST), enriched=enriched))


def verbs(found: Made) -> list[tuple[str, str]]:
    """Who did what."""
    return [(tie.source, tie.verb) for tie in found.ties]


# Pull requests


@pytest.mark.parametrize(
    ("description", "written"),
    [(None, None), ("", ""), ("x" * 80, "x" * 80), ("x" * 81, "x" * 80 + "...")],
)
def test_description_may_be_null_and_is_cut(description: str | None, written: str | None) -> None:
    """No description is left out; a long one ends in three dots."""
    found = pull_request(description=description)

    assert found.properties.get("description") == written


@pytest.mark.parametrize(
    "name", ["\u202egnp.exe", "\x1b[31mred\x1b[0m", "<script>alert(1)</script>", "名前", "a\u0000b", " "]
)
def test_odd_names_are_kept_as_they_are(name: str) -> None:
    """The graph holds what Bitbucket holds; making it harmless is for those who show it."""
    found = pull_request(title=name)

    assert found.properties["title"] == name


@pytest.mark.parametrize(("author", "called"), [(None, None), (FORMER, "Former user")])
def test_author_may_be_nobody_or_a_closed_account(author: dict[str, Any] | None, called: str | None) -> None:
    """Nobody is tied to it, and it is not said to be approved by its author."""
    found = pull_request(author=author)

    assert found.properties.get("author") == called
    assert "authorId" not in found.properties
    assert found.properties["selfApproved"] is False
    assert (IRIS, "OPENED") not in verbs(found)


@pytest.mark.parametrize("author", [TEAM, {"type": "app_user", "uuid": ROBOT, "display_name": "Robot"}])
def test_author_may_be_a_team_or_an_app(author: dict[str, Any]) -> None:
    """The tie is made; whether the account is a member shows later."""
    found = pull_request(author=author)

    assert found.properties["authorId"] == author["uuid"]
    assert (author["uuid"], "OPENED") in verbs(found)


def test_reviewers_and_approvers_without_a_uuid_are_passed_over() -> None:
    """Lists of ids and lists of names stay as long as each other."""
    participants = [
        {"user": FORMER, "role": "REVIEWER", "approved": True, "state": "approved"},
        {"user": None, "role": "REVIEWER", "approved": True, "state": "changes_requested"},
    ]

    found = pull_request(reviewers=[FORMER, {"uuid": STRANGER}], participants=participants)

    assert found.properties["reviewerIds"] == (STRANGER,)
    assert found.properties["reviewers"] == (STRANGER,)
    assert found.properties["approverIds"] == found.properties["approvers"] == ()
    assert found.properties["changesRequested"] is False


def test_one_user_taking_part_twice_counts_once() -> None:
    """The same user approves, a push follows, the same user approves again: everyday."""
    otto = {"user": {"uuid": OTTO, "display_name": "Otto"}, "role": "REVIEWER", "approved": True, "state": "approved"}

    found = pull_request(participants=[otto, otto])

    assert found.properties["approverIds"] == (OTTO,)
    assert verbs(found).count((OTTO, "APPROVED")) == 1


def test_author_who_approves_is_said_to() -> None:
    """A self-approval is an approval by the author, and no evidence of review."""
    iris = {
        "user": {"uuid": IRIS, "display_name": "Iris"},
        "role": "PARTICIPANT",
        "approved": True,
        "state": "approved",
    }

    found = pull_request(participants=[iris])

    assert found.properties["selfApproved"] is True
    assert found.properties["commitsApproved"] == ()


def test_withdrawn_approval_is_none() -> None:
    """Otto's approval is in the feed, but he does not approve any more."""
    otto = {"user": {"uuid": OTTO}, "role": "REVIEWER", "approved": False, "state": None}

    found = pull_request(participants=[otto])

    assert found.properties["commitsApproved"] == ()
    assert (OTTO, "APPROVED") not in verbs(found)


def test_fork_that_is_gone_leaves_the_review_unknown() -> None:
    """Its commits went with it: nothing is said of them, and the graph keeps what it knows."""
    found = pull_request(1)
    raw = list(raw_items(PULL_REQUEST))[1]
    wanted = PULL_REQUEST.details(structure(raw, PULL_REQUEST.item), place_of(PULL_REQUEST))
    unknown = PULL_REQUEST.unknown(evolve(place_of(PULL_REQUEST), details={"commits": None}))

    assert found.key == f"{REPOSITORY}/pull-requests/8"
    assert found.properties["source"] == "patch-1"
    assert "sourceCommit" not in found.properties
    assert [(detail.name, detail.may_be_missing) for detail in wanted] == [("commits", True)]
    assert not {"approved", "validated", "commits"} & set(found.properties)
    assert {"approved", "validated", "commits"} <= unknown


def test_source_and_target_may_have_lost_their_names() -> None:
    """The class wants strings there."""
    found = pull_request(source={"branch": None, "commit": None, "repository": None}, destination={"branch": {}})

    assert found.properties["source"] == ""
    assert found.properties["target"] == ""


def test_missing_times_are_left_out() -> None:
    """A pull request without `updated_on` is a pull request."""
    found = pull_request(created_on=None, updated_on=None)

    assert not {"createdOn", "updatedOn"} & set(found.properties)


def test_no_commits_is_not_approved() -> None:
    """The source branch is gone and the list of commits is empty: there is nothing that was reviewed."""
    raw = next(raw_items(PULL_REQUEST))
    place = evolve(place_of(PULL_REQUEST), details={"commits": (), "activity": ()})

    found = made(PULL_REQUEST, raw, place)

    assert found.properties["approved"] is False
    assert found.properties["validated"] is True
    assert found.properties["commits"] == ()


def test_approver_outside_the_workspace_does_not_count() -> None:
    """Otto is not a member any more."""
    raw = next(raw_items(PULL_REQUEST))
    place = evolve(place_of(PULL_REQUEST), neighbours={"user": frozenset({IRIS})})

    found = made(PULL_REQUEST, raw, place)

    assert found.properties["commitsApproved"] == ()
    assert found.properties["commitsByUnknownAuthor"] == ("a" * 40,)
    assert found.properties["validated"] is False


def test_without_reviewers_nothing_is_said_of_them() -> None:
    """They are not asked for: neither property nor relationship is emptied."""
    found = pull_request(enriched=False)
    unknown = PULL_REQUEST.unknown(evolve(place_of(PULL_REQUEST), enriched=False))

    assert not {"reviewers", "reviewerIds"} & set(found.properties)
    assert "REVIEWED" not in [verb for _, verb in verbs(found)]
    assert unknown == {"reviewers", "reviewerIds", "bitbucket_user_reviewed_pullrequest"}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ["commits", "activity"]),
        ({"participants": []}, ["commits"]),
        ({"participants": [{"user": FORMER, "approved": False}]}, ["commits"]),
        ({"participants": None}, ["commits", "itself", "activity"]),
    ],
)
def test_details_are_asked_for_only_where_they_can_tell_something(changes: dict[str, Any], names: list[str]) -> None:
    """Without an approval there is no need for the feed; without participants the pull request is read by itself."""
    item = structure({**next(raw_items(PULL_REQUEST)), **changes}, PULL_REQUEST.item)

    assert [detail.name for detail in PULL_REQUEST.details(item, place_of(PULL_REQUEST))] == names


def test_participants_are_taken_from_wherever_they_were_read() -> None:
    """The listing lacked them, so the pull request was read by itself."""
    whole = next(raw_items(PULL_REQUEST))
    bare = {name: value for name, value in whole.items() if name not in ("participants", "reviewers")}
    itself = structure(whole, PULL_REQUEST.item)
    place = evolve(place_of(PULL_REQUEST), details={"commits": (), "activity": (), "itself": (itself,)})

    found = made(PULL_REQUEST, bare, place)

    assert found.properties["approverIds"] == (OTTO,)
    assert found.properties["reviewerIds"] == (OTTO, ROBOT)


def test_window_has_the_states_in_its_query() -> None:
    """Bitbucket ignores `state` beside `q`, and would show open pull requests only without either."""
    states = '(state = "OPEN" OR state = "MERGED" OR state = "DECLINED" OR state = "SUPERSEDED")'
    opening = "1970-01-01T00:00:01.500+00:00"

    assert window(None)["q"] == states
    assert window(1_500)["q"] == f"(updated_on >= {opening} OR created_on >= {opening}) AND {states}"
    assert window(None)["fields"] == "+values.reviewers,+values.participants"


# Users


def test_member_without_a_uuid_has_no_identity() -> None:
    """A closed account is passed over, and counted by whoever reads the list."""
    assert documented("user", 3).key is None


def test_user_may_lack_every_name() -> None:
    """The class wants a name."""
    found = documented("user", user={"uuid": STRANGER})

    assert found.properties["displayName"] == STRANGER
    assert found.properties["username"] is None
    assert found.properties["active"] is True


def test_app_user_is_no_person() -> None:
    """A robot has no nickname either."""
    found = documented("user", 2)

    assert found.properties["isPerson"] is False
    assert found.properties["username"] is None


def test_inactive_user_is_said_to_be() -> None:
    """A suspended account may still be a member."""
    assert documented("user", 1).properties["active"] is False


@pytest.mark.parametrize(
    ("display_name", "names"),
    [
        ("Iris van Dalen", ("Iris", "van Dalen")),
        (" Iris  Dalen ", ("Iris", "Dalen")),
        ("Otto", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_first_and_last_name(display_name: str | None, names: tuple[str | None, str | None]) -> None:
    """One word may be either, so it is neither."""
    assert split_name(display_name) == names


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (["member", "owner"], "owner"),
        (["owner", "member"], "owner"),
        (["collaborator", "member"], "collaborator"),
        ([None, "member"], "member"),
        ([None, None], None),
        (["something new"], "something new"),
    ],
)
def test_user_in_several_workspaces_has_the_highest_role(roles: list[str | None], role: str | None) -> None:
    """One entity for one account: what it may do at most is what counts."""
    found = tuple({"name": "Iris", **({"workspaceRole": one} if one else {})} for one in roles)

    assert highest_role(found).get("workspaceRole") == role


def test_role_is_unknown_where_only_members_are_shown() -> None:
    """The list that stands in for the refused one has no roles."""
    limited = evolve(place_of(USER), limited=True)

    assert USER.unknown(limited) == {"workspaceRole"}
    assert USER.unknown(place_of(USER)) == frozenset()


# Groups


def test_group_members_without_a_uuid_are_counted_and_not_tied() -> None:
    """Somebody outside the workspace is tied; the relationship finds its end or does not."""
    found = documented("group", 1)

    assert found.properties["memberCount"] == 3
    assert verbs(found) == [(found.key, "HAS"), (found.key, "HAS"), (IRIS, "OWNS")]
    assert {tie.target for tie in found.ties if tie.verb == "HAS"} == {OTTO, STRANGER}


def test_empty_group_is_a_group() -> None:
    """Nobody is in it, and its workspace owns it."""
    found = documented("group", 2)

    assert found.properties["memberCount"] == 0
    assert found.ties == ()


def test_group_without_members_field_is_unreadable() -> None:
    """Not being told is not being empty."""
    raw = {name: value for name, value in next(raw_items(KINDS.by_name["group"])).items() if name != "members"}

    with pytest.raises(Unreadable, match="members"):
        structure(raw, KINDS.by_name["group"].item)


def test_same_slug_in_two_workspaces_is_two_groups() -> None:
    """The workspace is part of the key."""
    kind = KINDS.by_name["group"]
    place = place_of(kind)
    other = evolve(place, workspace=evolve(place.workspace, key="{another-workspace}"))
    raw = next(raw_items(kind))

    assert made(kind, raw, place).key != made(kind, raw, other).key


# Repositories and projects


def test_repository_without_project_main_branch_or_times() -> None:
    """An empty repository of an old workspace shows little."""
    found = documented("repository", 2)

    assert found.ties == ()
    assert found.properties == {
        "name": "ash",
        "displayName": "ash",
        "slug": "ash",
        "fullName": "lantern-works/ash",
        "public": False,
        "owner": "lantern-works",
        "ownerId": WORKSPACE,
        "isFork": False,
    }


def test_fork_owned_by_a_person() -> None:
    """A fork names what it was forked from; it lies in no project that could be seen."""
    found = documented("repository", 1)

    assert found.properties["isFork"] is True
    assert found.properties["parentId"] == REPOSITORY
    assert (found.properties["owner"], found.properties["ownerId"]) == ("Iris van Dalen", IRIS)
    assert "language" not in found.properties


def test_project_without_description_has_an_empty_one() -> None:
    """So that a description which is removed does not stay in the graph."""
    assert documented("project", 1).properties["description"] == ""


# Permissions and branch restrictions


def test_permission_of_a_closed_account_has_no_identity() -> None:
    """Nobody can be named."""
    assert documented("permission", 2).key is None


def test_permission_of_an_unknown_group_is_tied_by_its_key() -> None:
    """Without a name or a workspace, the group is taken for one of this workspace."""
    found = documented("permission", 4)

    assert found.properties["principalKey"] == f"{WORKSPACE}/groups/unknown"
    assert found.properties["name"] == "group unknown: read"


def test_restriction_by_branching_model() -> None:
    """It has a type of branch instead of a pattern, a value, and neither users nor groups."""
    found = documented("branch_restriction", 1)

    assert found.properties["displayName"] == "require_approvals_to_merge on development"
    assert found.properties["value"] == 2
    assert found.ties == ()


def test_restriction_of_an_unheard_of_kind() -> None:
    """New kinds appear without notice; a group without workspace is taken for one of this workspace."""
    found = documented("branch_restriction", 2)

    assert found.properties["displayName"] == "something_new_next_year on every branch"
    assert [tie.target for tie in found.ties] == [f"{WORKSPACE}/groups/unknown"]
