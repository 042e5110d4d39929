"""Any name in, the same visible text out: in a table cell of either dialect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendered import DIALECTS, TAGS, rendered, seen

from bbsync.show.marks import marked
from bbsync.show.safe import safe

#: What markup is made of, more often than chance would have it.
SPICE = (
    *"\\`*_{}[]()<>#+-.!|~$:@&;=\"'^%/ \n\t1a",
    *("https://", "www.", "a@b.co", "@ada", "@{5b10}", "#12", ":tada:", ":100:", "<b>", "</td>", "<!--", "-->"),
    *("![x](y)", "[x](javascript:y)", "&lt;", "&#60;", "| --- |", "**b**", "~~s~~", "1. ", "- ", "```", "$x$"),
    *("\\|", "\\\\", "  ", "evil.com", "\u202e", "\u200b", "\u00a0", "\x1b[2J", "\x02", "klzzwxh:0000", "::error ::"),
)

names = st.lists(st.one_of(st.sampled_from(SPICE), st.text(st.characters(), max_size=4)), max_size=8).map("".join)


def row(name: str) -> str:
    """A table of one row with the name between two others."""
    return f"| a | b | c |\n| --- | --- | --- |\n| left | {marked(name)} | right |\n"


@pytest.mark.parametrize("dialect", DIALECTS)
@given(name=names)
def test_any_name_is_seen_as_it_is(dialect: str, name: str) -> None:
    """No tag, no link, no row and no cell more, and the text as terminals show it."""
    found = rendered(row(name), dialect)

    assert found.cells == ["a", "b", "c", "left", found.cells[4], "right"]
    assert seen(found.cells[4]) == safe(name)
    assert set(found.tags) <= TAGS
    assert found.tags.count("tr") == 2
    assert found.attributes == []


@given(names)
def test_nothing_is_left_to_be_taken_for_a_link_or_a_mention(name: str) -> None:
    """What looks for addresses, mentions and numbers of issues in the source or in the result finds none."""
    shown = rendered(row(name), "bitbucket").cells[4]

    for text in (marked(name), shown):
        assert "://" not in text
        assert "www." not in text.lower()
        assert not any(text[place + 1 : place + 2].isalnum() for place, one in enumerate(text) if one == "@")
    assert not any(shown[place + 1 : place + 2].isalnum() for place, one in enumerate(shown) if one == "#")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("acme/legacy-ui", r"acme/legacy\-ui"),
        ("09:14:02", "09:14:02"),
        ("eng: write", "eng: write"),
        ("a|b", "a&#124;b"),
        ("<b>", r"&lt;b\>"),
        ("@ada", "@\u200bada"),
        ("#12", "\\#\u200b12"),
        ("http://x", "http&#58;\u200b//x"),
        (":100:", "&#58;\u200b100:"),
        ("two  blanks", "two&nbsp; blanks"),
    ],
)
def test_names_stay_readable(name: str, expected: str) -> None:
    """Only what has a meaning is marked."""
    assert marked(name) == expected
