"""Rules about what an audit need not count."""

from __future__ import annotations

import pytest

from bbsync.drift import Drift, Ignored, make_drift, without_ignored
from bbsync.ignoring import Rule, check_rules
from bbsync.plan import Origin
from tests.run_rig import drop, put, with_property
from tests.small_world import ADA_ON_WEB, VAULT, WEB, everything_seen, small_graph

GRAPH = small_graph()


def _drift() -> Drift:
    """Web is public and described by somebody else, vault is described, and a permission on web is gone."""
    changed = put(
        with_property(GRAPH.entities[WEB], public=True, description="other"),
        with_property(GRAPH.entities[VAULT], description="other"),
    )
    return make_drift(drop(ADA_ON_WEB)(changed(GRAPH)), GRAPH, everything_seen(GRAPH), Origin())


DRIFT = _drift()
TIES = {one.element.key for one in DRIFT.found if "|" in one.element.key}


@pytest.mark.parametrize(
    ("text", "left", "count"),
    [
        ("repo:*", {ADA_ON_WEB} | {key for key in TIES if WEB not in key.split("|")}, 3),
        ("repository:acme/vault", {WEB, ADA_ON_WEB} | TIES, 1),
        ("repo:*.description", {WEB, ADA_ON_WEB} | TIES, 2),
        ("acme/*.description", {WEB, ADA_ON_WEB} | TIES, 2),
        ("repo:acme/web.public", {WEB, VAULT, ADA_ON_WEB} | TIES, 1),
        ("permission:acme/web", {WEB, VAULT}, 3),
        ("user_has_permission:*", {WEB, VAULT, ADA_ON_WEB} | {key for key in TIES if "allows" in key}, 1),
        (ADA_ON_WEB, {WEB, VAULT}, 3),
        ("permission:acme/vault", {WEB, VAULT, ADA_ON_WEB} | TIES, 0),
        ("repo:*.slug", {WEB, VAULT, ADA_ON_WEB} | TIES, 0),
    ],
)
def test_a_rule_covers_what_it_names(text: str, left: set[str], count: int) -> None:
    """An element with its relationships, or a property; what still differs in other properties stays."""
    rest = without_ignored(DRIFT, [Rule(text)])

    assert {one.element.key for one in rest.found} == left
    assert rest.ignored == (Ignored(text, count),)
    assert rest.passed == len(DRIFT.found) - len(left)


def test_of_a_difference_that_stays_the_rest_is_shown() -> None:
    """Its other properties, that is."""
    rest = without_ignored(DRIFT, [Rule("repo:*.description")])

    assert [one.properties for one in rest.found if one.element.key == WEB] == [("public",)]


def test_two_rules_cover_what_neither_does_alone() -> None:
    """A property each; and both are counted."""
    rest = without_ignored(DRIFT, [Rule("repo:*.description"), Rule("repo:acme/web.public")])

    assert WEB not in {one.element.key for one in rest.found}
    assert [one.count for one in rest.ignored] == [2, 1]


@pytest.mark.parametrize(
    "text", ["repo:*.updatedOn", "permission:acme/web", "acme/*", "{uuid}", "user_has_permission:*"]
)
def test_good_rules_are_taken(text: str) -> None:
    """An address, with or without its kind, or a type of relationship; each may end in a property."""
    check_rules([text])

    assert Rule(text) == Rule(text)


@pytest.mark.parametrize("text", ["", " ", " repo:acme/web", "repos:acme/web", "repo:", "repo:a\nb"])
def test_nonsense_is_refused_with_what_is_taken(text: str) -> None:
    """A misspelt kind would cover nothing for ever."""
    with pytest.raises(ValueError, match=r'a rule is an address such as "permission:acme/web", or with a property'):
        check_rules([text])
