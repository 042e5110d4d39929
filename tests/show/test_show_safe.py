"""Whatever text comes in, nothing comes out that steers a terminal or forges a line."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bbsync.show.safe import clip, columns, pad, safe, wrapped

anything = st.text(st.characters())


def test_every_code_point_comes_out_printable() -> None:
    """Not one of all code points, surrogates included, gets through raw if it is not printable."""
    everything = "".join(map(chr, range(sys.maxunicode + 1)))

    assert safe(everything).isprintable()
    assert safe(everything, ascii_only=True).isascii()


@given(anything)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    """What is printable is shown as it is, and what was made safe stays so."""
    shown = safe(text)

    assert safe(shown) == shown
    assert (shown == text) == text.isprintable() or "::" in text or "##" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("acme/web", "acme/web"),
        ("Zoë 漢字 😀", "Zoë 漢字 😀"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[2J\x9b2J\x07\x00\x7f", r"\u001b[2J\u009b2J\u0007\u0000\u007f"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("\u200b\ufeff\u2028\u00a0", r"\u200b\ufeff\u2028\u00a0"),
        ("\ud800", r"\ud800"),
        ("::error::x", r"\u003a:error::x"),
        ("word ::add-mask::x", r"word \u003a:add-mask::x"),
        (":::set-env name=A::x", r":\u003a:set-env name=A::x"),
        ("##[group]x ##vso[task.setvariable]", r"\u0023#[group]x \u0023#vso[task.setvariable]"),
        ("##teamcity[buildStatus]", r"\u0023#teamcity[buildStatus]"),
        ("std::vector<int> 12::34 ## heading", "std::vector<int> 12::34 ## heading"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_odd_characters_are_written_as_escapes(text: str, shown: str) -> None:
    """Control characters, changes of direction, invisible characters and lone surrogates can be seen."""
    assert safe(text) == shown


def test_ascii_escapes_every_other_letter() -> None:
    """A terminal that knows ASCII only shows the numbers of the others."""
    assert safe("Zoë 😀", ascii_only=True) == r"Zo\u00eb \U0001f600"


@pytest.mark.parametrize(("text", "width"), [("", 0), ("abc", 3), ("Zoë", 3), ("Zoe\u0308", 3), ("漢字", 4), ("😀", 2)])
def test_columns_are_those_of_a_terminal(text: str, width: int) -> None:
    """Wide characters take two, combining ones none."""
    assert columns(text) == width


@given(anything.map(safe), st.integers(3, 40))
def test_clipped_text_fits(text: str, width: int) -> None:
    """What is too long ends in three dots, and is never too long then."""
    clipped = clip(text, width, "...")

    assert columns(clipped) <= width
    assert clipped == text or clipped.endswith("...")


def test_clipping_to_nothing_leaves_the_dots() -> None:
    """There is always a sign that something is missing."""
    assert clip("漢字漢字", 3, "...") == "..."


@example(safe(" " * 9 + "b"), 3)
@given(anything.map(safe), st.integers(2, 40))
def test_wrapped_text_loses_nothing_but_blanks(text: str, width: int) -> None:
    """Lines fit, and hold all the text."""
    lines = list(wrapped(text, width))

    assert all(0 < columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_padding_counts_columns() -> None:
    """A wide character takes two of them."""
    assert pad("漢", 4) == "漢  "
