"""Promises of raw data: it rides along with what is uploaded, is never compared, and is the first to go."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import evolve
from run_rig import DAY, Rig, rig_at

from bbsync import applying
from bbsync.planfile import dumps, read
from bbsync.state.raw_items import RAW_FILE

RAW = "[jupiterone]\nraw_data = true\n"


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path, target="jupiterone") as rig:
        rig.bitbucket.calls_per_hour = 10**9
        yield rig


def stored(rig: Rig) -> dict[str, Any]:
    """What JupiterOne's raw data tab shows, by key."""
    tabs = cast("dict[str, list[dict[str, Any]]]", rig.jupiterone.raw_data("bbsync"))
    return {key: entries[0]["rawData"] for key, entries in tabs.items()}


def uploads(rig: Rig) -> int:
    """How many jobs there were."""
    return len(rig.jupiterone.jobs)


def test_without_the_setting_no_item_is_kept_or_uploaded(rig: Rig) -> None:
    """It is off unless somebody wants it: no file, and nothing beside the entities."""
    outcome = rig.sync()

    assert not stored(rig)
    assert outcome.raw is None
    assert not (rig.place / RAW_FILE).exists()


def test_every_entity_is_uploaded_with_its_item_as_answered(rig: Rig) -> None:
    """The tab shows what Bitbucket said, also what bbsync makes nothing of; the file is for its owner alone."""
    outcome = rig.sync(toml=RAW)

    found, home = stored(rig), rig.repositories[0]
    assert found.keys() == rig.graph.entities.keys()
    assert (found[home.uuid]["uuid"], found[home.uuid]["type"]) == (home.uuid, "repository")
    assert outcome.raw is not None
    assert (outcome.raw.whole, outcome.raw.trimmed, outcome.raw.lacking) == (len(found), 0, 0)
    assert stat.S_IMODE((rig.place / RAW_FILE).stat().st_mode) == 0o600


def test_graph_and_plan_are_what_they_are_without(rig: Rig) -> None:
    """Raw data is in no plan, and changes nothing of what is compared."""
    plain = rig.plan().plan

    with_raw = rig.plan(RAW)

    assert with_raw.plan == plain
    rig.apply(with_raw, toml=RAW)
    assert rig.plan(RAW).plan.is_empty
    assert rig.plan().plan.is_empty


def test_second_run_of_the_same_uploads_nothing(rig: Rig) -> None:
    """An upload takes more than another item."""
    rig.sync(toml=RAW)
    before = uploads(rig)

    rig.sync(toml=RAW)

    assert uploads(rig) == before


def test_items_that_were_not_read_in_this_run_are_uploaded_all_the_same(rig: Rig) -> None:
    """Old pull requests keep their raw data when something else is uploaded days later."""
    rig.sync(toml=RAW)
    before = stored(rig)
    rig.clock.now += DAY * 3
    rig.change("describe_repository", repository=rig.repositories[0].slug, description="other words")

    outcome = rig.sync(toml=RAW)

    after = stored(rig)
    assert after.keys() == before.keys()
    assert after[rig.repositories[0].uuid]["description"] == "other words"
    assert outcome.raw is not None
    assert outcome.raw.lacking == 0


def test_saved_plan_takes_the_items_along_that_it_was_made_from(rig: Rig) -> None:
    """Another run that plans meanwhile reads newer items; those of the reviewed plan are uploaded with it."""
    home = rig.repositories[0]
    saved = read(dumps(rig.plan(RAW).plan))
    rig.change("describe_repository", repository=home.slug, description="after the review")
    rig.plan(RAW)

    rig.apply_as(rig.settings(RAW), saved.plan)

    assert rig.graph.entities[home.uuid].properties.get("description") != "after the review"
    assert stored(rig)[home.uuid]["description"] != "after the review"


def test_plan_without_its_items_is_applied_and_says_how_many_lack(rig: Rig) -> None:
    """Raw data stands in the way of nothing: on another machine, or with the file lost, the graph is as planned."""
    made = rig.plan(RAW)
    (rig.place / RAW_FILE).unlink()

    outcome = rig.apply(made, toml=RAW)

    assert outcome.raw is not None
    assert outcome.raw.lacking == len(rig.graph.entities)
    assert f"{len(rig.graph.entities):,} have none as their items were not read yet" in "\n".join(rig.said)
    assert not stored(rig)


@pytest.mark.parametrize(("then", "kept"), [(RAW, "lost.db"), ("", RAW_FILE)], ids=["items lost", "switched off"])
def test_it_does_not_matter_whether_other_raw_data_counts_as_an_update(rig: Rig, then: str, kept: str) -> None:
    """Nobody documents it: an apply is whole where more entities count as updated, for their raw data alone."""
    rig.jupiterone.counts_raw_data = True
    rig.sync(toml=RAW)
    rig.clock.now += DAY * 3
    (rig.place / RAW_FILE).rename(rig.place / kept)
    for slug, words in ((rig.repositories[0].slug, "other words"), (rig.repositories[1].slug, "more of them")):
        rig.change("describe_repository", repository=slug, description=words)

    outcome = rig.sync(toml=then)

    assert outcome.counted.entities_updated > 2
    assert rig.plan(then).plan.is_empty


def test_items_of_what_is_gone_are_forgotten(rig: Rig) -> None:
    """Nobody's name is kept longer than what it was kept with."""
    rig.sync(toml=RAW)
    home = rig.repositories[0]
    rig.change("delete_repository", repository=home.slug)
    made = rig.plan(RAW)

    rig.apply(made, toml=RAW, allow_deletes=made.plan.entity_totals.destroy)

    kept = (rig.place / RAW_FILE).read_bytes()
    assert home.uuid.encode() not in kept


def test_raw_data_that_cannot_be_kept_or_read_stands_in_the_way_of_nothing(rig: Rig) -> None:
    """It is said, and the plan is made and applied."""
    (rig.place / RAW_FILE).write_bytes(b"this is no database, and was never one" * 40)

    rig.sync(toml=RAW)

    said = "\n".join(rig.said)
    assert rig.plan().plan.is_empty
    assert "raw data could not be kept" in said
    assert "raw data cannot be read, and is left out" in said


def test_outcome_is_the_same_value_with_and_without(rig: Rig) -> None:
    """What an apply came to is what was counted."""
    outcome = rig.sync(toml=RAW)

    assert outcome == applying.Outcome(evolve(outcome.counted))
