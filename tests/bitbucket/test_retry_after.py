"""How long Bitbucket asks to be left alone."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.retry_after import LONGEST, retry_after, told_to_rest

#: Thu, 01 Jan 2026 00:00:00 GMT
NEW_YEAR = 1_767_225_600.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Thu, 01 Jan 2026 00:01:30 GMT", 90.0),
        ("Thu, 01 Jan 2026 01:01:30 +0100", 90.0),
        ("Thu, 01 Jan 2026 00:01:30", 90.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2099 00:00:00 GMT", LONGEST),
        ("9" * 400, LONGEST),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_seconds_and_dates_are_understood(text: str, expected: float | None) -> None:
    """Both forms of the header; nonsense and the far future are not believed."""
    response = httpx.Response(503, headers={"retry-after": text})

    assert retry_after(response, NEW_YEAR) == expected


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_no_header_text_breaks_the_run(text: str) -> None:
    """Whatever stands there, the answer is a bounded wait or none."""
    response = httpx.Response(429, headers={"retry-after": text})

    wait = told_to_rest(response, NEW_YEAR)

    assert wait is None or 0 <= wait <= LONGEST


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-ratelimit-reset": "745"}, 745.0),
        ({"retry-after": "3", "x-ratelimit-reset": "745"}, 3.0),
        ({"retry-after": "soon", "x-ratelimit-reset": "745"}, 745.0),
        ({}, None),
    ],
)
def test_a_refusal_may_hold_the_seconds_that_are_left(headers: dict[str, str], expected: float | None) -> None:
    """x-ratelimit-reset holds seconds and not a time; Retry-After goes first; usually there is neither."""
    assert told_to_rest(httpx.Response(429, headers=headers), NEW_YEAR) == expected
