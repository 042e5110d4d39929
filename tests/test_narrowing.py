"""What the settings look at less than before: named where it is less, and nothing where it is as much or more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.graph import Properties
from bbsync.narrowing import narrower

BEFORE: Properties = {
    "workspaces": ("acme", "globex"),
    "kinds_off": ("groups",),
    "pull_requests.ingest": True,
    "pull_requests.window": 86_400,
    "pull_requests.enriched": True,
}

settings_of_a_scope = st.fixed_dictionaries(
    {
        "workspaces": st.sets(st.sampled_from(("acme", "globex", "umbrella"))).map(lambda held: tuple(sorted(held))),
        "kinds_off": st.sets(st.sampled_from(("groups", "users"))).map(lambda held: tuple(sorted(held))),
        "pull_requests.ingest": st.booleans(),
    }
)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"workspaces": ("acme",)}, ("workspaces is without globex",)),
        ({"workspaces": ("umbrella",)}, ("workspaces is without acme", "workspaces is without globex")),
        ({"kinds_off": ("groups", "users")}, ("kinds.users is switched off",)),
        ({"pull_requests.ingest": False}, ("pull_requests.ingest is switched off",)),
        ({"workspaces": ("acme",), "kinds_off": ()}, ("workspaces is without globex",)),
    ],
)
def test_less_is_named(now: Properties, words: tuple[str, ...]) -> None:
    """Every setting that looks at less is named with what is missing; a wider one beside it makes up for nothing."""
    assert narrower(BEFORE, {**BEFORE, **now}) == words


@pytest.mark.parametrize(
    "now",
    [
        {},
        {"workspaces": ("acme", "globex", "umbrella")},
        {"kinds_off": ()},
        {"pull_requests.window": 172_800},
        {"pull_requests.window": 3_600},
        {"pull_requests.enriched": False},
        {"snippets.ingest": False},
    ],
)
def test_as_much_or_more_is_nothing(now: Properties) -> None:
    """What is looked at in addition takes nothing away; and what is too old or not asked for is kept."""
    assert narrower(BEFORE, {**BEFORE, **now}) == ()


def test_nothing_is_narrower_than_nothing_known() -> None:
    """Before the first apply nobody knows what was looked at."""
    assert narrower({}, BEFORE) == ()


@given(settings_of_a_scope, settings_of_a_scope)
def test_what_differs_is_narrower_one_way_or_the_other(one: Properties, other: Properties) -> None:
    """No difference goes unnoticed both ways; the same settings are narrower neither way."""
    assert bool(narrower(one, other) or narrower(other, one)) == (one != other)
