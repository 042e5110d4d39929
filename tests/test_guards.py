"""Promises of the guards: each at its threshold, one below, and one above."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import ORIGIN, entity, tie

from bbsync.errors import Blocked, ExitCode
from bbsync.graph import Entity, Relationship, Value
from bbsync.guards import ERASURE, SCOPE, SHARE, TOTAL, WIPE_OUT, GuardResult, Limits, check, judge_guards
from bbsync.plan import Change, Plan, Reason, Totals

DELETE_EVERYTHING_IF_ASKED = Limits(delete_percent=100, delete_floor=10**6, delete_total=10**6)


def deletes(kind: str, count: int, first: int = 0) -> list[Change[Entity]]:
    """So many deletes of one kind."""
    gone = (entity(kind, f"{{{kind}-{number}}}") for number in range(first, first + count))
    return [Change(one, None, one.name, Reason.ABSENT) for one in gone]


def creates(kind: str, count: int) -> list[Change[Entity]]:
    """So many creates of one kind."""
    new = (entity(kind, f"{{new-{kind}-{number}}}") for number in range(count))
    return [Change(None, one, one.name, Reason.NEW) for one in new]


def updates(count: int, before: dict[str, Value], after: dict[str, Value]) -> list[Change[Entity]]:
    """So many repositories that change alike."""
    keys = [f"{{repository-{number}}}" for number in range(count)]
    return [
        Change(entity("repository", key, **before), entity("repository", key, **after), key, Reason.DIFFERS)
        for key in keys
    ]


def plan_of(
    entities: Iterable[Change[Entity]],
    population: dict[str, int],
    relationships: Iterable[Change[Relationship]] = (),
) -> Plan:
    """A plan with these changes, in a graph of that population."""
    changes = tuple(entities)
    destroyed = sum(change.after is None for change in changes)
    return Plan(
        ORIGIN,
        changes,
        tuple(relationships),
        entity_totals=Totals(destroy=destroyed),
        population=population,
    )


def tripped(plan: Plan, limits: Limits | None = None) -> set[str]:
    """The guards that trip."""
    return {result.id for result in judge_guards(plan, limits) if result.tripped}


def only(results: Iterable[GuardResult], guard: str) -> GuardResult:
    """The one result of that guard."""
    (found,) = [result for result in results if result.id == guard]
    return found


# Share of a type


@pytest.mark.parametrize(
    ("population", "count", "trips"),
    [
        (240, 47, False),
        (240, 48, False),
        (240, 49, True),
        (20, 4, False),
        (20, 5, False),
        (20, 6, True),
        (29, 5, False),
        (29, 6, True),
        (30, 6, False),
        (30, 7, True),
        (7, 5, False),
        (7, 6, True),
    ],
)
def test_share_of_a_type(population: int, count: int, *, trips: bool) -> None:
    """A fifth of a type may go, or five where that is more."""
    plan = plan_of(deletes("repository", count), {"bitbucket_repo": population})

    assert (SHARE in tripped(plan)) is trips


@pytest.mark.parametrize("scale", [1, 10, 100, 1_000])
def test_share_means_the_same_at_every_size(scale: int) -> None:
    """A set a thousand times larger is judged by the same share."""
    limits = Limits(delete_total=10**6)
    at_limit = plan_of(deletes("repository", 6 * scale), {"bitbucket_repo": 30 * scale})
    above = plan_of(deletes("repository", 6 * scale + 1), {"bitbucket_repo": 30 * scale})

    assert tripped(at_limit, limits) == set()
    assert tripped(above, limits) == {SHARE}


def test_share_is_judged_by_type() -> None:
    """Many pull requests do not hide that half of the projects go."""
    changes = [*deletes("project", 6), *deletes("pull_request", 6)]
    plan = plan_of(changes, {"bitbucket_project": 12, "bitbucket_pullrequest": 5_000})

    found = [result for result in judge_guards(plan) if result.tripped]

    assert [(result.id, result.type) for result in found] == [(SHARE, "bitbucket_project")]


def test_share_counts_cascades() -> None:
    """What falls with a repository counts like what is missing by itself."""
    fallen = [evolve(change, reason=Reason.CASCADE, cause="{web}") for change in deletes("pull_request", 7)]

    assert SHARE in tripped(plan_of(fallen, {"bitbucket_pullrequest": 30}))


def memberships(first: int, count: int, group: str = "{acme}/groups/admins") -> list[Relationship]:
    """So many users in a group."""
    users = (entity("user", f"{{user-{number}}}") for number in range(first, first + count))
    return [tie(entity("group", group), "HAS", user) for user in users]


@pytest.mark.parametrize(
    ("population", "count", "trips"), [(100, 20, False), (100, 21, True), (6, 5, False), (6, 6, True)]
)
def test_share_of_relationships(population: int, count: int, *, trips: bool) -> None:
    """Groups that all read without members would lose every membership, and not one entity."""
    cut = [Change(one, None, "", Reason.ABSENT) for one in memberships(0, count)]

    plan = plan_of([], {"bitbucket_user": 500, "bitbucket_group_has_user": population}, cut)

    assert tripped(plan) == ({SHARE} if trips else set())


def test_share_of_relationships_leaves_out_what_goes_with_an_end() -> None:
    """They are part of the delete of that end, which is counted by itself."""
    gone = deletes("user", 10)
    ties = [Change(one, None, "", Reason.CASCADE) for one in memberships(0, 10)]

    plan = plan_of(gone, {"bitbucket_user": 500, "bitbucket_group_has_user": 10}, ties)

    assert tripped(plan) == set()


def test_share_of_relationships_leaves_out_what_moves() -> None:
    """Whatever is tied to another of the same kind instead has not lost anything; once each."""
    cut = [Change(one, None, "", Reason.ABSENT) for one in memberships(0, 12)]
    made = [Change(None, one, "", Reason.NEW) for one in memberships(0, 8, "{acme}/groups/others")]

    plan = plan_of([], {"bitbucket_user": 500, "bitbucket_group_has_user": 12}, [*cut, *made])

    assert only(judge_guards(plan), SHARE).count == 4


def test_share_sentence_has_the_numbers_with_their_base() -> None:
    """People decide by numbers, not by a percentage alone."""
    plan = plan_of(deletes("repository", 71), {"bitbucket_repo": 240})

    result = only(judge_guards(plan), SHARE)

    assert (result.type, result.count, result.of, result.limit) == ("bitbucket_repo", 71, 240, 48)
    assert result.sentence == (
        "The plan deletes 71 of 240 repositories (29.6 %); "
        "at most 48 may go without being asked (guards.delete_percent)."
    )


@pytest.mark.parametrize("limits", [Limits(delete_percent=0), Limits(delete_total=0)])
def test_zero_never_allows_a_delete(limits: Limits) -> None:
    """0 is the strictest setting, not the one that switches a guard off; the floor does not soften it."""
    plan = plan_of(deletes("repository", 1), {"bitbucket_repo": 10_000})

    assert len(tripped(plan, limits)) == 1


@pytest.mark.parametrize("limits", [Limits(delete_percent=0), Limits(delete_total=0)])
def test_zero_allows_a_plan_without_deletes(limits: Limits) -> None:
    """Nothing is deleted, so nothing is in the way."""
    plan = plan_of(creates("repository", 3), {"bitbucket_repo": 1})

    assert tripped(plan, limits) == set()


def test_without_a_floor_the_share_decides_alone() -> None:
    """A fifth of four is less than one."""
    plan = plan_of(deletes("group", 1), {"bitbucket_group": 4})

    assert tripped(plan, Limits(delete_floor=0)) == {SHARE}


# Wiping out a type


@pytest.mark.parametrize(
    ("population", "deleted", "created", "trips"),
    [
        (2, 1, 0, False),
        (2, 2, 0, True),
        (2, 2, 1, False),
        (1, 1, 0, False),
        (5, 4, 0, False),
        (5, 5, 0, True),
        (600, 600, 0, True),
    ],
)
def test_wiping_out_a_type(population: int, deleted: int, created: int, *, trips: bool) -> None:
    """Two or more of a type do not all go without being asked; a single one may."""
    changes = [*deletes("group", deleted), *creates("group", created)]
    plan = plan_of(changes, {"bitbucket_group": population})

    assert (WIPE_OUT in tripped(plan, DELETE_EVERYTHING_IF_ASKED)) is trips


def test_creating_another_type_does_not_hide_a_wipe_out() -> None:
    """New repositories are no groups."""
    plan = plan_of([*deletes("group", 3), *creates("repository", 3)], {"bitbucket_group": 3})

    assert tripped(plan) == {WIPE_OUT}


# Total


@pytest.mark.parametrize(("count", "trips"), [(499, False), (500, False), (501, True)])
def test_total_over_all_types(count: int, *, trips: bool) -> None:
    """Five hundred deletes are asked about, however small their share."""
    changes = [*deletes("pull_request", count - 100), *deletes("permission", 100)]
    plan = plan_of(changes, {"bitbucket_pullrequest": 100_000, "bitbucket_permission": 100_000})

    assert tripped(plan) == ({TOTAL} if trips else set())


@pytest.mark.parametrize(("count", "trips"), [(500, False), (501, True)])
def test_total_counts_relationships_that_are_cut(count: int, *, trips: bool) -> None:
    """Five hundred people thrown out of a group at once is a mass deletion, too."""
    admins = entity("group", "{acme}/groups/admins")
    cut = [tie(admins, "HAS", entity("user", f"{{user-{number}}}")) for number in range(count)]

    population = {"bitbucket_user": 1_000, "bitbucket_group_has_user": 10_000}
    plan = plan_of([], population, [Change(one, None, "", Reason.ABSENT) for one in cut])

    assert tripped(plan) == ({TOTAL} if trips else set())


def test_total_counts_what_goes_with_an_entity_once() -> None:
    """The relationships of a deleted entity are part of its delete."""
    gone = deletes("pull_request", 300)
    opener = entity("user", "{ada-account}")
    ties = [
        Change(tie(opener, "OPENED", change.element), None, "", Reason.CASCADE, cause=change.element.key)
        for change in gone
    ]

    plan = plan_of(gone, {"bitbucket_pullrequest": 10_000}, ties)

    assert only(judge_guards(plan), TOTAL).count == 300


# Erasure


@pytest.mark.parametrize(
    ("population", "count", "trips"),
    [(100, 19, False), (100, 20, False), (100, 21, True), (8, 5, False), (8, 6, True), (5, 5, False), (29, 6, True)],
)
def test_erasing_a_property(population: int, count: int, *, trips: bool) -> None:
    """A property that many of a type lose at once was probably missing from the answers."""
    plan = plan_of(updates(count, {"description": "x"}, {}), {"bitbucket_repo": population})

    assert (ERASURE in tripped(plan)) is trips


def test_null_is_an_erasure_as_well() -> None:
    """A property may be left out, or be written as nothing."""
    plan = plan_of(updates(6, {"mainBranch": "main"}, {"mainBranch": None}), {"bitbucket_repo": 6})

    assert tripped(plan) == {ERASURE}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": "x"}, {"a": ""}),
        ({"a": "x"}, {"a": "y"}),
        ({"a": ("x",)}, {"a": ()}),
        ({"a": True}, {"a": False}),
        ({"a": None}, {}),
        ({}, {"a": None}),
        ({"tag.AccountName": "Acme"}, {}),
    ],
)
def test_other_changes_are_no_erasure(before: dict[str, Value], after: dict[str, Value]) -> None:
    """A value that is empty is a value; the account tag is a setting that people may switch off."""
    plan = plan_of(updates(50, before, after), {"bitbucket_repo": 50})

    assert tripped(plan) == set()


def test_erasure_counts_each_property_by_itself() -> None:
    """Three that lose one thing and three that lose another are everyday."""
    changes = [
        *updates(4, {"language": "python", "mainBranch": "main"}, {"mainBranch": "main"}),
        *updates(4, {"language": "python", "mainBranch": "main"}, {"language": "python"}),
    ]

    results = judge_guards(plan_of(changes, {"bitbucket_repo": 8}))

    assert [(result.count, result.tripped) for result in results if result.id == ERASURE] == [(4, False), (4, False)]


def test_results_come_in_one_order() -> None:
    """A report of the guards does not depend on the order of changes."""
    changes = [*deletes("repository", 3), *deletes("group", 3), *updates(2, {"a": 1, "b": 1}, {})]
    population = {"bitbucket_repo": 30, "bitbucket_group": 30}

    forwards = judge_guards(plan_of(changes, population))
    backwards = judge_guards(plan_of(reversed(changes), population))

    assert forwards == backwards
    assert [result.id for result in forwards] == [SHARE, SHARE, WIPE_OUT, WIPE_OUT, TOTAL, ERASURE, ERASURE]


def test_types_of_others_are_called_by_their_type() -> None:
    """A plan from another version may hold types that no kind declares any more, without a population."""
    gone = Entity("{old-thing}", "bitbucket_snippet", ("CodeRepo",), {})

    result = only(judge_guards(plan_of([Change(gone, None, "", Reason.ABSENT)], {})), SHARE)

    assert result.sentence.startswith("The plan deletes 1 of 0 bitbucket_snippet;")


# Narrower settings


@pytest.mark.parametrize(("count", "trips"), [(0, False), (1, True), (2, True)])
def test_narrower_settings_trip_at_the_first_delete(count: int, *, trips: bool) -> None:
    """Not one delete goes unasked while less is looked at than before."""
    plan = plan_of(deletes("repository", count), {"bitbucket_repo": 1_000})

    result = only(judge_guards(plan, narrowed=["workspaces is without globex"]), SCOPE)

    assert (result.count, result.limit, result.tripped, result.can_be_allowed) == (count, 0, trips, True)


def test_narrower_settings_trip_at_the_first_relationship_that_is_cut() -> None:
    """A membership between two that stay may have gone out of sight as well."""
    cut = tie(entity("group", "{acme}/groups/admins"), "HAS", entity("user", "{ada-account}"))
    plan = plan_of([], {"bitbucket_user": 5}, [Change(cut, None, "", Reason.ABSENT)])

    result = only(judge_guards(plan, narrowed=["workspaces is without globex"]), SCOPE)

    assert (result.count, result.tripped) == (1, True)


def test_narrower_settings_are_named() -> None:
    """Whoever is asked is told which settings to look at, and nothing about them where they are as they were."""
    plan = plan_of(deletes("repository", 3), {"bitbucket_repo": 1_000})

    result = only(judge_guards(plan, narrowed=["workspaces is without globex", "kinds.groups is switched off"]), SCOPE)

    assert result.sentence == (
        "The settings look at less than at the last apply (workspaces is without globex; kinds.groups is switched off),"
        " and the plan deletes 3 entities and 0 relationships between entities that stay; not one may go without being"
        " asked."
    )
    assert SCOPE not in {found.id for found in judge_guards(plan)}


# At every size

SCALES = st.integers(1, 1_000)
LIMITS = st.builds(Limits, st.integers(1, 100), st.integers(0, 20), st.integers(1, 5_000))
ROOMY = 10**9

#: The machine's mood is no promise, and thousands of changes take their time.
at_leisure = settings(deadline=None, max_examples=50)


def trips_around(limit: int, guard: str, plan_with: Callable[[int], Plan], limits: Limits) -> list[bool]:
    """Whether the guard trips one below the limit, at it, and one above."""
    return [guard in tripped(plan_with(max(0, limit + more)), limits) for more in (-1, 0, 1)]


@given(LIMITS, st.integers(1, 50), SCALES)
@at_leisure
def test_share_trips_above_its_limit_at_every_size(limits: Limits, base: int, scale: int) -> None:
    """One below and at the limit are quiet, one above is not, whatever the size of the type."""
    population = base * scale
    limit = max(limits.delete_floor, limits.delete_percent * population // 100)

    found = trips_around(
        int(limit),
        SHARE,
        lambda count: plan_of(deletes("repository", 1) * count, {"bitbucket_repo": population}),
        evolve(limits, delete_total=ROOMY),
    )

    assert found == [False, False, True]


@given(st.integers(2, 10), SCALES)
@at_leisure
def test_wipe_out_trips_at_the_last_one_at_every_size(base: int, scale: int) -> None:
    """While one is left nothing is wiped out, whatever the size of the type."""
    population = base * scale

    found = trips_around(
        population - 1,
        WIPE_OUT,
        lambda count: plan_of(deletes("repository", 1) * count, {"bitbucket_repo": population}),
        Limits(100, ROOMY, ROOMY),
    )

    assert found == [False, False, True]


@given(LIMITS, SCALES)
@at_leisure
def test_total_trips_above_its_limit_at_every_size(limits: Limits, scale: int) -> None:
    """The total is a number, and no larger graph makes it larger."""
    found = trips_around(
        limits.delete_total,
        TOTAL,
        lambda count: plan_of(deletes("repository", 1) * count, {"bitbucket_repo": 10_000 * scale}),
        limits,
    )

    assert found == [False, False, True]


@given(st.integers(1, 50), SCALES)
@at_leisure
def test_erasure_trips_above_its_limit_at_every_size(base: int, scale: int) -> None:
    """A fifth of a type, or five where that is more, may lose a property."""
    population = base * scale

    found = trips_around(
        max(5, population // 5),
        ERASURE,
        lambda count: plan_of(updates(1, {"a": "x"}, {}) * count, {"bitbucket_repo": population}),
        Limits(),
    )

    assert found == [False, False, True]


# Letting a plan through


def blocked(plan: Plan, allow_deletes: int | None = None) -> Blocked:
    """The refusal of a plan."""
    with pytest.raises(Blocked) as raised:
        check(plan, judge_guards(plan), allow_deletes)
    return raised.value


LARGE = plan_of([*deletes("repository", 71), *deletes("group", 2)], {"bitbucket_repo": 240, "bitbucket_group": 2})
SMALL = plan_of(deletes("repository", 3), {"bitbucket_repo": 240})


def test_small_plan_goes_through() -> None:
    """A normal day is quiet."""
    check(SMALL, judge_guards(SMALL))


def test_large_plan_is_blocked_with_numbers_and_the_way_out() -> None:
    """One message says what is in the way, all of it, and how to go on."""
    refusal = blocked(LARGE)

    assert refusal.exit_code is ExitCode.BLOCKED
    assert str(refusal) == (
        "The plan deletes 71 of 240 repositories (29.6 %); "
        "at most 48 may go without being asked (guards.delete_percent) (BB-GUARD). "
        "The plan deletes 2 of 2 groups (100.0 %) and leaves 0. "
        "If this is intended, pass --allow-deletes 73; "
        "if not, check that every consumer still sees what is about to go."
    )


def test_the_plans_own_number_lets_it_through() -> None:
    """Somebody looked at exactly these deletes."""
    check(LARGE, judge_guards(LARGE), 73)


@pytest.mark.parametrize("number", [72, 74, 0, 10**6])
def test_a_wrong_number_is_refused_naming_both(number: int) -> None:
    """A number that was right last week is not permanent permission."""
    refusal = blocked(LARGE, number)

    assert refusal.code == "BB-GUARD-NUMBER"
    assert refusal.what == f"--allow-deletes {number} is not what the plan does: it deletes 73"


def test_a_wrong_number_is_refused_where_no_guard_trips() -> None:
    """The number says what was reviewed; if that is another plan, nothing is applied."""
    refusal = blocked(SMALL, 4)

    assert refusal.code == "BB-GUARD-NUMBER"


def test_a_right_number_does_no_harm_where_no_guard_trips() -> None:
    """A pipeline may always pass the number that was reviewed."""
    check(SMALL, judge_guards(SMALL), 3)


def test_a_plan_that_cuts_relationships_alone_has_the_number_0() -> None:
    """The number is that of deleted entities; naming it says that somebody has looked."""
    cut = [Change(one, None, "", Reason.ABSENT) for one in memberships(0, 12)]
    plan = plan_of([], {"bitbucket_group_has_user": 12}, cut)

    refusal = blocked(plan)

    assert refusal.what.startswith("The plan deletes 12 of 12 relationships of type bitbucket_group_has_user (100.0 %)")
    assert "pass --allow-deletes 0;" in refusal.next_step
    check(plan, judge_guards(plan), 0)


def test_no_number_overrules_an_erasure() -> None:
    """Where the answers are doubtful, no number makes them good."""
    plan = plan_of(updates(50, {"description": "x"}, {}), {"bitbucket_repo": 50})

    refusal = blocked(plan, 0)

    assert refusal.what == (
        "The plan erases description of 50 of 50 repositories (100.0 %); "
        "more than 10 looks like answers with parts missing"
    )
    assert "No --allow-deletes overrules this" in refusal.next_step
