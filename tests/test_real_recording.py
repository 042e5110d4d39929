"""Answers of the real Bitbucket, served on loopback: what comes out is listed here by hand.

The recording lies beside the project and is not part of it. It was taken with default page lengths and without pull
requests, so it is served by path and page, and the listing of pull requests is an empty page.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from attrs import field, frozen

from bbsync.cli.invocation import Invocation
from bbsync.cli.main import run
from bbsync.errors import ExitCode
from bbsync.graph import Entity, Graph
from bbsync.local.graph_file import GraphFile
from bbsync.local.settings import LocalSettings
from bbsync.sandbox.server import serve

RECORDING = Path(__file__).resolve().parents[2] / "shared" / "data" / "bitbucket-recording.json"

pytestmark = pytest.mark.skipif(  # the recording is not ours to keep: a clone by itself does not have it
    not RECORDING.exists(), reason="the recording of the real Bitbucket is not beside the project"
)

#: A quarter of an hour after the last answer was recorded.
NOW = datetime(2023, 12, 15, 19, 45, tzinfo=UTC).timestamp()

PREFIX = "/api"
KEY, SECRET, TOKEN = "recorded-consumer", "made-up-secret-1", "made-up-token-1"

WORKSPACE = "{1ba2c09e-bb7b-44a1-b3da-018e8b3c0956}"
PROJECT = "{6c356f18-5e32-4796-bfd6-5afd00bb9017}"
REPOSITORY = "{e5891ca2-0c3f-49a5-b7cf-a3e16500231a}"
USER = "{9e920c80-7062-4c24-accb-23ce439cd4e3}"
DEVELOPERS, ADMINISTRATORS = f"{WORKSPACE}/groups/developers", f"{WORKSPACE}/groups/administrators"
USER_PERMISSION = f"{REPOSITORY}/permissions/{USER}"
GROUP_PERMISSION = f"{REPOSITORY}/permissions/{DEVELOPERS}"

#: By number: what is restricted, on which branches, and the number that goes with it.
RESTRICTIONS = {
    45376052: ("require_passing_builds_to_merge", "branchtype2", 1),
    45376051: ("require_tasks_to_be_completed", "branchtype2", None),
    45376050: ("require_no_changes_requested", "branchtype2", None),
    45376049: ("require_default_reviewer_approvals_to_merge", "branchtype2", 1),
    45376048: ("delete", "branchtype2", None),
    45376047: ("force", "branchtype2", None),
    45376046: ("push", "branchtype2", None),
    45373411: ("allow_auto_merge_when_builds_pass", "branchtype1", None),
    45373410: ("reset_pullrequest_changes_requested_on_change", "branchtype1", None),
    45373409: ("require_commits_behind", "branchtype1", 1),
    45373408: ("require_passing_builds_to_merge", "branchtype1", 1),
    45373407: ("require_tasks_to_be_completed", "branchtype1", None),
    45373406: ("require_no_changes_requested", "branchtype1", None),
    45373405: ("require_default_reviewer_approvals_to_merge", "branchtype1", 1),
    45373404: ("require_approvals_to_merge", "branchtype1", 1),
    45373403: ("push", "branchtype1", None),
}

ENTITIES = {
    WORKSPACE: "bitbucket_workspace",
    PROJECT: "bitbucket_project",
    REPOSITORY: "bitbucket_repo",
    USER: "bitbucket_user",
    DEVELOPERS: "bitbucket_group",
    ADMINISTRATORS: "bitbucket_group",
    USER_PERMISSION: "bitbucket_permission",
    GROUP_PERMISSION: "bitbucket_permission",
    **{f"{REPOSITORY}/branch-restrictions/{number}": "bitbucket_branch_restriction" for number in RESTRICTIONS},
}

RELATIONSHIPS = {
    (WORKSPACE, "bitbucket_workspace_owns_project", PROJECT),
    (WORKSPACE, "bitbucket_workspace_owns_repo", REPOSITORY),
    (WORKSPACE, "bitbucket_workspace_has_user", USER),
    (USER, "bitbucket_user_is_person", USER),
    (WORKSPACE, "bitbucket_workspace_has_group", DEVELOPERS),
    (WORKSPACE, "bitbucket_workspace_has_group", ADMINISTRATORS),
    (ADMINISTRATORS, "bitbucket_group_has_user", USER),
    (PROJECT, "bitbucket_project_has_repo", REPOSITORY),
    (REPOSITORY, "bitbucket_repo_allows_permission", USER_PERMISSION),
    (REPOSITORY, "bitbucket_repo_allows_permission", GROUP_PERMISSION),
    (USER, "bitbucket_user_has_permission", USER_PERMISSION),
    (DEVELOPERS, "bitbucket_group_has_permission", GROUP_PERMISSION),
    *(
        (REPOSITORY, "bitbucket_repo_has_branch_restriction", f"{REPOSITORY}/branch-restrictions/{number}")
        for number in RESTRICTIONS
    ),
    (f"{REPOSITORY}/branch-restrictions/45373403", "bitbucket_branch_restriction_allows_user", USER),
    (f"{REPOSITORY}/branch-restrictions/45376046", "bitbucket_branch_restriction_allows_group", ADMINISTRATORS),
}

TAG = {"tag.AccountName": "ExampleJ1Workspace"}

PROPERTIES: Mapping[str, Mapping[str, object]] = {
    WORKSPACE: {
        **TAG,
        "id": WORKSPACE,
        "name": "ExampleJ1Workspace",
        "displayName": "ExampleJ1Workspace",
        "slug": "examplej1workspace",
        "isPrivate": True,
        "vendor": "Atlassian",
        "webLink": "https://bitbucket.org/examplej1workspace/",
        "createdOn": 1_702_560_482_078,
    },
    PROJECT: {
        **TAG,
        "key": "PROJ",
        "name": "project1",
        "displayName": "project1",
        "description": "",
        "public": True,
        "workspace": "examplej1workspace",
        "ownerId": WORKSPACE,
        "webLink": "https://bitbucket.org/examplej1workspace/workspace/projects/PROJ",
        "createdOn": 1_702_560_511_980,
        "updatedOn": 1_702_560_511_980,
    },
    REPOSITORY: {
        **TAG,
        "name": "Project one",
        "displayName": "Project one",
        "slug": "project-one",
        "fullName": "examplej1workspace/project-one",
        "description": "",
        "public": False,
        "owner": "examplej1workspace",
        "ownerId": WORKSPACE,
        "projectId": PROJECT,
        "mainBranch": "master",
        "sizeInBytes": 55_800,
        "forkPolicy": "no_public_forks",
        "isFork": False,
        "webLink": "https://bitbucket.org/examplej1workspace/project-one",
        "createdOn": 1_702_560_512_031,
        "updatedOn": 1_702_560_514_916,
    },
    USER: {
        **TAG,
        "name": "User 0",
        "displayName": "User 0",
        "nickname": "Nickname 0",
        "username": ("Nickname 0",),
        "active": True,
        "accountId": "63b448012c70aae1e6fa0000",
        "webLink": "https://bitbucket.org/%7B9e920c80-7062-4c24-accb-23ce439cd4e3%7D/",
        "isPerson": True,
        "email": None,
        "firstName": "User",
        "lastName": "0",
        "shortLoginId": None,
    },
    DEVELOPERS: {
        **TAG,
        "name": "Developers",
        "displayName": "Developers",
        "slug": "developers",
        "autoAdd": False,
        "memberCount": 0,
        "ownerId": WORKSPACE,
    },
    ADMINISTRATORS: {
        **TAG,
        "name": "Administrators",
        "displayName": "Administrators",
        "slug": "administrators",
        "autoAdd": False,
        "memberCount": 1,
        "ownerId": WORKSPACE,
    },
    USER_PERMISSION: {
        **TAG,
        "name": "user Nickname 0: admin",
        "displayName": "user Nickname 0: admin",
        "permission": "admin",
        "admin": True,
        "principalKey": USER,
        "principalType": "user",
        "repoId": REPOSITORY,
        "ownerId": WORKSPACE,
    },
    GROUP_PERMISSION: {
        **TAG,
        "name": "group Developers: read",
        "displayName": "group Developers: read",
        "permission": "read",
        "admin": False,
        "principalKey": DEVELOPERS,
        "principalType": "group",
        "repoId": REPOSITORY,
        "ownerId": WORKSPACE,
    },
}


@frozen
class Recorded:
    """The recorded answers by path and page, as an app."""

    answers: Mapping[tuple[str, str], Mapping[str, Any]] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Recorded:
        """The answers in that file."""
        entries = json.loads(path.read_text(encoding="utf-8"))["entries"]
        return cls({_place(httpx.URL(entry["url"])): entry for entry in entries})

    def app(self, request: httpx.Request) -> httpx.Response:
        """What Bitbucket answered; 404 to what was not asked when the answers were recorded."""
        path, page = _place(request.url)
        if path.endswith("/pullrequests"):
            return httpx.Response(200, json={"values": [], "pagelen": 50, "size": 0, "page": 1})
        found = self.answers.get((path, page))
        if found is None:
            return httpx.Response(404, json={"type": "error", "error": {"message": "Resource not found"}})
        body = found["body"].replace("[REDACTED]", TOKEN).replace(*_links(request.url))
        return httpx.Response(found["status"], headers=found["headers"], content=body.encode())


def _place(url: httpx.URL) -> tuple[str, str]:
    """Path and page. Bitbucket takes slugs in any case, and a slash at the end or none."""
    path = unquote(url.raw_path.decode("ascii").partition("?")[0]).rstrip("/").casefold()
    return path.removeprefix(PREFIX), url.params.get("page", "1")


def _links(url: httpx.URL) -> tuple[str, str]:
    """What to replace in links to further pages: they go on where the request came in."""
    prefix = PREFIX if url.path.startswith(f"{PREFIX}/") else ""
    return f"https://bitbucket.org{PREFIX}/2.0", f"{url.scheme}://{url.netloc.decode('ascii')}{prefix}/2.0"


@frozen
class Ran:
    """What a command answered, said and printed."""

    code: ExitCode
    stdout: str
    stderr: str


@frozen
class Desk:
    """A directory with settings in it, and the recording on loopback."""

    origin: str
    place: Path

    def run(self, *arguments: str, workspace: str = "ExampleJ1Workspace", prefix: str = PREFIX) -> Ran:
        """Run a command with the settings of this directory."""
        environ = {
            "BITBUCKET_URL": self.origin,
            "BITBUCKET_API_URL": f"{self.origin}{prefix}",
            "BITBUCKET_WORKSPACE": workspace,
            "BITBUCKET_CLIENT_KEY": KEY,
            "BITBUCKET_CLIENT_SECRET": SECRET,
        }
        stdout, stderr = io.StringIO(), io.StringIO()
        invocation = Invocation(io.StringIO(), stdout, stderr, environ, clock=lambda: NOW, sleep=lambda _: None)
        config = self.place / "bbsync.toml"
        config.write_text(
            f'[target]\npath = "{self.place / "graph.db"}"\n[state]\nurl = "sqlite:///{self.place / "state.db"}"\n',
            encoding="utf-8",
        )
        code = run([*arguments, "--config", str(config)], invocation)
        return Ran(code, stdout.getvalue(), stderr.getvalue())

    def graph(self) -> Graph:
        """What is in the local target."""
        return GraphFile(self.place / "graph.db", LocalSettings().scope).read_snapshot().graph


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    with serve(Recorded.read(RECORDING).app) as origin:
        yield Desk(origin, tmp_path)


def test_plan_announces_what_the_real_workspace_holds(desk: Desk) -> None:
    """The first plan of the real workspace is complete, and everything is new."""
    ran = desk.run("plan", "--detailed-exitcode")

    assert (ran.code, ran.stderr) == (ExitCode.CHANGES, "12 calls to Bitbucket.\n")
    assert "Plan: 24 to add, 0 to change, 0 to destroy." in ran.stdout.splitlines()


def test_plan_writes_nothing_but_the_ledger_of_calls(desk: Desk) -> None:
    """Planning leaves no graph behind."""
    desk.run("plan")

    assert sorted(path.name for path in desk.place.iterdir()) == ["bbsync.toml", "state.db"]


def test_apply_brings_the_real_workspace_into_the_graph(desk: Desk) -> None:
    """Every entity and every relationship of the recording is in the graph, and nothing else."""
    ran = desk.run("apply", "--auto-approve")

    graph = desk.graph()
    assert ran.code is ExitCode.OK
    assert {key: entity.type for key, entity in graph.entities.items()} == ENTITIES
    assert {(tie.source, tie.type, tie.target) for tie in graph.relationships.values()} == RELATIONSHIPS


@pytest.mark.parametrize("key", PROPERTIES)
def test_properties_of_the_real_workspace(desk: Desk, key: str) -> None:
    """Names, addresses, times and levels arrive as the recording has them."""
    desk.run("apply", "--auto-approve")

    assert desk.graph().entities[key].properties == PROPERTIES[key]


def test_restrictions_of_both_pages_are_named_by_what_they_restrict(desk: Desk) -> None:
    """The sixteen restrictions lie on two pages; each says what it restricts, and where."""
    desk.run("apply", "--auto-approve")

    graph = desk.graph()
    found = {number: graph.entities[f"{REPOSITORY}/branch-restrictions/{number}"] for number in RESTRICTIONS}
    assert {number: _restricts(entity) for number, entity in found.items()} == RESTRICTIONS
    assert {entity.properties["matchKind"] for entity in found.values()} == {"glob"}


def _restricts(entity: Entity) -> tuple[object, object, object]:
    named = entity.properties
    return named["name"], named["pattern"], named.get("value")


def test_saved_plan_is_applied_and_the_next_plan_is_empty(desk: Desk) -> None:
    """Plan, apply that file, plan again: no changes."""
    saved = str(desk.place / "plan.json")

    planned = desk.run("plan", "--out", saved)
    applied = desk.run("apply", saved)
    again = desk.run("plan", "--detailed-exitcode")

    assert [planned.code, applied.code, again.code] == [ExitCode.OK] * 3
    assert "Apply complete! Resources: 24 added, 0 changed, 0 destroyed." in applied.stdout
    assert "No changes." in again.stdout


def test_pages_go_on_where_the_request_came_in(desk: Desk) -> None:
    """The API is the same below api.bitbucket.org/2.0 and bitbucket.org/api/2.0; both bring the same graph."""
    desk.run("apply", "--auto-approve")

    other = desk.run("plan", "--detailed-exitcode", prefix="")

    assert (other.code, other.stderr) == (ExitCode.OK, "12 calls to Bitbucket.\n")


def test_unknown_workspace_is_one_clear_sentence(desk: Desk) -> None:
    """The 404 that Bitbucket gave to an unknown workspace becomes a sentence, and there is no plan."""
    ran = desk.run("plan", workspace="jupiteron1")

    assert (ran.code, ran.stdout) == (ExitCode.ERROR, "")
    assert ran.stderr.splitlines() == [
        "Error: there is no workspace 'jupiteron1', or the consumers may not see it (BB-WORKSPACE).",
        "  Bitbucket answered 404.",
        (
            "  Write the workspace as in its address (bitbucket.org/<workspace>), and make the OAuth consumers in that"
            " workspace."
        ),
    ]


def test_no_secret_is_shown_or_kept(desk: Desk) -> None:
    """Neither the consumer's secret nor its token is printed or written to a file."""
    saved = str(desk.place / "plan.json")

    said = [desk.run("plan", "--out", saved, "--verbose"), desk.run("apply", saved, "--verbose")]

    kept = [path.read_bytes() for path in desk.place.iterdir()]
    everything = b"".join([*kept, *((ran.stdout + ran.stderr).encode() for ran in said)])
    assert not [secret for secret in (KEY, SECRET, TOKEN) if secret.encode() in everything]
