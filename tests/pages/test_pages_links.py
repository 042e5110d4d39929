"""Every link on every page leads somewhere, and whoever begins at the README gets everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.pages.blocks import ROOT, pages, text_of
from tests.pages.decisions import decisions, titled

_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")


def links(page: str) -> Iterator[tuple[str, str]]:
    """The file that each link leads to, as seen from the root, and the heading in it; those to elsewhere left out."""
    for target in _LINK.findall(re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)):
        if "://" not in target:
            file, _, heading = target.partition("#")
            path = ((ROOT / page).parent / file).resolve() if file else ROOT / page
            yield str(path.relative_to(ROOT.resolve())), heading


def headings(page: str) -> set[str]:
    """What can stand behind a # in a link to the page, as GitHub and Bitbucket's peers make it."""
    titles = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page: str) -> None:
    """The file is there, and so is the heading."""
    broken = [
        f"{file}#{heading}"
        for file, heading in links(page)
        if not (ROOT / file).exists() or (heading and heading not in headings(file))
    ]

    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    """No page lies about that nobody is pointed to."""
    reached, waiting = {"README.md"}, ["README.md"]
    while waiting:
        found = {file for file, _ in links(waiting.pop()) if file.endswith(".md")} - reached
        reached |= found
        waiting += found

    assert set(pages()) - reached == set()


def test_decisions_are_numbered_once() -> None:
    """Numbers follow each other, and file and title agree on them."""
    numbers = [titled(path)[0] for path in decisions()]

    assert numbers == list(range(1, len(numbers) + 1))
    assert [int(path.name.partition("-")[0]) for path in decisions()] == numbers
