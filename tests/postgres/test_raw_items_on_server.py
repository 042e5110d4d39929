"""What is promised of raw items in a file holds on a server, too."""

from __future__ import annotations

import pytest

from bbsync.state import KeptItems
from tests.state.test_kept_items import (
    test_item_goes_when_there_is_a_later_one_and_no_plan_can_want_it,
    test_item_is_found_by_what_was_made_of_it,
    test_items_of_targets_are_kept_apart,
    test_latest_item_stands_in_where_nobody_knows_the_entity,
    test_more_items_than_a_statement_takes_are_kept,
    test_same_entity_has_the_item_that_was_noted_last,
)

__all__ = [  # they run here with the fixture below
    "test_item_goes_when_there_is_a_later_one_and_no_plan_can_want_it",
    "test_item_is_found_by_what_was_made_of_it",
    "test_items_of_targets_are_kept_apart",
    "test_latest_item_stands_in_where_nobody_knows_the_entity",
    "test_more_items_than_a_statement_takes_are_kept",
    "test_same_entity_has_the_item_that_was_noted_last",
]


@pytest.fixture(name="items")
def _items(url: str) -> KeptItems:
    return KeptItems(url)
