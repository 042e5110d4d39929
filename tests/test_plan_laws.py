"""Laws of the plan: what holds for every graph, whatever Bitbucket shows and whatever it does not."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_world import ORIGIN, everything_seen
from strategies import graphs, observations

from bbsync.belonging import parents_of
from bbsync.coverage import Coverage, Gap, Listing
from bbsync.fate import Fate, judge
from bbsync.graph import Entity, Graph, Relationship
from bbsync.kinds import KINDS, Subject
from bbsync.observation import Observation
from bbsync.plan import Action, Plan, Totals, make_plan, resulting_graph

lawful = settings(
    deadline=None,  # the machine's mood is no law
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Graph, Observation, frozenset[str]]:
    """A snapshot, what a run saw, and which of the snapshot is somebody else's."""
    snapshot = draw(graphs())
    everything = sorted({*snapshot.entities, *snapshot.relationships})
    foreign = draw(st.one_of(st.just(frozenset[str]()), st.frozensets(st.sampled_from(everything), max_size=3)))
    return snapshot, draw(observations(snapshot)), foreign


def planned(snapshot: Graph, observation: Observation, foreign: frozenset[str] = frozenset()) -> Plan:
    """The plan for a snapshot."""
    return make_plan(snapshot, observation, ORIGIN, foreign=foreign)


def deleted(plan: Plan) -> set[str]:
    """The keys of everything that the plan deletes."""
    changes = (*plan.entities, *plan.relationships)
    return {change.element.key for change in changes if change.action is Action.DELETE}


@given(graphs())
@lawful
def test_plan_of_equal_graphs_is_empty(graph: Graph) -> None:
    """Where Bitbucket shows what the graph holds, there is nothing to do."""
    plan = planned(graph, everything_seen(graph))

    assert plan.is_empty
    assert plan.entity_totals == Totals(unchanged=len(graph.entities))
    assert plan.relationship_totals == Totals(unchanged=len(graph.relationships))


@given(situations())
@lawful
def test_second_plan_is_empty(situation: tuple[Graph, Observation, frozenset[str]]) -> None:
    """After the plan is applied the same reading finds nothing more to do; nor a third time."""
    snapshot, observation, foreign = situation
    after = resulting_graph(planned(snapshot, observation, foreign), snapshot)

    second = planned(after, observation, foreign)

    assert second.is_empty
    assert resulting_graph(second, after) == after


@given(situations())
@lawful
def test_everything_is_accounted_for_once(situation: tuple[Graph, Observation, frozenset[str]]) -> None:
    """Every element of the snapshot has one sentence, and the totals add up to all there was."""
    snapshot, observation, foreign = situation

    judgement = judge(snapshot, foreign, observation, KINDS)
    plan = planned(snapshot, observation, foreign)

    assert set(judgement.entities) == set(snapshot.entities)
    assert set(judgement.relationships) == set(snapshot.relationships)
    assert accounted(plan.entity_totals) == len(snapshot.entities)
    assert accounted(plan.relationship_totals) == len(snapshot.relationships)
    assert plan.entity_totals.kept == sum(kept.count for kept in plan.kept)
    assert all(kept.count == sum(count for _, count in kept.where) for kept in plan.kept)
    assert plan.entity_totals.withheld == sum(len(withheld.keys) for withheld in plan.withheld)
    assert min(plan.entity_totals.unchanged, plan.relationship_totals.unchanged) >= 0


def accounted(totals: Totals) -> int:
    """How much of the snapshot the totals account for: everything but what is new."""
    return totals.change + totals.move + totals.destroy + totals.unchanged + totals.kept + totals.withheld


@given(situations())
@lawful
def test_totals_count_the_changes(situation: tuple[Graph, Observation, frozenset[str]]) -> None:
    """No change is in the plan twice, and the numbers are those of what is listed."""
    snapshot, observation, foreign = situation

    plan = planned(snapshot, observation, foreign)

    for changes, totals in ((plan.entities, plan.entity_totals), (plan.relationships, plan.relationship_totals)):
        actions = Counter(change.action for change in changes)
        assert len({change.element.key for change in changes}) == len(changes)
        assert (totals.add, totals.change) == (actions[Action.CREATE], actions[Action.UPDATE])
        assert (totals.move, totals.destroy) == (actions[Action.MOVE], actions[Action.DELETE])


@given(situations())
@lawful
def test_no_relationship_dangles(situation: tuple[Graph, Observation, frozenset[str]]) -> None:
    """Whatever was seen, deleted or kept: every relationship has both its ends."""
    snapshot, observation, foreign = situation

    result = resulting_graph(planned(snapshot, observation, foreign), snapshot)

    assert all({tie.source, tie.target} <= set(result.entities) for tie in result.relationships.values())


@given(situations())
@lawful
def test_no_child_survives_a_deleted_root(situation: tuple[Graph, Observation, frozenset[str]]) -> None:
    """What lay below something that is gone is gone, unless it is not ours, or is or may be elsewhere as well."""
    snapshot, observation, foreign = situation
    parents = parents_of(snapshot, KINDS)

    plan = planned(snapshot, observation, foreign)

    gone = deleted(plan)
    orphans = [key for key, above in parents.items() if above and set(above) <= gone and key not in gone]
    shared = {kind.entity.type for kind in KINDS if kind.shared}
    for key in orphans:
        assert key in foreign or key in observation.graph.entities or snapshot.entities[key].type in shared


@given(situations())
@lawful
def test_every_delete_of_an_entity_has_a_reason(situation: tuple[Graph, Observation, frozenset[str]]) -> None:
    """A proof, or a cause that goes as well: nothing else deletes."""
    snapshot, observation, foreign = situation

    plan = planned(snapshot, observation, foreign)

    gone = deleted(plan)
    for change in plan.entities:
        if change.action is Action.DELETE:
            assert change.proof in observation.gone.values() if change.proof else change.cause in gone


@given(situations(), st.randoms(use_true_random=False))
@lawful
def test_losing_information_never_adds_a_delete(
    situation: tuple[Graph, Observation, frozenset[str]], chance: random.Random
) -> None:
    """An answer that is lost can only keep things in the graph that would have gone."""
    snapshot, observation, foreign = situation
    before = deleted(planned(snapshot, observation, foreign))

    while (poorer := lose_something(observation, chance)) is not None:
        after = deleted(planned(snapshot, poorer, foreign))
        assert after <= before
        observation, before = poorer, after


def lose_something(observation: Observation, chance: random.Random) -> Observation | None:
    """The observation with one answer less; None when nothing is left to lose."""
    losses: list[Observation] = []
    if observation.coverage.read:
        losses.append(without_listing(observation, chance.choice(sorted(observation.coverage.read))))
    if observation.gone:
        proofs = sorted(observation.gone)
        lost = chance.choice(proofs)
        losses.append(evolve(observation, gone={found: observation.gone[found] for found in proofs if found != lost}))
    if observation.graph.entities:
        losses.append(without_item(observation, chance.choice(sorted(observation.graph.entities))))
    return chance.choice(losses) if losses else None


def without_listing(observation: Observation, listing: Listing) -> Observation:
    """One listing becomes a gap: what it showed, and what was read because of that, is not seen."""
    coverage = observation.coverage
    gap = Gap(listing, "BB-FETCH-500", "500: lost")
    read = {found: how for found, how in coverage.read.items() if found != listing}
    poorer = evolve(observation, coverage=Coverage(read, (*coverage.gaps, gap)))
    belongs = KINDS.by_name[listing.kind].belongs
    if belongs is None:
        listed = [key for key, one in observation.graph.entities.items() if one.type == "bitbucket_workspace"]
        return without(poorer, listed)
    listed = [
        tie.target
        for tie in observation.graph.relationships.values()
        if tie.type == belongs.type and tie.source == listing.parent
    ]
    return without(poorer, listed, parent=listing.parent)


def without_item(observation: Observation, key: str) -> Observation:
    """One item could not be read, as when its details failed."""
    kind = KINDS.by_type[observation.graph.entities[key].type]
    parents = parents_of(observation.graph, KINDS).get(key, ("",))
    gaps = tuple(Gap(Listing(kind.name, parent), "BB-FETCH-429", "429: lost", item=key) for parent in parents)
    coverage = observation.coverage
    return without(evolve(observation, coverage=evolve(coverage, gaps=(*coverage.gaps, *gaps))), [key])


def without(observation: Observation, keys: list[str], parent: str | None = None) -> Observation:
    """The observation without these items, what they declare and what lies below them.

    With a parent, an item that another parent shows as well only loses the tie to that one.
    """
    graph = observation.graph
    above = parents_of(graph, KINDS)
    hidden = {key for key in keys if parent is None or set(above.get(key, ())) <= {parent}}
    for kind in KINDS:  # parents first
        for key, one in graph.entities.items():
            own = above.get(key, ())
            if one.type == kind.entity.type and own and set(own) <= hidden:
                hidden.add(key)
    cut = {(parent, key) for key in keys}
    return evolve(
        observation,
        graph=Graph(
            {key: one for key, one in graph.entities.items() if key not in hidden},
            {key: tie for key, tie in graph.relationships.items() if not lost(tie, hidden, cut)},
        ),
        coverage=evolve(
            observation.coverage,
            read={found: how for found, how in observation.coverage.read.items() if found.parent not in hidden},
        ),
        gone={(found, key): proof for (found, key), proof in observation.gone.items() if found.parent not in hidden},
    )


def lost(tie: Relationship, hidden: set[str], cut: set[tuple[str | None, str]]) -> bool:
    """Whether nobody declares the relationship any more."""
    kind, declared = KINDS.relationships[tie.type]
    if declared == kind.belongs:
        return (tie.source, tie.target) in cut or bool({tie.source, tie.target} & hidden)
    return (tie.source if declared.subject is Subject.SOURCE else tie.target) in hidden


@given(situations(), st.randoms(use_true_random=False))
@lawful
def test_order_of_arrival_changes_nothing(
    situation: tuple[Graph, Observation, frozenset[str]], chance: random.Random
) -> None:
    """Answers come in any order; the plan is the same, down to the order of everything in it."""
    snapshot, observation, foreign = situation
    coverage = observation.coverage
    shuffled = evolve(
        observation,
        graph=in_any_order(observation.graph, chance),
        coverage=Coverage(any_order(coverage.read, chance), tuple(chance.sample(coverage.gaps, len(coverage.gaps)))),
        gone=any_order(observation.gone, chance),
        unknown=any_order(observation.unknown, chance),
    )

    one = planned(snapshot, observation, foreign)
    other = planned(in_any_order(snapshot, chance), shuffled, foreign)

    assert one == other
    for name in ("population", "windows", "diagnostics"):
        assert list(getattr(one, name).items()) == list(getattr(other, name).items())


def any_order(mapping: Any, chance: random.Random) -> dict[Any, Any]:
    """The mapping with its items in another order."""
    return dict(chance.sample(list(mapping.items()), len(mapping)))


def in_any_order(graph: Graph, chance: random.Random) -> Graph:
    """The graph with its elements in another order."""
    return Graph(any_order(graph.entities, chance), any_order(graph.relationships, chance))


@given(situations())
@lawful
def test_foreign_elements_are_never_touched(situation: tuple[Graph, Observation, frozenset[str]]) -> None:
    """No entity of somebody else's is changed, nor a relationship, unless it goes with an end of ours."""
    snapshot, observation, foreign = situation

    plan = planned(snapshot, observation, foreign)

    gone = deleted(plan)
    assert not [change for change in plan.entities if change.element.key in foreign]
    for change in plan.relationships:
        if change.element.key in foreign:
            assert change.action is Action.DELETE
            assert {change.element.source, change.element.target} & gone


@given(situations(), st.data())
@lawful
def test_what_somebody_else_holds_beside_the_snapshot_is_not_made(
    situation: tuple[Graph, Observation, frozenset[str]], drawn: st.DataObject
) -> None:
    """A key that is somebody else's is not taken, though our part of the graph does not hold it; nothing dangles."""
    snapshot, observation, _ = situation
    new = sorted({*observation.graph.entities, *observation.graph.relationships} - set(snapshot.entities))
    theirs = frozenset(drawn.draw(st.sets(st.sampled_from(new))) if new else ())

    plan = planned(snapshot, observation, theirs - set(snapshot.relationships))

    result = resulting_graph(plan, snapshot)
    assert not theirs & set(result.entities)
    assert all({tie.source, tie.target} <= set(result.entities) for tie in result.relationships.values())


@given(situations())
@lawful
def test_types_of_others_are_never_touched(situation: tuple[Graph, Observation, frozenset[str]]) -> None:
    """What no kind declares stays as it is, tied to ours or not."""
    snapshot, observation, _ = situation
    person = Entity("{a-person-of-hr}", "employee", ("Person",), {"displayName": "Ada"})
    ours = min(snapshot.entities)
    ties = [
        Relationship("inside", "employee_knows", "KNOWS", person.key, ours),
        Relationship("outside", "employee_knows", "KNOWS", person.key, "{out-of-scope}"),
    ]
    mixed = Graph.of([*snapshot.entities.values(), person], [*snapshot.relationships.values(), *ties])

    plan = planned(mixed, observation)

    result = resulting_graph(plan, mixed)
    assert result.entities[person.key] == person
    assert result.relationships["outside"] == ties[1]
    assert ("inside" in result.relationships) is (ours in result.entities)


@given(situations())
@lawful
def test_unknown_properties_keep_the_snapshots_values(situation: tuple[Graph, Observation, frozenset[str]]) -> None:
    """What was not looked at holds as the graph knows it."""
    snapshot, observation, foreign = situation

    result = resulting_graph(planned(snapshot, observation, foreign), snapshot)

    for key, names in observation.unknown.items():
        before = snapshot.entities.get(key)
        for name in names & set(before.properties if before else ()):
            assert before is not None
            assert result.entities[key].properties[name] == before.properties[name]


@given(situations())
@lawful
def test_result_is_what_was_seen_and_what_is_kept(situation: tuple[Graph, Observation, frozenset[str]]) -> None:
    """Nothing else is in the resulting graph, and what is kept is kept as it was."""
    snapshot, observation, foreign = situation
    judgement = judge(snapshot, foreign, observation, KINDS)

    result = resulting_graph(planned(snapshot, observation, foreign), snapshot)

    kept = {key for key, one in judgement.entities.items() if not one.fate.goes and one.fate is not Fate.SEEN}
    assert set(result.entities) == kept | set(observation.graph.entities)
    assert all(result.entities[key] == snapshot.entities[key] for key in kept)
    for key in set(observation.graph.entities) - kept - set(observation.unknown):
        assert result.entities[key] == observation.graph.entities[key]
    kept_ties = {key for key, one in judgement.relationships.items() if not one.fate.goes and one.fate is not Fate.SEEN}
    assert all(result.relationships[key] == snapshot.relationships[key] for key in kept_ties)
    assert set(result.relationships) - kept_ties <= set(observation.graph.relationships)


@given(graphs(), st.data())
@lawful
def test_whole_reading_ends_in_what_bitbucket_holds(snapshot: Graph, drawn: st.DataObject) -> None:
    """Where everything is read and proven, the result is Bitbucket's own graph, plus the pull requests kept."""
    truth = drawn.draw(graphs())
    observation = drawn.draw(observations(snapshot, st.just(truth), whole=True))

    plan = planned(snapshot, observation)

    result = resulting_graph(plan, snapshot)
    assert plan.is_complete
    assert not plan.withheld
    beyond = {one.type for key, one in result.entities.items() if key not in truth.entities}
    assert set(truth.entities) <= set(result.entities)
    assert beyond <= {"bitbucket_pullrequest"}


@given(graph=graphs(), name=st.text(min_size=1, max_size=5), seen=st.booleans())
@lawful
def test_pull_requests_survive_a_rename_or_move(graph: Graph, name: str, *, seen: bool) -> None:
    """Every repository gets another name and lies in no project any more: each pull request is still there, once."""
    renamed = {key: rename(one, name) for key, one in graph.entities.items() if seen or not is_pull_request(one)}
    ties = {
        key: one
        for key, one in graph.relationships.items()
        if one.type != "bitbucket_project_has_repo" and {one.source, one.target} <= set(renamed)
    }
    observation = evolve(everything_seen(graph), graph=Graph(renamed, ties))

    plan = planned(graph, observation)

    result = resulting_graph(plan, graph)
    assert {key for key, one in result.entities.items() if is_pull_request(one)} == {
        key for key, one in graph.entities.items() if is_pull_request(one)
    }
    assert plan.entity_totals.destroy == plan.entity_totals.add == 0


def rename(entity: Entity, name: str) -> Entity:
    """The entity; a repository with another name."""
    if entity.type != "bitbucket_repo":
        return entity
    return evolve(entity, properties={**entity.properties, "fullName": f"acme/{name}", "displayName": name})


def is_pull_request(entity: Entity) -> bool:
    """Whether the entity is a pull request."""
    return entity.type == "bitbucket_pullrequest"
