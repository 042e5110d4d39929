"""What is seen of records in a file is seen on a server, by its clock."""

from __future__ import annotations

import pytest

from tests.state.lease_rig import Turns
from tests.state.test_looking import (
    test_calls_of_the_hour_are_counted,
    test_snapshots_of_all_scopes_are_seen,
    test_what_a_crash_left_is_seen,
    test_where_nothing_was_noted_nothing_is_seen,
    test_who_applies_is_seen_while_they_do,
)

__all__ = [  # they run here with the fixture below
    "test_calls_of_the_hour_are_counted",
    "test_snapshots_of_all_scopes_are_seen",
    "test_what_a_crash_left_is_seen",
    "test_where_nothing_was_noted_nothing_is_seen",
    "test_who_applies_is_seen_while_they_do",
]


@pytest.fixture(name="turns")
def _turns(url: str) -> Turns:
    return Turns(url)
