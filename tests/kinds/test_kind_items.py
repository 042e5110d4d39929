"""What each kind makes of a documented item, to the last property."""

from __future__ import annotations

from documented import IRIS, OTTO, REPOSITORY, ROBOT, STRANGER, WORKSPACE, Made, documented

from bbsync.kinds import KINDS, milliseconds

PROJECT = "{3f0c2d1b-9a8e-4b7c-a6d5-e4f3a2b1c0d9}"
SITE = "https://bitbucket.org"


def ties(made: Made) -> list[tuple[str, str, str]]:
    """The relationships as source, verb and target."""
    return [(tie.source, tie.verb, tie.target) for tie in made.ties]


def test_workspace() -> None:
    """A workspace is an account with Atlassian."""
    assert documented("workspace") == Made(
        WORKSPACE,
        {
            "id": WORKSPACE,
            "name": "Lantern Works",
            "displayName": "Lantern Works",
            "slug": "lantern-works",
            "isPrivate": True,
            "vendor": "Atlassian",
            "webLink": f"{SITE}/lantern-works/",
            "createdOn": 1_551_687_330_123,
            "updatedOn": 1_762_102_800_000,
        },
        (),
    )


def test_user() -> None:
    """A user has the role it has in the workspace, and no e-mail address that Bitbucket would tell."""
    assert documented("user") == Made(
        IRIS,
        {
            "name": "Iris van Dalen",
            "displayName": "Iris van Dalen",
            "nickname": "iris",
            "active": True,
            "accountId": "557058:1a",
            "webLink": f"{SITE}/%7B91d0c5f2-7e3a-4c27-8a11-6b2f0e4d7a10%7D/",
            "workspaceRole": "owner",
            "isPerson": True,
            "username": ("iris",),
            "email": None,
            "firstName": "Iris",
            "lastName": "van Dalen",
            "shortLoginId": None,
        },
        (),
    )


def test_group() -> None:
    """A group is owned by its workspace, and counts the members that it lists."""
    found = documented("group")

    assert found.key == f"{WORKSPACE}/groups/keepers-of-the-light"
    assert found.properties == {
        "name": "Keepers of the Light",
        "displayName": "Keepers of the Light",
        "slug": "keepers-of-the-light",
        "permission": "admin",
        "autoAdd": False,
        "memberCount": 2,
        "ownerId": WORKSPACE,
    }
    assert ties(found) == [(found.key, "HAS", IRIS), (found.key, "HAS", OTTO)]


def test_project() -> None:
    """A project names its workspace by slug and by key."""
    assert documented("project") == Made(
        PROJECT,
        {
            "key": "LAMP",
            "name": "Lamps",
            "displayName": "Lamps",
            "description": "All that glows",
            "public": False,
            "workspace": "lantern-works",
            "ownerId": WORKSPACE,
            "webLink": f"{SITE}/lantern-works/workspace/projects/LAMP",
            "createdOn": 1_577_934_245_678,
            "updatedOn": 1_714_979_289_000,
        },
        (),
    )


def test_repository() -> None:
    """A repository whose name is not its slug, and not ASCII; its full name is in lower case."""
    found = documented("repository")

    assert found.key == REPOSITORY
    assert found.properties == {
        "name": "Bëacon",
        "displayName": "Bëacon",
        "slug": "beacon",
        "fullName": "lantern-works/beacon",
        "description": "The light itself",
        "public": False,
        "owner": "lantern-works",
        "ownerId": WORKSPACE,
        "projectId": PROJECT,
        "mainBranch": "main",
        "language": "python",
        "sizeInBytes": 734_003,
        "forkPolicy": "no_public_forks",
        "isFork": False,
        "webLink": f"{SITE}/lantern-works/beacon",
        "createdOn": 1_612_325_106_789,
        "updatedOn": 1_764_583_200_500,
    }
    assert ties(found) == [(PROJECT, "HAS", REPOSITORY)]


def test_permission_of_a_user() -> None:
    """The level is a property, so a changed level is an update."""
    found = documented("permission")

    assert found.key == f"{REPOSITORY}/permissions/{IRIS}"
    assert found.properties == {
        "name": "user Iris van Dalen: admin",
        "displayName": "user Iris van Dalen: admin",
        "permission": "admin",
        "admin": True,
        "principalKey": IRIS,
        "principalType": "user",
        "repoId": REPOSITORY,
        "ownerId": WORKSPACE,
    }
    assert ties(found) == [(IRIS, "HAS", found.key)]
    assert documented("permission", permission="read").key == found.key


def test_permission_of_a_group() -> None:
    """A group's permission is held by the group, by its key."""
    found = documented("permission", 3)

    group = f"{WORKSPACE}/groups/night-shift"
    assert found.key == f"{REPOSITORY}/permissions/{group}"
    assert found.properties["name"] == "group Night Shift: write"
    assert found.properties["admin"] is False
    assert ties(found) == [(group, "HAS", found.key)]


def test_branch_restriction() -> None:
    """Its display name says what and where; who is exempt is tied to it."""
    found = documented("branch_restriction")

    assert found.key == f"{REPOSITORY}/branch-restrictions/41"
    assert found.properties == {
        "id": "41",
        "name": "push",
        "displayName": "push on release/*",
        "pattern": "release/*",
        "matchKind": "glob",
        "type": "branchrestriction",
        "repoId": REPOSITORY,
        "ownerId": WORKSPACE,
    }
    assert ties(found) == [(found.key, "ALLOWS", IRIS), (found.key, "ALLOWS", f"{WORKSPACE}/groups/night-shift")]


def test_pull_request() -> None:
    """Everything that an auditor asks of a pull request."""
    found = documented("pull_request")

    assert found.key == f"{REPOSITORY}/pull-requests/7"
    assert found.properties == {
        "id": "7",
        "name": "Trim the wick",
        "title": "Trim the wick",
        "displayName": "#7 Trim the wick",
        "description": "x" * 80 + "...",
        "accountId": WORKSPACE,
        "repoId": REPOSITORY,
        "repository": "lantern-works/beacon",
        "webLink": f"{SITE}/lantern-works/beacon/pull-requests/7",
        "createdOn": 1_768_035_600_000,
        "updatedOn": 1_768_046_400_000,
        "state": "MERGED",
        "open": False,
        "merged": True,
        "declined": False,
        "superseded": False,
        "draft": False,
        "taskCount": 1,
        "commentCount": 3,
        "closeSourceBranch": True,
        "source": "trim",
        "target": "main",
        "sourceCommit": "b" * 12,
        "destinationCommit": "d" * 12,
        "mergeCommit": "e" * 12,
        "authorId": IRIS,
        "author": "Iris van Dalen",
        "approverIds": (OTTO,),
        "approvers": ("Otto",),
        "selfApproved": False,
        "changesRequested": True,
        "changesRequestedByIds": (ROBOT,),
        "closedById": OTTO,
        "reviewerIds": (OTTO, ROBOT),
        "reviewers": ("Otto", "Pipeline Robot"),
        "commits": ("b" * 40, "a" * 40),
        "commitMessages": ("Trim it", "Measure it\n\nTwice."),
        "commitsApproved": ("b" * 40,),
        "commitsNotApproved": ("a" * 40,),
        "commitsByUnknownAuthor": (),
        "approvedCommitsRemoved": False,
        "approved": False,
        "validated": True,
    }
    assert ties(found) == [
        (IRIS, "OPENED", found.key),
        (OTTO, "REVIEWED", found.key),
        (ROBOT, "REVIEWED", found.key),
        (OTTO, "APPROVED", found.key),
    ]


def test_all_relationship_types() -> None:
    """The eighteen types that are kept, and their spelling."""
    assert sorted(KINDS.relationships) == [
        "bitbucket_branch_restriction_allows_group",
        "bitbucket_branch_restriction_allows_user",
        "bitbucket_group_has_permission",
        "bitbucket_group_has_user",
        "bitbucket_project_has_repo",
        "bitbucket_repo_allows_permission",
        "bitbucket_repo_has_branch_restriction",
        "bitbucket_repo_has_pullrequest",
        "bitbucket_user_approved_pullrequest",
        "bitbucket_user_has_permission",
        "bitbucket_user_is_person",
        "bitbucket_user_opened_pullrequest",
        "bitbucket_user_owns_group",
        "bitbucket_user_reviewed_pullrequest",
        "bitbucket_workspace_has_group",
        "bitbucket_workspace_has_user",
        "bitbucket_workspace_owns_project",
        "bitbucket_workspace_owns_repo",
    ]


def test_times_are_epoch_milliseconds() -> None:
    """Microseconds are cut, a time without a zone is UTC, and no time is no time."""
    assert milliseconds("1970-01-01T00:00:01.234999+00:00") == 1_234
    assert milliseconds("1970-01-01T00:00:01Z") == 1_000
    assert milliseconds("1970-01-01T00:00:01") == 1_000
    assert milliseconds("1970-01-01T01:00:01+01:00") == 1_000
    assert milliseconds(None) is None


def test_stranger_with_nothing_but_a_uuid_is_named_by_it() -> None:
    """An account may have lost its names and kept its uuid."""
    found = documented("permission", 1)

    assert found.properties["name"] == f"user {STRANGER}: write"
