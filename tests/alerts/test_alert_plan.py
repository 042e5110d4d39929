"""The plan for questions and rules: its laws, and what it never touches."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.alerts import marker
from bbsync.alerts.item import Item, Sort
from bbsync.alerts.plan import Action, AlertPlan, Change, Holding, make_plan
from bbsync.alerts.standing import Standing, standing

NAMES = ("alpha", "beta", "gamma")


def item(name: str, says: str = "1", sort: Sort = "question", identity: str = "", title: str = "") -> Item:
    """A question or rule that says this."""
    return Item(sort, name, title or name, {"title": title or name, "queries": [{"query": says}]}, identity)


def planned(wanted: Sequence[Item], holding: Holding) -> AlertPlan:
    """The plan."""
    return make_plan(wanted, holding, account="acme", place="bbsync", created_at=0)


def carried_out(plan: AlertPlan, holding: Holding) -> Holding:
    """What JupiterOne has afterwards."""
    gone = {change.before.id for change in plan.changes if change.before}
    kept = [one for one in holding.items if one.id not in gone]
    new = [
        Item(
            one.after.sort,
            one.after.name,
            one.after.title,
            one.after.document,
            one.before.id if one.before else f"new-{number}",
        )
        for number, one in enumerate(plan.changes)
        if one.after
    ]
    return Holding((*kept, *new), holding.others, holding.taken)


sorts: st.SearchStrategy[Sort] = st.sampled_from(["question", "rule"])
wishes = st.dictionaries(st.tuples(sorts, st.sampled_from(NAMES)), st.sampled_from("12")).map(
    lambda drawn: [item(name, says, sort) for (sort, name), says in drawn.items()]
)
holdings = st.builds(
    lambda drawn, taken: Holding(
        tuple(item(name, says, sort, f"id-{number}") for number, (sort, name, says) in enumerate(drawn)),
        others=len(taken),
        taken=taken,
    ),
    st.lists(st.tuples(sorts, st.sampled_from(NAMES), st.sampled_from("12")), max_size=8),
    st.frozensets(st.sampled_from(NAMES), max_size=2),
)


@given(wishes, holdings)
def test_carried_out_once_there_is_nothing_left_to_do(wanted: list[Item], holding: Holding) -> None:
    """After the plan JupiterOne has exactly what is wanted, but for what is withheld; a second plan is empty."""
    plan = planned(wanted, holding)

    after = carried_out(plan, holding)

    missing = {one.item.identity for one in plan.withheld} - {one.identity for one in holding.items}
    assert planned(wanted, after).is_empty
    assert {one.identity for one in after.items} == {one.identity for one in wanted} - missing


@given(wishes, holdings)
def test_everything_is_accounted_for_once(wanted: list[Item], holding: Holding) -> None:
    """What is there changes, goes, or stays; what is wanted comes, changes, stays, or is withheld."""
    plan = planned(wanted, holding)

    touched = [change.before.id for change in plan.changes if change.before]
    assert len(touched) == len(set(touched))
    coming = len(plan.of(Action.CREATE)) + len(plan.of(Action.UPDATE))
    assert coming + plan.unchanged + len(plan.withheld) == len(wanted)


@given(wishes, holdings)
def test_a_plan_stands_as_it_was_made(wanted: list[Item], holding: Holding) -> None:
    """Where nothing moved, all of the plan is to be done; once carried out, all is done."""
    plan = planned(wanted, holding)

    assert {standing(change, holding) for change in plan.changes} <= {Standing.PENDING}
    for change in plan.changes:
        one = carried_out(AlertPlan("acme", "bbsync", 0, (change,)), holding)
        if sum(held.identity == change.item.identity for held in one.items) <= 1:
            assert standing(change, one) is Standing.DONE


@given(st.lists(st.sampled_from(NAMES), unique=True))
def test_names_that_others_hold_are_withheld(taken: list[str]) -> None:
    """Somebody else's rule is never written over, and it is said."""
    plan = planned([item(name, sort="rule") for name in NAMES], Holding(taken=frozenset(taken)))

    assert {one.item.name for one in plan.withheld} == set(taken)
    assert {change.item.name for change in plan.changes} == set(NAMES) - set(taken)


def test_a_question_may_have_a_title_that_others_have() -> None:
    """Only rules need names of their own."""
    plan = planned([item("alpha")], Holding(taken=frozenset({"alpha"})))

    assert not plan.withheld


def test_order_is_new_changed_gone_and_rules_go_first() -> None:
    """A rule outlives no question, and nothing goes before everything else is there."""
    holding = Holding(
        (item("beta", identity="q"), item("beta", sort="rule", identity="r"), item("gamma", identity="g"))
    )
    wanted = [item("alpha", sort="rule"), item("alpha"), item("gamma", "2")]

    found = [(change.action.value, change.item.sort, change.item.name) for change in planned(wanted, holding).changes]

    assert found == [
        ("+", "question", "alpha"),
        ("+", "rule", "alpha"),
        ("~", "question", "gamma"),
        ("-", "rule", "beta"),
        ("-", "question", "beta"),
    ]


def test_what_somebody_else_changed_is_stale() -> None:
    """Neither as before nor as after: nobody knows what they meant."""
    before, after = item("alpha", identity="a"), item("alpha", "2")

    found = standing(Change(before, after), Holding((item("alpha", "3", identity="a"),)))

    assert found is Standing.STALE


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        (["bitbucket", marker.tag("bbsync", "alpha")], "alpha"),
        ([marker.tag("other", "alpha")], ""),
        ([marker.tag("bbsync/more", "alpha")], ""),
        (["bbsync", "bbsync:", "alpha"], ""),
        ([], ""),
    ],
    ids=["ours", "another scope", "a longer scope", "no name", "none"],
)
def test_the_marker_says_whose_it_is(tags: list[str], name: str) -> None:
    """Only what carries the marker of exactly this scope is ours."""
    assert marker.named_by_tags("bbsync", tags) == name


def test_properties_tell_conditions_and_actions_apart() -> None:
    """Whatever differs in a rule has a name, and the order of tags is no difference."""
    document = {
        "tags": ["b", "a"],
        "operations": [{"when": {"condition": ["AND", ["x", ">", 0]]}, "actions": [{"type": "A"}, {"type": "B"}]}],
        "question": {"queries": [{"query": "FIND *"}]},
        "templates": {},
        "description": None,
    }

    assert Item("rule", "alpha", "alpha", document).properties == {
        "tags": ("a", "b"),
        "when.condition": '["AND", ["x", ">", 0]]',
        "actions.1.type": "A",
        "actions.2.type": "B",
        "query": "FIND *",
    }
