"""Promises of raw items between runs: each plan finds those that it was made from, and nothing is kept for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from bbsync.state import KeptItems, RawItem, State
from bbsync.state.raw_items import LIFETIME, PORTION, RAW_FILE

HERE, ELSEWHERE = "local graph.db, scope bbsync", "JupiterOne account acme, scope bbsync"

NOW = 1_787_303_642_000


@pytest.fixture(name="items")
def _items(tmp_path: Path) -> KeptItems:
    return KeptItems(f"sqlite:///{tmp_path / 'state.db'}")


def item(key: str, mark: str, said: str) -> RawItem:
    """An item that says so."""
    return RawItem(key, mark, said.encode())


def test_item_is_found_by_what_was_made_of_it(items: KeptItems) -> None:
    """Of two the one that the entity was made from is found, though the other is later."""
    items.note(HERE, [item("{1}", "as reviewed", "old")], NOW)
    items.note(HERE, [item("{1}", "as it is", "new")], NOW + 1)

    assert items.of(HERE, {"{1}": "as reviewed"}) == {"{1}": b"old"}
    assert items.of(HERE, {"{1}": "as it is"}) == {"{1}": b"new"}


def test_latest_item_stands_in_where_nobody_knows_the_entity(items: KeptItems) -> None:
    """What an entity became by other ways has the latest item of its key, and an unknown key has none."""
    items.note(HERE, [item("{1}", "two", "later")], NOW + 1)
    items.note(HERE, [item("{1}", "one", "sooner")], NOW)

    assert items.of(HERE, {"{1}": "renamed", "{2}": "new"}) == {"{1}": b"later"}


def test_same_entity_has_the_item_that_was_noted_last(items: KeptItems) -> None:
    """What differs only in what bbsync makes nothing of is replaced."""
    items.note(HERE, [item("{1}", "same", "old")], NOW)
    items.note(HERE, [item("{1}", "same", "new")], NOW + 1)

    assert items.of(HERE, {"{1}": "same"}) == {"{1}": b"new"}


def test_items_of_targets_are_kept_apart(items: KeptItems) -> None:
    """Another target's item is never found, nor forgotten."""
    items.note(HERE, [item("{1}", "same", "here")], NOW)
    items.note(ELSEWHERE, [item("{1}", "same", "elsewhere")], NOW)

    items.forget(ELSEWHERE, ["{1}"], NOW)

    assert items.of(HERE, {"{1}": "same"}) == {"{1}": b"here"}
    assert (items.holds(HERE), items.holds(ELSEWHERE)) == (True, False)


def test_more_items_than_a_statement_takes_are_kept(items: KeptItems) -> None:
    """They are written, found and forgotten in portions."""
    many = [item(f"{{{number}}}", "same", str(number)) for number in range(2 * PORTION + 1)]
    marks = {one.key: one.mark for one in many}
    items.note(HERE, many, NOW)

    assert items.of(HERE, marks) == {one.key: one.packed for one in many}
    items.forget(HERE, marks, NOW)
    assert not items.of(HERE, marks)


def test_item_goes_when_there_is_a_later_one_and_no_plan_can_want_it(items: KeptItems) -> None:
    """A day later no saved plan is valid that it belongs to; the latest stays however old it is."""
    items.note(HERE, [item("{1}", "one", "first")], NOW)
    items.note(HERE, [item("{1}", "two", "last")], NOW + 1)

    items.forget(HERE, [], NOW + LIFETIME)
    kept = items.of(HERE, {"{1}": "one"})
    items.forget(HERE, [], NOW + LIFETIME + 9)

    assert kept == {"{1}": b"first"}
    assert items.of(HERE, {"{1}": "one"}) == {"{1}": b"last"}


def test_looking_for_items_makes_nothing(tmp_path: Path) -> None:
    """Where nothing was kept nothing is found, and no file is left behind."""
    items = KeptItems(f"sqlite:///{tmp_path / 'state.db'}")

    assert not items.of(HERE, {"{1}": "same"})
    assert not items.holds(HERE)
    assert not list(tmp_path.iterdir())


def test_items_are_no_part_of_the_records(tmp_path: Path) -> None:
    """They have a file of their own: who backs up the records copies nobody's names."""
    url = f"sqlite:///{tmp_path / 'state.db'}"

    KeptItems(url).note(HERE, [item("{1}", "same", "a name")], NOW)

    assert [file.name for file in tmp_path.iterdir()] == [RAW_FILE]
    assert State(url).applies(HERE) == []
