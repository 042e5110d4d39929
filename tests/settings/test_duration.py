"""Lengths of time as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.settings.duration import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0s", 0), ("90s", 90), ("30m", 1800), ("24h", 86_400), ("1d", 86_400), (" 7 d ", 604_800)],
)
def test_a_number_and_a_unit_are_a_duration(text: str, expected: int) -> None:
    """Seconds, minutes, hours and days are understood."""
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "24", "h", "24 hours", "-1h", "1.5h", "1h30m", "²s", "1w", "9999999999d"])
def test_anything_else_names_the_accepted_forms(text: str) -> None:
    """Nonsense is answered with what would have been right."""
    with pytest.raises(ValueError, match='"90s", "30m", "24h" or "7d"'):
        seconds(text)


@given(st.integers(0, 10**9 - 1), st.sampled_from("smhd"))
def test_durations_grow_with_their_number(number: int, unit: str) -> None:
    """A duration is its number times that of one unit."""
    assert seconds(f"{number}{unit}") == number * seconds(f"1{unit}")
