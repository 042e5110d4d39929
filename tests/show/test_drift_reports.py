"""An audit as Markdown and as a page: within its bytes, harmless, and the same numbers everywhere."""

from __future__ import annotations

import re

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bbsync.drift import Drift, Drifted, Ignored, Sort
from bbsync.show.drift_markdown import drift_markdown
from bbsync.show.drift_words import verdict
from bbsync.show.page.drift import drift_html
from tests.show.drift_example import AGREED, DRIFT, HISTORY
from tests.show.worked_example import entity

anything = st.text(st.characters(), min_size=1)


def named(name: str) -> Drift:
    """An audit in which everything that may be is called so."""
    held, wanted = (entity("repository", "{one}", {"fullName": text, name: text}) for text in (name, f"{name}!"))
    found = tuple(Drifted(sort, name, wanted, held, wanted, (name, "fullName")) for sort in Sort)
    basis = evolve(DRIFT.basis, missing=name)
    plan = evolve(DRIFT.plan, origin=evolve(DRIFT.plan.origin, target=name, workspaces=(name,)))
    history = tuple(evolve(audit, only=name) for audit in HISTORY)
    return evolve(
        DRIFT, plan=plan, found=found, basis=basis, only=(name,), ignored=(Ignored(name, 1),), history=history
    )


@pytest.mark.parametrize("limit", [2000, 4000, 32_000, None])
def test_markdown_keeps_within_its_bytes(limit: int | None) -> None:
    """Rows go, counts stay."""
    many = evolve(DRIFT, found=DRIFT.found * 200)

    shown = drift_markdown(many, limit=limit)

    assert limit is None or len(shown.encode()) <= limit
    assert f"**{verdict(many)}**" in shown
    for sort, count in many.counts.items():
        assert f"**{sort.value.capitalize()}** ({count})" in shown


def test_markdown_says_what_a_person_has_to_look_at_first() -> None:
    """Tampered before pending."""
    shown = drift_markdown(DRIFT)

    assert shown.index("**Tampered**") < shown.index("**Unmanaged**") < shown.index("**Pending**")
    assert "| ~ | repository acme/web | description: " not in shown  # a pipe in a cell is escaped, a tilde as well
    assert "public: true → false; the next apply puts it right" in shown


@given(anything)
def test_no_name_makes_markdown_of_its_own(name: str) -> None:
    """As many lines as with a plain name, whatever things are called."""
    assert drift_markdown(named(name), limit=None).count("\n") == drift_markdown(named("web"), limit=None).count("\n")


@given(anything)
def test_no_name_makes_a_tag_of_its_own(name: str) -> None:
    """As many tags as with a plain name, whatever things are called."""
    tags = re.compile(r"</?(?!mark\b)[a-zA-Z!]+")  # what differs is marked where the rest is alike

    shown, plain = drift_html(named(name)), drift_html(named("another plain name"))

    assert shown.isascii()
    assert set(tags.findall(shown)) == set(tags.findall(plain))
    assert shown.count("<article") == plain.count("<article")
    assert shown.count("<script") == 1


def test_the_page_loads_nothing() -> None:
    """No address in it leads anywhere, and the policy forbids it besides."""
    shown = drift_html(evolve(DRIFT, history=HISTORY))

    assert not re.search(r"\b(?:src=|href|url\()", shown)
    assert "default-src &#39;none&#39;" in shown


def test_the_page_tells_the_same_numbers() -> None:
    """Verdict, tiles, sections and the trend."""
    shown = drift_html(evolve(DRIFT, history=HISTORY))

    assert f"<h1>{verdict(DRIFT)}</h1>" in shown
    for sort, count in DRIFT.counts.items():
        assert f'<h2>{sort.value.capitalize()} <span class="count">{count}</span></h2>' in shown
    assert shown.count('<g class="box change">') == len([audit for audit in HISTORY if not audit.only])
    assert "permission:acme/vault" in shown


def test_a_page_of_agreement_has_no_filter() -> None:
    """There is nothing to filter, and nothing to draw."""
    shown = drift_html(AGREED)

    assert 'id="filter"' not in shown
    assert "<svg" not in shown


def test_a_page_lists_no_more_than_it_can_bear() -> None:
    """The first of a sort, and how many more there are."""
    shown = drift_html(evolve(DRIFT, found=DRIFT.found[:1] * 250))

    assert shown.count("<article") == 200
    assert "… 50 more." in shown.replace("&#8230;", "…")
