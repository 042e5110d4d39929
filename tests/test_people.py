"""Users are tied to Persons, on both targets and through the whole life of a user; no Person is ever made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from run_rig import Rig, rig_at

from bbsync import applying
from bbsync.errors import PlanFileError
from bbsync.mapped import is_mapped
from bbsync.plan import Action

IS_PERSON = "bitbucket_user_is_person"
FREELY = "[guards]\ndelete_percent = 100\ndelete_floor = 1000\n"


@pytest.fixture(name="rig", scope="module")
def _rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """JupiterOne and a world, read and planned once for what changes nothing."""
    with rig_at(tmp_path_factory.mktemp("people"), target="jupiterone") as rig:
        yield rig


@pytest.fixture(name="account")
def _account(tmp_path: Path) -> Iterator[Rig]:
    """The same anew, for what changes it."""
    with rig_at(tmp_path, target="jupiterone") as rig:
        yield rig


def member(rig: Rig, number: int = -1) -> Any:
    """A member of the workspace, one that owns nothing by default."""
    return rig.bitbucket.world.workspaces[0].members[number].account


def employ(rig: Rig, key: str, **properties: Any) -> None:
    """Put a Person into the account, as an identity provider would."""
    named = {"_key": key, "_type": "employee", "_class": ["Person"], "displayName": key, "name": key, **properties}
    rig.jupiterone.put([named], scope="okta")


def tied(rig: Rig) -> set[tuple[str, str]]:
    """Which users JupiterOne has tied to which Persons."""
    edges = rig.jupiterone.relationships()
    return {(edge["_fromEntityKey"], edge["_toEntityKey"]) for edge in edges if edge["_type"] == IS_PERSON}


def mapped_to(rig: Rig, **emails: str) -> str:
    """Settings with a map that gives these addresses by nickname."""
    file = rig.place / "identities.csv"
    lines = [f"{nickname},{email}\n" for nickname, email in emails.items()]
    file.write_text("".join(["nickname,email\n", *lines]), "utf-8")
    return f'[identities]\nmap = "{file}"\n'


def test_user_is_tied_by_nickname(account: Rig) -> None:
    """The rule that JupiterOne documents for Bitbucket, carried out wherever the Person is."""
    employ(account, "person-ada-1", bitbucketNickname=member(account).nickname)

    account.sync()

    assert tied(account) == {(member(account).uuid, "person-ada-1")}


def test_user_is_tied_by_the_address_of_the_map(account: Rig) -> None:
    """Bitbucket tells no addresses; the map does."""
    employ(account, "person-ada-1", email=["ada@acme.example"])

    account.sync(mapped_to(account, **{member(account).nickname: "Ada@Acme.example"}))

    assert tied(account) == {(member(account).uuid, "person-ada-1")}


@pytest.mark.parametrize(("settings", "found"), [("", 0), ("[identities]\nby_name = true\n", 1)])
def test_name_ties_only_where_it_is_switched_on(account: Rig, settings: str, found: int) -> None:
    """Two people may share a name."""
    employ(account, "person-ada-1", name=member(account).display_name)

    account.sync(settings)

    assert len(tied(account)) == found


def test_no_person_is_made(account: Rig) -> None:
    """Whom nobody knows stays unknown: nothing but what Bitbucket has is in the account afterwards."""
    account.sync(mapped_to(account, **{member(account).nickname: "ada@acme.example"}))

    stored = account.jupiterone.entities()
    assert {entity["_scope"] for entity in stored} == {"bbsync"}
    assert not [entity for entity in stored if "Person" in entity["_class"]]
    assert tied(account) == set()


@pytest.mark.parametrize("known", [True, False])
def test_second_plan_is_empty(account: Rig, known: bool) -> None:
    """What was asked for is there, whether JupiterOne found anybody or not."""
    if known:
        employ(account, "person-ada-1", bitbucketNickname=member(account).nickname)
    settings = mapped_to(account, **{member(account).nickname: "ada@acme.example"})
    account.sync(settings)

    again = account.plan(settings)

    assert again.plan.is_empty


def test_user_who_goes_takes_the_tie_along(account: Rig) -> None:
    """In the plan, in what is counted, and in the graph."""
    gone = member(account)
    employ(account, "person-ada-1", bitbucketNickname=gone.nickname)
    account.sync()
    account.change("remove_member", member=gone.uuid)

    made = account.plan(FREELY)
    account.apply(made, toml=FREELY)

    (untied,) = (change for change in made.plan.relationships if change.element.type == IS_PERSON)
    assert (untied.action, untied.element.source) == (Action.DELETE, gone.uuid)
    assert tied(account) == set()


def test_new_address_is_an_update(account: Rig) -> None:
    """A row more changes its user and its tie, and nothing else."""
    account.sync()
    settings = mapped_to(account, **{member(account).nickname: "ada@acme.example"})

    plan = account.plan(settings).plan

    (user,), (tie,) = plan.entities, plan.relationships
    assert (user.action, user.element.key) == (Action.UPDATE, member(account).uuid)
    assert (tie.action, tie.label) == (Action.UPDATE, f"{member(account).display_name} IS Person")


@pytest.mark.parametrize("target", ["local", "jupiterone"])
def test_both_targets_hold_what_was_asked_for(account: Rig, target: str) -> None:
    """One tie for each member with a nickname, which the local graph shows like any other relationship."""
    rig = account.with_target(target)
    planned = rig.plan()

    rig.apply(planned)

    members = [change for change in planned.plan.entities if change.element.type == "bitbucket_user"]
    ties = [tie for tie in rig.graph.relationships.values() if is_mapped(tie)]
    assert {tie.source for tie in ties} == {change.element.key for change in members}


def test_verified_apply_reads_the_ties_back(account: Rig) -> None:
    """Reading again what was written finds nothing that differs."""
    made, settings = account.plan(), account.settings()

    outcome = applying.apply(made.plan, settings, account.around, identity="00000000", verified=True)

    assert outcome.counted.relationships_created == made.plan.relationship_totals.add


def test_saved_plan_is_refused_once_the_map_is_another(rig: Rig) -> None:
    """A plan that takes users for other people than the map does now is not what was reviewed."""
    made = rig.plan(mapped_to(rig, **{member(rig).nickname: "ada@acme.example"}))
    other = rig.settings(mapped_to(rig, **{member(rig).nickname: "eve@acme.example"}))

    with pytest.raises(PlanFileError) as caught:
        rig.apply_as(other, made.plan)

    assert caught.value.code == "BB-PLAN-IDENTITIES"
    assert rig.jupiterone.entities() == []


def test_plan_is_bound_to_what_the_map_says_alone(account: Rig) -> None:
    """Rows in another order, and lines without anything, make no other map."""
    emails = {member(account, -1).nickname: "ada@acme.example", member(account, -2).nickname: "ben@acme.example"}
    made = account.plan(mapped_to(account, **emails))
    turned = account.settings(mapped_to(account, **dict(reversed(emails.items()))))

    account.apply_as(turned, made.plan)

    assert account.plan(mapped_to(account, **emails)).plan.is_empty


def test_plan_of_a_bbsync_without_a_map_is_bound_to_none(rig: Rig) -> None:
    """A map that comes after the plan makes another plan, too."""
    made = rig.plan()
    later = rig.settings(mapped_to(rig, **{member(rig).nickname: "ada@acme.example"}))

    with pytest.raises(PlanFileError, match="identity map"):
        rig.apply_as(later, evolve(made.plan))
