"""Promises of the plan, by example; the laws are in test_plan_laws.py."""

from __future__ import annotations

import pytest
from attrs import evolve
from small_world import (
    ACME,
    ADA,
    ADA_ON_WEB,
    BEN,
    CORE,
    NEW_PULL_REQUEST,
    NO_PUSH,
    OLD_PULL_REQUEST,
    ORIGIN,
    VAULT,
    WEB,
    entity,
    everything_seen,
    gone,
    key_of,
    refused,
    small_graph,
    tie,
    unseen,
)

from bbsync.coverage import Coverage, Extent, Gap, Listing, Read
from bbsync.graph import EMPTY, Entity, Graph, Relationship, Value
from bbsync.observation import Observation, Proof
from bbsync.plan import (
    Action,
    Change,
    Kept,
    LabelledGap,
    Plan,
    Reason,
    Totals,
    Withheld,
    make_plan,
    resulting_graph,
)
from bbsync.standing import Standing, standing

REPOSITORIES = Listing("repository", ACME)
GRAPH = small_graph()
SEEN = everything_seen(GRAPH)


def planned(observation: Observation, snapshot: Graph = GRAPH, foreign: frozenset[str] = frozenset()) -> Plan:
    """The plan for a snapshot."""
    return make_plan(snapshot, observation, ORIGIN, foreign=foreign)


def changed(observation: Observation, key: str, **properties: Value) -> Observation:
    """The observation with some properties of one entity changed."""
    graph = observation.graph
    before = graph.entities[key]
    after = evolve(before, properties={**before.properties, **properties})
    return evolve(observation, graph=Graph({**graph.entities, key: after}, graph.relationships))


def test_nothing_changed_is_an_empty_plan() -> None:
    """Everything is as it was: nothing to apply, nothing missing, and everything counted as unchanged."""
    plan = planned(SEEN)

    assert plan.is_empty
    assert plan.is_complete
    assert plan.entity_totals == Totals(unchanged=11)
    assert plan.relationship_totals == Totals(unchanged=17)
    assert plan.origin == ORIGIN


def test_first_plan_creates_everything() -> None:
    """On an empty graph all is new, in the order of reports: by kind, then by name."""
    plan = planned(SEEN, EMPTY)

    assert {change.action for change in plan.entities} == {Action.CREATE}
    assert [change.label for change in plan.entities] == [
        "acme",
        "CORE",
        "admins",
        "ada-account",
        "ben-account",
        "acme/vault",
        "acme/web",
        "acme/web · web-repository}/branch-restrictions/1",
        "acme/web · user ada: write",
        "acme/web #1",
        "acme/web #2",
    ]
    assert plan.entity_totals == Totals(add=11)
    assert plan.population == {}


def test_changed_property_is_an_update() -> None:
    """Both sides are in the plan, whole, so that it can be shown and carried out without looking again."""
    plan = planned(changed(SEEN, WEB, public=True))

    (change,) = plan.entities
    assert change.action is Action.UPDATE
    assert change.reason is Reason.DIFFERS
    assert change.before == GRAPH.entities[WEB]
    assert change.after is not None
    assert change.after.properties["public"] is True
    assert plan.entity_totals == Totals(change=1, unchanged=10)


def test_true_in_place_of_one_is_an_update() -> None:
    """The graph tells 1 from True, although Python does not."""
    plan = planned(changed(SEEN, WEB, public=0))

    assert [change.action for change in plan.entities] == [Action.UPDATE]


def test_rename_is_a_move() -> None:
    """Same uuid, other name: one move that says both names, and no pull request is lost."""
    plan = planned(unseen(changed(SEEN, WEB, fullName="acme/portal"), OLD_PULL_REQUEST))

    (change,) = plan.entities
    assert change.action is Action.MOVE
    assert (change.was, change.label) == ("acme/web", "acme/portal")
    assert plan.entity_totals == Totals(move=1, kept=1, unchanged=9)
    assert plan.kept == (Kept("bitbucket_pullrequest", "outside_window", 1, (("acme/portal", 1),)),)


def test_deleted_repository_takes_its_children_along() -> None:
    """The root has its proof, what falls with it names it as the cause."""
    below = (OLD_PULL_REQUEST, NEW_PULL_REQUEST, NO_PUSH, ADA_ON_WEB)

    plan = planned(unseen(gone(SEEN, REPOSITORIES, WEB), *below))

    by_key = {change.element.key: change for change in plan.entities}
    assert set(by_key) == {WEB, *below}
    assert by_key[WEB].reason is Reason.ABSENT
    assert by_key[WEB].proof == Proof(REPOSITORIES, seen=2, pages=1, status=404)
    assert {by_key[key].reason for key in below} == {Reason.CASCADE}
    assert {by_key[key].cause for key in below} == {WEB}
    assert plan.entity_totals == Totals(destroy=5, unchanged=6)
    assert plan.relationship_totals.destroy == 11


def test_refused_listing_deletes_nothing() -> None:
    """A 403 is silence, not absence."""
    plan = planned(unseen(refused(SEEN, REPOSITORIES), NEW_PULL_REQUEST, OLD_PULL_REQUEST, NO_PUSH, ADA_ON_WEB))

    gap = Gap(REPOSITORIES, "BB-FETCH-403", "repository was refused")
    assert plan.is_empty
    assert not plan.is_complete
    assert plan.gaps == (LabelledGap(gap, "acme"),)
    assert plan.withheld == (
        Withheld("bitbucket_branch_restriction", "acme/web", (NO_PUSH,), gap),
        Withheld("bitbucket_permission", "acme/web", (ADA_ON_WEB,), gap),
        Withheld("bitbucket_repo", "acme", tuple(sorted((WEB, VAULT))), gap),
    )
    assert plan.entity_totals == Totals(unchanged=5, kept=2, withheld=4)


def test_announced_gap_leaves_the_plan_complete() -> None:
    """Without the admin scope permissions are not read, which was said beforehand."""
    known = Gap(Listing("permission"), "BB-SCOPE", "no repository:admin", known=True)

    plan = planned(evolve(SEEN, coverage=evolve(SEEN.coverage, gaps=(known,))))

    assert plan.is_complete
    assert plan.gaps == (LabelledGap(known, ""),)


def test_relationship_without_an_end_is_counted_and_not_made() -> None:
    """A former user opened the pull request: there is nobody to tie it to."""
    former = entity("user", "{former-account}")
    opened = tie(former, "OPENED", GRAPH.entities[NEW_PULL_REQUEST])
    ties = {**GRAPH.relationships, opened.key: opened}

    plan = planned(evolve(SEEN, graph=Graph(GRAPH.entities, ties)))

    assert plan.is_empty
    assert plan.diagnostics == {"without_an_end.bitbucket_user_opened_pullrequest": 1}


def test_relationship_to_an_end_that_only_the_graph_knows_is_made() -> None:
    """Members could not be read, but the graph knows the user who opened a pull request."""
    opened = tie(GRAPH.entities[ADA], "OPENED", GRAPH.entities[NEW_PULL_REQUEST])
    observation = refused(SEEN, Listing("user", ACME))
    ties = {**observation.graph.relationships, opened.key: opened}

    plan = planned(evolve(observation, graph=Graph(observation.graph.entities, ties)))

    assert [change.element for change in plan.relationships if change.action is Action.CREATE] == [opened]


def test_closed_accounts_are_counted() -> None:
    """Items without identity change nothing, and are not passed over in silence."""
    plan = planned(evolve(SEEN, passed_over={"user": 2, "permission": 0}))

    assert plan.diagnostics == {"passed_over.user": 2}


def test_unknown_property_keeps_the_graphs_value() -> None:
    """Reviewers are not read in this run; what is known of them holds, and the rest is compared."""
    observation = changed(SEEN, OLD_PULL_REQUEST, reviewerIds=(), title="Other")
    unknown = {OLD_PULL_REQUEST: frozenset({"reviewerIds", "reviewers"})}

    plan = planned(evolve(observation, unknown=unknown))

    (change,) = plan.entities
    assert change.after is not None
    assert change.after.properties["reviewerIds"] == (BEN,)
    assert change.after.properties["title"] == "Other"


def test_unknown_property_that_the_graph_lacks_is_taken_as_seen() -> None:
    """There is nothing to keep, so what little was seen is better than nothing."""
    observation = changed(SEEN, WEB, mainBranch="main")

    plan = planned(evolve(observation, unknown={WEB: frozenset({"mainBranch"})}))

    (change,) = plan.entities
    assert change.after is not None
    assert change.after.properties["mainBranch"] == "main"


def test_foreign_entity_is_left_alone_even_when_seen() -> None:
    """Bitbucket shows a repository whose entity somebody else keeps: we do not write over it."""
    plan = planned(changed(SEEN, WEB, public=True), foreign=frozenset({WEB}))

    assert plan.is_empty
    assert plan.kept == (Kept("bitbucket_repo", "foreign", 1, (("acme", 1),)),)


def test_foreign_key_that_the_snapshot_does_not_hold_is_not_taken() -> None:
    """Somebody else wrote it into our part of the graph: it is neither written over nor doubled, and counted."""
    before = Graph(
        {key: one for key, one in GRAPH.entities.items() if key != CORE},
        {key: one for key, one in GRAPH.relationships.items() if CORE not in (one.source, one.target)},
    )

    plan = planned(SEEN, before, foreign=frozenset({CORE}))

    assert plan.is_empty
    assert plan.diagnostics == {
        "foreign.bitbucket_project": 1,
        "without_an_end.bitbucket_project_has_repo": 1,
        "without_an_end.bitbucket_workspace_owns_project": 1,
    }


def test_foreign_relationship_is_left_alone_even_when_seen() -> None:
    """Nor over a relationship."""
    key = key_of(CORE, "has", WEB)
    theirs = evolve(GRAPH.relationships[key], properties={"note": "theirs"})
    snapshot = Graph(GRAPH.entities, {**GRAPH.relationships, key: theirs})

    plan = planned(SEEN, snapshot, foreign=frozenset({key}))

    assert plan.is_empty
    assert plan.relationship_totals == Totals(kept=1, unchanged=16)


def test_label_survives_properties_that_somebody_removed() -> None:
    """An entity without the property that names it is called by its display name, and updated."""
    nameless = evolve(GRAPH.entities[WEB], properties={"displayName": "web"})
    snapshot = Graph({**GRAPH.entities, WEB: nameless}, GRAPH.relationships)

    plan = planned(SEEN, snapshot)

    (change,) = plan.entities
    assert change.was == "web"
    assert change.label == "acme/web"


def test_relationship_label_names_both_ends() -> None:
    """People read who approved what; an unknown end is its key."""
    key = key_of(BEN, "approved", NEW_PULL_REQUEST)
    ties = {found: one for found, one in GRAPH.relationships.items() if found != key}

    plan = planned(evolve(SEEN, graph=Graph(GRAPH.entities, ties)))

    (change,) = plan.relationships
    assert change.label == "ben-account APPROVED acme/web #2"
    assert change.action is Action.DELETE


def test_listings_windows_and_watermarks() -> None:
    """How much was read, since when, and up to when nothing was missed."""
    vaults = Listing("pull_request", VAULT)
    webs = Listing("pull_request", WEB)
    gap = Gap(vaults, "BB-FETCH-500", "500", item=f"{VAULT}/pull-requests/7")
    read = {
        webs: Read(Extent.WINDOW, since=2_000, watermark=9_000),
        vaults: Read(Extent.WINDOW, since=1_000, watermark=8_000),
        REPOSITORIES: Read(Extent.COMPLETE),
    }

    plan = planned(evolve(SEEN, coverage=Coverage(read, (gap,))))

    assert plan.listings == (3, 2)
    assert plan.windows == {"pull_request": 1_000}
    assert plan.learned.watermarks == {WEB: 9_000}


def test_population_counts_the_snapshot() -> None:
    """Guards compare deletes with what was there before."""
    plan = planned(gone(SEEN, Listing("user", ACME), BEN))

    assert plan.population["bitbucket_user"] == 2
    assert plan.population["bitbucket_pullrequest"] == 2


def test_kept_names_the_parents_with_most_first() -> None:
    """Reports say where the kept pull requests are."""
    more = [entity("pull_request", f"{VAULT}/pull-requests/{number}", id=str(number)) for number in range(3)]
    ties = [tie(GRAPH.entities[VAULT], "HAS", one) for one in more]
    snapshot = Graph.of([*GRAPH.entities.values(), *more], [*GRAPH.relationships.values(), *ties])

    plan = planned(unseen(SEEN, OLD_PULL_REQUEST), snapshot)

    assert plan.kept == (Kept("bitbucket_pullrequest", "outside_window", 4, (("acme/vault", 3), ("acme/web", 1))),)


def test_kept_tells_reasons_apart() -> None:
    """Outside the window, excluded by configuration, and somebody else's are three different things."""
    observation = evolve(unseen(SEEN, OLD_PULL_REQUEST, NO_PUSH), out_of_scope=frozenset({"branch_restriction"}))

    plan = planned(observation, foreign=frozenset({CORE}))

    assert [(kept.type, kept.why, kept.count) for kept in plan.kept] == [
        ("bitbucket_branch_restriction", "out_of_scope", 1),
        ("bitbucket_project", "foreign", 1),
        ("bitbucket_pullrequest", "outside_window", 1),
    ]


def test_resulting_graph_carries_out_every_change() -> None:
    """What apply uploads is the snapshot with the plan's changes in it, and nothing else."""
    observation = changed(gone(SEEN, Listing("user", ACME), BEN), VAULT, public=True)

    result = resulting_graph(planned(observation), GRAPH)

    assert set(result.entities) == set(GRAPH.entities) - {BEN}
    assert result.entities[VAULT].properties["public"] is True
    assert not [one for one in result.relationships.values() if BEN in (one.source, one.target)]


BEFORE = entity("repository", WEB, public=False)
AFTER = entity("repository", WEB, public=True)
OTHER = entity("repository", WEB, public=None)


@pytest.mark.parametrize(
    ("before", "after", "current", "expected"),
    [
        (BEFORE, AFTER, BEFORE, Standing.PENDING),
        (BEFORE, AFTER, AFTER, Standing.DONE),
        (BEFORE, AFTER, OTHER, Standing.STALE),
        (BEFORE, AFTER, None, Standing.STALE),
        (None, AFTER, None, Standing.PENDING),
        (None, AFTER, AFTER, Standing.DONE),
        (None, AFTER, OTHER, Standing.STALE),
        (BEFORE, None, BEFORE, Standing.PENDING),
        (BEFORE, None, None, Standing.DONE),
        (BEFORE, None, OTHER, Standing.STALE),
    ],
)
def test_standing_of_a_change(
    before: Entity | None, after: Entity | None, current: Entity | None, expected: Standing
) -> None:
    """As it was before: do it. As it will be: done. Anything else: somebody was faster."""
    change = Change(before, after, "web", Reason.DIFFERS)

    assert standing(change, Graph.of([current] if current else [])) is expected


def test_standing_of_a_relationship_looks_at_relationships() -> None:
    """An entity of the same key is another thing."""
    owns = Relationship("same-key", "bitbucket_workspace_owns_repo", "OWNS", ACME, WEB)
    graph = Graph.of([Entity("same-key", "bitbucket_repo", (), {})])

    assert standing(Change(owns, None, "", Reason.ABSENT), graph) is Standing.DONE


def test_change_of_nothing_is_refused() -> None:
    """A change has at least one side."""
    nothing: Change[Entity] = Change(None, None, "", Reason.NEW)

    with pytest.raises(ValueError, match="neither a before nor an after"):
        _ = nothing.element


def test_withheld_group_is_explained_by_its_first_key() -> None:
    """Two items failed alike: they are reported together, with the same gap whatever came first."""
    pulls = Listing("pull_request", WEB)
    gaps = [Gap(pulls, "BB-FETCH-429", "429: its commits", item=key) for key in (NEW_PULL_REQUEST, OLD_PULL_REQUEST)]
    observation = unseen(SEEN, OLD_PULL_REQUEST, NEW_PULL_REQUEST)
    turned = Graph(dict(reversed(list(GRAPH.entities.items()))), GRAPH.relationships)

    one = planned(evolve(observation, coverage=evolve(SEEN.coverage, gaps=tuple(gaps))))
    other = planned(evolve(observation, coverage=evolve(SEEN.coverage, gaps=tuple(reversed(gaps)))), turned)

    assert one.withheld == other.withheld
    assert one.withheld == (
        Withheld("bitbucket_pullrequest", "acme/web", (OLD_PULL_REQUEST, NEW_PULL_REQUEST), gaps[1]),
    )
