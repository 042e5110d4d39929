"""The report of a fleet: every configuration, what went wrong, the totals, and the worst exit code."""

from __future__ import annotations

import json

import pytest

from bbsync.errors import ExitCode
from bbsync.fleet import Ended, as_json, as_markdown, as_text, worst

WEB = Ended("web", ExitCode.CHANGES, "planned", "3f9a1c02", add=2, change=1, destroy=0, calls=12)
BAD = Ended("b|a\x1bd", ExitCode.ERROR, "no *workspace* <b>is</b> set (BB-SETTINGS).")


def test_text_names_each_and_says_what_went_wrong() -> None:
    """A line for each; nothing in it can move the cursor."""
    shown = as_text([WEB, BAD])

    assert "3f9a1c02  2 to add, 1 to change, 0 to destroy" in shown
    assert "(BB-SETTINGS)" in shown
    assert "\x1b" not in shown
    assert "Fleet: 2 configurations, 1 not as they should be. 2 to add, 1 to change, 0 to destroy." in shown


def test_markdown_is_a_table_that_does_nothing() -> None:
    """Names and messages of others are no markup."""
    shown = as_markdown([WEB, BAD])

    assert "| web | changes | 3f9a1c02 | 2 | 1 | 0 |" in shown
    assert "<b>" not in shown
    assert "b|a" not in shown


def test_json_holds_all_of_it() -> None:
    """For programs, with the exit code of each and of all."""
    document = json.loads(as_json([WEB, BAD], ExitCode.ERROR))

    assert document["exit_code"] == 1
    assert [(one["name"], one["exit_code"], one["add"]) for one in document["configurations"]] == [
        ("web", 2, 2),
        (BAD.name, 1, 0),
    ]


@pytest.mark.parametrize(
    ("codes", "detailed", "answer"),
    [
        ([0, 0], True, 0),
        ([0, 2], True, 2),
        ([0, 2], False, 0),
        ([2, 3], True, 3),
        ([3, 1], True, 1),
        ([1, 4, 3], True, 4),
        ([4, 5], True, 5),
        ([5, 6], True, 6),
        ([1, 7], True, 7),
    ],
)
def test_the_worst_is_answered(codes: list[int], detailed: bool, answer: int) -> None:
    """In the order of precedence that a single run has."""
    ended = [Ended(str(number), ExitCode(code)) for number, code in enumerate(codes)]

    assert worst(ended, detailed=detailed) == answer
