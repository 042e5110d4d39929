"""Promises of the account's name: it is on everything, and another name changes just that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from run_rig import DAY, Rig, rig_at

from bbsync import steps
from bbsync.plan import Action
from bbsync.tagging import TAG

#: Permissions and branch restrictions are not read in every run.
DAILY = '[refresh]\npermissions = "48h"\nbranch_restrictions = "48h"\n'

NAMED = 'account_name = "Acme Bitbucket"\n'
RENAMED = 'account_name = "Acme, the whole of it"\n'
BARE = "tag_account_name = false\n"


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path) as rig:
        rig.bitbucket.calls_per_hour = 10**9
        yield rig


def plan(rig: Rig, name: str, toml: str = "", only: tuple[str, ...] = ()) -> steps.Made:
    """Plan under that name of the account, which stands above the tables."""
    return steps.plan(rig.settings(toml, name), rig.around, only=only)


def sync(rig: Rig, name: str, toml: str = "", only: tuple[str, ...] = ()) -> steps.Made:
    """Plan and apply under that name of the account."""
    made = plan(rig, name, toml, only)
    rig.apply_as(rig.settings(toml, name), made.plan, made.id)
    return made


def tags(rig: Rig) -> set[object]:
    """What the account is called in the graph; None for something that does not say."""
    return {entity.properties.get(TAG) for entity in rig.graph.entities.values()}


def changed(made: steps.Made) -> set[str]:
    """The properties that differ after the plan."""
    pairs = [(one.before.properties, one.after.properties) for one in made.plan.entities if one.before and one.after]
    return {name for one, two in pairs for name in {*one, *two} if one.get(name) != two.get(name)}


@pytest.mark.parametrize(
    ("first", "then", "left"),
    [
        (NAMED, RENAMED, "Acme, the whole of it"),
        (NAMED, BARE, None),
        (BARE, NAMED, "Acme Bitbucket"),
    ],
    ids=["renamed", "switched off", "switched on"],
)
def test_another_name_updates_every_entity_and_nothing_else(rig: Rig, first: str, then: str, left: str | None) -> None:
    """Every entity is updated, history that is not read again included; only the tag differs, and no relationship."""
    sync(rig, first, DAILY)
    rig.clock.now += DAY * 1.5
    sync(rig, first, DAILY)
    entities = len(rig.graph.entities)

    made = sync(rig, then, DAILY)

    assert [change.action for change in made.plan.entities] == [Action.UPDATE] * entities
    assert not made.plan.relationships
    assert changed(made) == {TAG}
    assert tags(rig) == {left}
    assert plan(rig, then, DAILY).plan.is_empty


def test_history_goes_with_its_repository_under_another_name(rig: Rig) -> None:
    """A pull request that is not read again is not renamed where its repository is gone: it is deleted as before."""
    sync(rig, NAMED)
    rig.clock.now += DAY * 1.5
    home = next(home for home in rig.repositories if home.pull_requests)
    rig.change("delete_repository", repository=home.slug)

    made = plan(rig, RENAMED)

    gone = {change.element.key for change in made.plan.entities if change.action is Action.DELETE}
    assert {key for key in rig.graph.entities if key.startswith(home.uuid)} <= gone


def test_history_of_what_was_not_asked_for_keeps_its_name_until_it_is(rig: Rig) -> None:
    """With --only, what is selected is renamed; a plan of everything renames the rest."""
    sync(rig, NAMED)
    rig.clock.now += DAY * 1.5
    sync(rig, NAMED)

    sync(rig, RENAMED, only=(f"repo:acme/{rig.repositories[0].slug}",))

    assert tags(rig) == {"Acme Bitbucket", "Acme, the whole of it"}
    sync(rig, RENAMED)
    assert tags(rig) == {"Acme, the whole of it"}


def test_kinds_that_are_switched_off_are_renamed_with_the_rest(rig: Rig) -> None:
    """Nothing else becomes of them, and when they are switched on again nothing has the old name."""
    sync(rig, NAMED)
    pulls = {key for key, entity in rig.graph.entities.items() if entity.type == "bitbucket_pullrequest"}

    made = sync(rig, RENAMED, "[pull_requests]\ningest = false\n[kinds]\ngroups = false\n")

    assert pulls < {change.element.key for change in made.plan.entities if change.action is Action.UPDATE}
    assert changed(made) == {TAG}
    assert tags(rig) == {"Acme, the whole of it"}
    assert plan(rig, RENAMED).plan.is_empty
