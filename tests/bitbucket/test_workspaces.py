"""Workspaces are found by name, or by uuid when that name is no more."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from observing_rig import bitbucket_of, named, of_type, run, spoil

from bbsync.bitbucket.settings import LimitSettings
from bbsync.errors import BitbucketError
from bbsync.fate import Fate
from bbsync.graph import Graph
from bbsync.plan import Action
from bbsync.sandbox.bitbucket import Bitbucket, Fault, Sizes

TWO = Sizes(
    repositories=2, members=3, projects=1, groups=1, pull_requests=2, permissions=1, restrictions=1,
    workspaces=("acme", "umbrella"),
)  # fmt: skip
NAMELESS = '{"uuid": "", "slug": "acme", "name": "Acme", "is_private": true}'
BOTH = {"workspaces": ("acme", "umbrella")}


@pytest.fixture
def bitbucket() -> Bitbucket:
    return bitbucket_of(TWO)


@pytest.fixture
def before(bitbucket: Bitbucket) -> Graph:
    return run(bitbucket, **BOTH).after


def rename(bitbucket: Bitbucket, slug: str) -> None:
    """Give the first workspace another slug, which is in its address."""
    bitbucket.world.workspaces[0].slug = slug


def close(bitbucket: Bitbucket) -> None:
    """Let nobody see the first workspace any more."""
    bitbucket.world.workspaces[0].visible = False


@pytest.mark.parametrize("called", ["acme", "ACME", "uuid"])
def test_a_workspace_is_named_by_slug_or_uuid(bitbucket: Bitbucket, called: str) -> None:
    """Bitbucket takes either, in any case."""
    name = bitbucket.world.workspaces[0].uuid if called == "uuid" else called

    found = run(bitbucket, workspaces=(name,))

    assert named(found.after, "workspace").properties["slug"] == "acme"
    assert len(of_type(found.after, "repo")) == 2
    assert found.gaps == ()


def test_a_workspace_that_is_named_twice_is_read_once(bitbucket: Bitbucket) -> None:
    """By its name and by its uuid it is the same one."""
    found = run(bitbucket, workspaces=("acme", "acme", bitbucket.world.workspaces[0].uuid))

    calls = bitbucket.calls_by_endpoint()
    assert len(of_type(found.after, "workspace")) == 1
    assert calls["GET /2.0/workspaces/{workspace}"] == 2
    assert calls["GET /2.0/repositories/{workspace}"] == 1


def test_two_workspaces_share_a_user_and_not_a_group(before: Graph) -> None:
    """A user is one account in both; groups of the same slug are two."""
    shared = {tie.target for tie in before.relationships.values() if tie.type == "bitbucket_workspace_has_user"}
    ties = [tie for tie in before.relationships.values() if tie.type == "bitbucket_workspace_has_user"]

    assert len(ties) == len(shared) + 1
    assert len({entity.key for entity in of_type(before, "group") if entity.properties["slug"] == "developers"}) == 2


def test_who_leaves_one_of_two_workspaces_stays_in_the_other(bitbucket: Bitbucket, before: Graph) -> None:
    """The tie goes; the user stays, with the role that is left."""
    shared = bitbucket.world.workspaces[0].members[0].account
    bitbucket.change("set_role", workspace="umbrella", member=shared.nickname, permission="member")
    acme = named(before, "workspace", slug="acme")
    assert before.entities[str(shared.uuid)].properties["workspaceRole"] == "owner"
    bitbucket.change("remove_member", workspace="acme", member=shared.nickname)

    found = run(bitbucket, before, **BOTH)

    assert f"{acme.key}|has|{shared.uuid}" in found.deleted
    assert shared.uuid not in found.deleted
    assert found.after.entities[str(shared.uuid)].properties["workspaceRole"] == "member"
    assert run(bitbucket, found.after, **BOTH).plan.is_empty


def test_a_run_over_one_workspace_leaves_the_other_alone(bitbucket: Bitbucket, before: Graph) -> None:
    """Even the role of a user who is an owner there and a member here."""
    shared = bitbucket.world.workspaces[0].members[0].account
    bitbucket.change("set_role", workspace="acme", member=shared.nickname, permission="member")

    found = run(bitbucket, before, workspaces=("acme",))

    assert found.plan.is_empty
    assert Fate.OUT_OF_SCOPE.value in {kept.why for kept in found.plan.kept}


def test_a_role_is_not_taken_away_while_a_workspace_cannot_be_read(bitbucket: Bitbucket) -> None:
    """A new owner of a workspace that does not tell its members, and no longer one of the other: nobody knows."""
    newcomer = bitbucket.world.workspaces[0].members[1].account
    before = run(bitbucket, workspaces=("acme",)).after
    bitbucket.change("set_role", workspace="acme", member=newcomer.nickname, permission="member")
    bitbucket.faults.append(Fault("/workspaces/umbrella/permissions", status=500))

    found = run(bitbucket, before, **BOTH)

    assert found.after.entities[str(newcomer.uuid)].properties["workspaceRole"] == "owner"


@pytest.mark.parametrize("configured", ["acme", "acme-corp"])
def test_a_renamed_workspace_moves_and_loses_nothing(bitbucket: Bitbucket, before: Graph, configured: str) -> None:
    """Whether the settings know the new name or still the old one: it is known by its uuid."""
    rename(bitbucket, "acme-corp")

    found = run(bitbucket, before, workspaces=(configured, "umbrella"))

    moved = {change.element.type for change in found.plan.entities if change.action is Action.MOVE}
    assert moved == {"bitbucket_workspace", "bitbucket_repo"}
    assert found.deleted == set()
    assert found.plan.entity_totals.add == 0
    assert found.gaps == ()


def test_a_workspace_is_gone_when_neither_name_nor_uuid_answers(bitbucket: Bitbucket, before: Graph) -> None:
    """Then everything in it goes, and nothing of the other one."""
    close(bitbucket)
    acme = named(before, "workspace", slug="acme")

    found = run(bitbucket, before, **BOTH)

    assert acme.key in found.deleted
    assert {entity.properties.get("slug") for entity in of_type(found.after, "workspace")} == {"umbrella"}
    assert not [key for key in found.after.entities if key.startswith(acme.key)]
    assert len(of_type(found.after, "user")) == 3


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 403}, "BB-FETCH-403"),
        ({"status": 429}, "BB-FETCH-LIMIT"),
        ({"status": 500}, "BB-FETCH-500"),
        ({"kind": "html"}, "BB-FETCH-JSON"),
        ({"kind": "null"}, "BB-FETCH-SCHEMA"),
        ({"kind": "wrong_schema"}, "BB-FETCH-SCHEMA"),
        ({"kind": "redirect"}, "BB-FETCH-ORIGIN"),
        ({"kind": "wrong_schema", "body": NAMELESS}, "BB-FETCH-SCHEMA"),
    ],
)
def test_a_workspace_that_does_not_answer_is_withheld_whole(
    bitbucket: Bitbucket, before: Graph, fault: dict[str, Any], code: str
) -> None:
    """Nothing in it is looked at, and nothing in it is lost."""
    bitbucket.faults.append(Fault("/2.0/workspaces/acme$", **fault))
    limits = LimitSettings(concurrency=4, calls_per_hour=10_000, on_exhausted="partial")

    found = run(bitbucket, before, limits=limits, **BOTH)

    assert found.plan.is_empty
    assert code in found.codes
    assert named(before, "workspace", slug="acme").key in found.withheld


def test_a_workspace_with_a_time_that_is_none_is_withheld(bitbucket: Bitbucket, before: Graph) -> None:
    """A value that is not as documented is a gap there as anywhere."""

    def timeless(response: httpx.Response) -> httpx.Response:
        return httpx.Response(200, json={**json.loads(response.content), "created_on": "once upon a time"})

    app = spoil(bitbucket.app, lambda request: request.url.path.endswith("/workspaces/acme"), timeless)
    found = run(app, before, **BOTH)

    assert found.codes == {"BB-FETCH-SCHEMA"}
    assert found.plan.is_empty


def test_a_workspace_that_never_was_ends_the_run(bitbucket: Bitbucket) -> None:
    """A misspelt name is no reason to delete or to be silent."""
    with pytest.raises(BitbucketError, match="there is no workspace 'acmee'") as caught:
        run(bitbucket, workspaces=("acme", "acmee"))

    assert caught.value.code == "BB-WORKSPACE"


def test_a_name_that_belongs_to_another_workspace_now_deletes_nothing(bitbucket: Bitbucket, before: Graph) -> None:
    """The one that had it may live on under a name that nobody told us."""
    rename(bitbucket, "acme-corp")
    bitbucket.world.workspaces[1].slug = "acme"

    found = run(bitbucket, before, workspaces=("acme",))

    assert found.deleted == set()
    assert named(before, "workspace", slug="acme").key in found.withheld
