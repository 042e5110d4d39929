"""SECURITY.md names the tests that keep its promises, and says the numbers that hold."""

from __future__ import annotations

import re
from pathlib import Path

from bbsync.bitbucket import listing, transport
from bbsync.bitbucket.items import LONGEST_TEXT
from bbsync.cli import files
from bbsync.jupiterone.query import MOST_PAGES
from bbsync.network import whole
from bbsync.network.wire import WHOLE
from bbsync.secret import SHORTEST
from bbsync.settings import text_file

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_promise_names_tests_that_are_there() -> None:
    """A promise without a test is a wish."""
    promised = PAGE.partition("## What is promised")[2].partition("\n## ")[0]

    for promise in re.split(r"\n- ", promised)[1:]:
        named = re.findall(r"`([\w/]+\.py)`", promise)
        assert named, promise
        assert [name for name in named if not (ROOT / "tests" / name).is_file()] == []


def test_the_bounds_are_those_that_hold() -> None:
    """Whoever changes one changes the page."""
    mebibyte = whole.MEBIBYTE

    assert (32 * mebibyte, 64 * mebibyte, mebibyte) == (transport.LARGEST, whole.LARGEST, text_file.LARGEST)
    assert (transport.MOST_VALUES, whole.MOST_VALUES) == (1_000_000, 4_000_000)
    assert (listing.MOST_ITEMS, listing.MOST_ON_A_PAGE, listing.MOST_PAGES) == (1_000_000, 1_000, 20_000)
    assert (WHOLE, listing.LONGEST_READING, listing.MOST_REDIRECTS) == (180, 3600, 3)
    assert (100_000, 100_000, 8, 4 * 1024 * mebibyte) == (LONGEST_TEXT, MOST_PAGES, SHORTEST, files.LARGEST)
