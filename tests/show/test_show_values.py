"""Values are written so that what changed is in view."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.graph import Value
from bbsync.show.explain import ABSENT, Difference, Shown
from bbsync.show.pen import Pen
from bbsync.show.safe import columns
from bbsync.show.values import first_difference, lines, shorten, written

PEN = Pen(100, colour=False, unicode=True, full=False)
FULL = Pen(100, colour=False, unicode=True, full=True)


@pytest.mark.parametrize(
    ("value", "name", "shown"),
    [
        (ABSENT, "language", "(none)"),
        (None, "language", "null"),
        (True, "public", "true"),
        (False, "archivedOn", "false"),
        (7, "taskCount", "7"),
        (0.5, "share", "0.5"),
        ("elm", "language", '"elm"'),
        ('say "hi" → "ho"', "name", '"say \\"hi\\" → \\"ho\\""'),
        ("two\nlines", "description", r'"two\nlines"'),
        (1_787_303_642_000, "updatedOn", "2026-08-21T09:14:02Z"),
        (1_787_303_642_123, "updatedOn", "2026-08-21T09:14:02.123Z"),
        (10**18, "updatedOn", "1000000000000000000"),
        ((), "reviewers", "[]"),
        (("alice", "bob"), "reviewers", '["alice", "bob"]'),
        (tuple(range(9)), "sizes", "[0, 1, 2 … 5 more … 8]"),
    ],
)
def test_values_are_written_for_people(value: Shown, name: str, shown: str) -> None:
    """Times as dates, text in quotes, what is not there as such."""
    assert written(value, name, PEN) == shown


def test_a_long_value_keeps_head_and_tail() -> None:
    """Two thirds of what is shown are its beginning, one third its end; what is hidden is counted."""
    assert shorten("a" * 50 + "z" * 50, 42, 0, "…") == "a" * 20 + "…[70 more]…" + "z" * 10


def test_the_first_difference_is_in_view() -> None:
    """Two long values that begin and end alike show the place where they part."""
    before, after = "x" * 100 + "left" + "y" * 100, "x" * 100 + "right" + "y" * 100

    (line,) = lines(Difference("description", before, after), PEN, names=11)

    assert "left" in line
    assert "right" in line
    assert columns(line) <= 100


@given(st.text(max_size=200), st.text(max_size=200))
def test_two_values_take_one_line(before: str, after: str) -> None:
    """However long and wide they are."""
    (line,) = lines(Difference("description", before, after), PEN, names=11)

    assert line.isprintable()
    assert columns(line) <= 100


@given(st.text(min_size=1, max_size=300), st.integers(20, 60), st.data())
def test_shortened_text_shows_its_focus(text: str, limit: int, data: st.DataObject) -> None:
    """The character in focus is among those shown; a text that fits is whole, however many marks it has."""
    focus = data.draw(st.integers(0, len(text) - 1))

    shown = shorten(text, limit, focus, "…")

    assert text[focus] in shown
    assert len(shown) <= max(limit, 6) + 22 or (shown == text and columns(text) <= limit)


@pytest.mark.parametrize(
    ("one", "other", "place"), [("abc", "abd", 2), ("abc", "abcd", 3), ("", "a", 0), ("a", "a", 1)]
)
def test_the_first_difference_is_found(one: str, other: str, place: int) -> None:
    """It is where the shorter one ends if nothing else differs."""
    assert first_difference(one, other) == place


def test_sets_show_what_came_and_went() -> None:
    """Not both lists, but the names that matter."""
    difference = Difference("approvers", ("bob",), ("alice", "dan"), ("alice", "dan"), ("bob",))

    assert list(lines(difference, PEN, names=9)) == ['      approvers  + "alice", + "dan", - "bob"']


def test_long_sets_are_collapsed() -> None:
    """The first three, how many more, the last."""
    came: tuple[Value, ...] = tuple(f"c{number}" for number in range(9))

    (line,) = lines(Difference("commits", (), ("x",), came), PEN, names=7)

    assert line == '      commits  + "c0", + "c1", + "c2" … 5 more … + "c8"'


def test_full_text_is_compared_line_by_line() -> None:
    """Of a description of several lines, those that differ and their neighbours are shown."""
    difference = Difference("description", "one\ntwo\nthree\nfour", "one\n2\nthree\nfour")

    assert list(lines(difference, FULL, names=11)) == [
        "      description  @@ -1,3 +1,3 @@",
        "                    one",
        "                   -two",
        "                   +2",
        "                    three",
    ]


def test_long_property_names_leave_room_for_values() -> None:
    """A name that somebody made very long is cut, not its value."""
    (line,) = lines(Difference("n" * 90, 1, 2), PEN, names=90)

    assert line.endswith("…  1 → 2")
