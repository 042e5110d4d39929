"""Differences between an element before and after, property by property."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from bbsync.graph import Entity, Relationship, Value, same
from bbsync.show.explain import ABSENT, Difference, compare_lists, differences
from tests.strategies import names, values
from tests.tested_package import HOME

lists = st.lists(st.sampled_from(("a", "b", "\ud800", "d")), max_size=6).map(tuple)


def entity(**properties: Value) -> Entity:
    """An entity with these properties."""
    return Entity("{made-up-repository}", "bitbucket_repo", ("CodeRepo",), properties)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (entity(a=1), entity(a=1), ()),
        (entity(a=1), entity(a=2), (Difference("a", 1, 2),)),
        (entity(a=1), entity(a=True), (Difference("a", 1, True),)),
        (entity(), entity(a=None), (Difference("a", ABSENT, None),)),
        (entity(a="x"), entity(), (Difference("a", "x", ABSENT),)),
        (entity(a=("x", "y")), entity(a=("y", "z")), (Difference("a", ("x", "y"), ("y", "z"), ("z",), ("x",)),)),
        (entity(a=("x", "y")), entity(a=("y", "x")), (Difference("a", ("x", "y"), ("y", "x")),)),
        (entity(a=("x",)), entity(a=None), (Difference("a", ("x",), None),)),
        (entity(a=("\ud800",)), entity(a=("1",)), (Difference("a", ("\ud800",), ("1",), ("1",), ("\ud800",)),)),
        (entity(a=(1,)), entity(a=(1.0,)), (Difference("a", (1,), (1.0,), (1.0,), (1,)),)),
        (entity(a=("x", "x")), entity(a=("x",)), (Difference("a", ("x", "x"), ("x",), (), ("x",)),)),
    ],
)
def test_each_property_is_explained(before: Entity, after: Entity, found: tuple[Difference, ...]) -> None:
    """Not there, null, order and repetition are told apart; lists tell what came and went."""
    assert differences(before, after) == found


def test_ends_of_a_relationship_are_compared() -> None:
    """A relationship that leads elsewhere says so under JupiterOne's names."""
    before = Relationship("the-tie", "made_up_has_thing", "HAS", "one", "other")

    found = differences(before, evolve(before, target="third"))

    assert found == (Difference("_toEntityKey", "other", "third"),)


@settings(deadline=None)
@given(lists, lists)
def test_lists_are_compared_as_sets_with_repetitions(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """What was there, less what went, plus what came, is what is there."""
    added, removed = compare_lists({"list": (before, after)})

    came, went = Counter(added.get("list", ())), Counter(removed.get("list", ()))

    assert Counter(before) - went + came == Counter(after)
    assert not came & went


@settings(deadline=None)
@given(st.dictionaries(names, values, max_size=4), st.dictionaries(names, values, max_size=4))
def test_equal_is_what_the_graph_calls_equal(one: dict[str, Value], other: dict[str, Value]) -> None:
    """There is something to explain if and only if the plan has a change."""
    before = Entity("{made-up-repository}", "bitbucket_repo", ("CodeRepo",), one)
    after = evolve(before, properties=other)

    assert bool(differences(before, after)) != same(before, after)


def test_deepdiff_is_loaded_only_when_lists_differ() -> None:
    """Commands that show nothing of it start without it."""
    program = "import sys, bbsync.show.text; sys.exit('deepdiff' in sys.modules)"

    finished = subprocess.run([sys.executable, "-c", program], cwd=HOME, check=False)  # noqa: S603  # our own interpreter

    assert finished.returncode == 0
