"""What holds of every audit, whatever Bitbucket, the graph and the last snapshot hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bbsync.drift import Drift, Sort, make_drift, restricted, without_ignored
from bbsync.graph import Element, Graph, same
from bbsync.ignoring import Rule
from bbsync.observation import Observation
from bbsync.plan import Origin, make_plan, resulting_graph
from tests.small_world import everything_seen, small_graph
from tests.strategies import WORKSPACES, graphs, observations

ORIGIN = Origin()


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Graph, Graph, Observation]:
    """The last snapshot, the graph, which is often the same, and Bitbucket."""
    last = draw(graphs())
    now = draw(st.one_of(st.just(last), graphs(), graphs()))
    return last, now, draw(observations(now, st.one_of(graphs(), st.just(last), st.just(now))))


def holding(graph: Graph) -> dict[str, Element]:
    """Everything in the graph by its key."""
    return {**graph.entities, **graph.relationships}


def equal(one: Element | None, other: Element | None) -> bool:
    """Whether both are the same, or missing."""
    return one is other if one is None or other is None else same(one, other)


def by_key(drift: Drift) -> Mapping[str, Sort]:
    """The sort of every difference."""
    return {one.element.key: one.sort for one in drift.found}


@given(worlds())
def test_every_difference_is_of_one_sort(world: tuple[Graph, Graph, Observation]) -> None:
    """No element is there twice, and the counts add up."""
    last, now, seen = world

    drift = make_drift(now, last, seen, ORIGIN)

    assert max(Counter(one.element.key for one in drift.found).values(), default=1) == 1
    assert sum(drift.counts.values()) == len(drift.found)


@given(worlds())
def test_nothing_that_the_next_apply_does_is_left_out(world: tuple[Graph, Graph, Observation]) -> None:
    """Whatever a plan would change now differs, and the audit says what the plan would do."""
    last, now, seen = world

    drift = make_drift(now, last, seen, ORIGIN)
    plan = make_plan(now, seen, ORIGIN)

    actions = {change.element.key: change.action for change in (*plan.entities, *plan.relationships)}
    assert {one.element.key: one.next for one in drift.found if one.next} == actions


@given(worlds())
def test_what_moved_by_itself_is_pending_and_nothing_else_is(world: tuple[Graph, Graph, Observation]) -> None:
    """A difference is pending just where the graph is as the last apply left it."""
    last, now, seen = world
    before, after = holding(last), holding(now)

    drift = make_drift(now, last, seen, ORIGIN)

    for one in drift.found:
        key = one.element.key
        assert (one.sort is Sort.PENDING) == equal(before.get(key), after.get(key))


@given(worlds())
def test_each_sort_means_what_it_says(world: tuple[Graph, Graph, Observation]) -> None:
    """Tampered is in the graph, and changed; missing is not there; unmanaged is there alone."""
    last, now, seen = world
    before, after = holding(last), holding(now)

    drift = make_drift(now, last, seen, ORIGIN)

    for one in drift.found:
        key = one.element.key
        there = key in before, key in after
        expected = {
            Sort.PENDING: there[0] == there[1],
            Sort.TAMPERED: there[1],
            Sort.MISSING: there == (True, False),
            Sort.UNMANAGED: there == (False, True) and one.bitbucket is None,
        }
        assert expected[one.sort]
        assert bool(one.properties) == (one.graph is not None and one.expected is not None)


@given(graphs())
def test_three_equal_graphs_differ_in_nothing(graph: Graph) -> None:
    """Nobody moved, so there is nothing to tell."""
    drift = make_drift(graph, graph, everything_seen(graph), ORIGIN)

    assert drift.found == ()
    assert drift.is_conclusive


@given(st.data())
def test_after_an_apply_nothing_differs(data: st.DataObject) -> None:
    """What is kept or withheld by design is no drift: the graph that a plan leaves agrees with what was seen."""
    before = data.draw(graphs())
    seen = data.draw(observations(before))
    left = resulting_graph(make_plan(before, seen, ORIGIN), before)

    drift = make_drift(left, left, seen, ORIGIN)

    assert [one for one in drift.found if one.next is None] == []
    assert by_key(drift) == {
        change.element.key: Sort.PENDING
        for plan in [make_plan(left, seen, ORIGIN)]
        for change in (*plan.entities, *plan.relationships)
    }


@given(st.data())
def test_without_a_snapshot_everything_is_pending(data: st.DataObject) -> None:
    """The graph stands in, and nobody can have tampered with what nobody knows."""
    now = data.draw(graphs())
    seen = data.draw(observations(now))

    drift = make_drift(now, None, seen, ORIGIN)

    assert {one.sort for one in drift.found} <= {Sort.PENDING}
    assert len(drift.found) == len(drift.plan.entities) + len(drift.plan.relationships)


@given(st.data())
def test_where_the_graph_and_bitbucket_agree_nothing_differs(data: st.DataObject) -> None:
    """Whoever brought it there, and whatever the last apply left; but for pull requests, which are mostly unread."""
    last, now = data.draw(graphs()), data.draw(graphs())
    seen = evolve(
        data.draw(observations(now, st.just(now), whole=True)),
        workspaces=frozenset(WORKSPACES) & {*last.entities, *now.entities},
    )

    drift = make_drift(now, last, seen, ORIGIN)

    assert [one.label for one in drift.found if "/pull-requests/" not in one.element.key] == []


@given(worlds(), st.lists(st.sampled_from(("repo:*", "pull_request:*", "repo:*.public", "*.title")), unique=True))
def test_rules_only_take_away(world: tuple[Graph, Graph, Observation], texts: list[str]) -> None:
    """What is left was there before, and what is not is counted; the plan is the same."""
    last, now, seen = world
    drift = make_drift(now, last, seen, ORIGIN)

    rest = without_ignored(drift, [Rule(text) for text in texts])

    assert by_key(rest).items() <= by_key(drift).items()
    assert len(rest.found) + rest.passed == len(drift.found)
    assert rest.plan == drift.plan
    assert [one.rule for one in rest.ignored] == texts
    assert sum(one.count for one in rest.ignored) >= rest.passed


@given(worlds())
def test_what_is_not_compared_is_judged_by_the_graphs_alone(world: tuple[Graph, Graph, Observation]) -> None:
    """Of nothing outside of the addresses is it said that Bitbucket moved; all of everything is the whole."""
    last, now, seen = world
    everything = sorted({*last.entities, *now.entities, *seen.graph.entities})

    whole = make_drift(now, last, seen, ORIGIN)
    part = make_drift(now, last, seen, ORIGIN, only=["repo:acme/web"])

    outside = by_key(part).keys() - by_key(restricted(part, ["repo:acme/web"])).keys()
    assert not [key for key in outside if by_key(part)[key] is Sort.PENDING]
    assert by_key(make_drift(now, last, seen, ORIGIN, only=everything)) == by_key(whole)


@given(worlds())
def test_a_part_and_the_rest_are_the_whole(world: tuple[Graph, Graph, Observation]) -> None:
    """What lies outside of the addresses is counted."""
    last, now, seen = world
    drift = make_drift(now, last, seen, ORIGIN)

    part = restricted(drift, ["repo:*"])

    assert len(part.found) + part.outside == len(drift.found)
    assert restricted(drift, []) == drift


def test_order_of_arrival_changes_nothing() -> None:
    """Sets and dictionaries in another order give the same report."""
    graph = small_graph()
    turned = Graph(dict(reversed(graph.entities.items())), dict(reversed(graph.relationships.items())))
    empty = Graph()

    one = make_drift(graph, empty, everything_seen(empty), ORIGIN)
    other = make_drift(turned, empty, everything_seen(empty), ORIGIN)

    assert evolve(one, plan=other.plan) == other
    assert one.counts[Sort.UNMANAGED] == len(graph)
