"""make_plan(): what becomes of everything, and why.

A plan is a value. Nothing is decided after it exists: it is shown, saved, and applied as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Generic, TypeVar

from attrs import evolve, field, frozen

from bbsync.adoption import Adopted, rebased
from bbsync.belonging import Belonging
from bbsync.coverage import Gap, Known
from bbsync.difference import Difference, difference_of_entities, difference_of_ties
from bbsync.fate import Fate, Judgement, Sentence, judge
from bbsync.graph import Entity, Graph, Properties, Relationship
from bbsync.kinds import KINDS, Kinds
from bbsync.labels import Labels
from bbsync.learning import learned
from bbsync.observation import Observation, Proof
from bbsync.overlay import Overlay

E = TypeVar("E", Entity, Relationship)


class Action(Enum):
    """What a change does."""

    CREATE = "create"
    UPDATE = "update"
    MOVE = "move"
    DELETE = "delete"


class Reason(Enum):
    """Why a change is in the plan. For people: apply never looks at it."""

    NEW = "new"
    DIFFERS = "differs"
    RENAMED = "renamed"
    ADOPTED = "adopted"
    ABSENT = "absent"
    CASCADE = "cascade"


@frozen
class Change(Generic[E]):
    """One change of one element.

    Attributes:
        before: the element as the snapshot has it; None for a create.
        after: the element as it will be; None for a delete. Only what moves in has another key after than before.
        label: how reports name it, with its parent where the name alone says too little.
        reason: why.
        proof: of a delete with reason `absent` of an entity.
        cause: of a delete with reason `cascade`, the key of the entity whose end starts it.
        was: of a move, the label before.
    """

    before: E | None
    after: E | None
    label: str
    reason: Reason
    proof: Proof | None = None
    cause: str = ""
    was: str = ""

    @property
    def action(self) -> Action:
        """What the change does."""
        if self.before is None:
            return Action.CREATE
        if self.after is None:
            return Action.DELETE
        return Action.MOVE if self.reason is Reason.RENAMED or self.is_rekeyed else Action.UPDATE

    @property
    def is_rekeyed(self) -> bool:
        """Whether the element has another key afterwards."""
        return self.before is not None and self.after is not None and self.before.key != self.after.key

    @property
    def element(self) -> E:
        """The element as it will be, or as it was if it goes."""
        found = self.after if self.after is not None else self.before
        if found is None:
            raise ValueError("a change has neither a before nor an after")
        return found


@frozen
class Kept:
    """Entities that stay although Bitbucket did not show them, on purpose: how many of a type, and where.

    `why` is `outside_window`, `earlier`, `out_of_scope` or `foreign`. `where` pairs the label of a parent with a count,
    most first.
    """

    type: str
    why: str
    count: int
    where: tuple[tuple[str, int], ...] = ()


@frozen
class Withheld:
    """Entities that stay because they could not be looked at: nothing here is deleted."""

    type: str
    where: str
    keys: tuple[str, ...]
    gap: Gap


@frozen
class LabelledGap:
    """A gap, and what the parent of its listing is called."""

    gap: Gap
    where: str


@frozen
class Totals:
    """Where everything in the snapshot and everything new went; the parts add up."""

    add: int = 0
    change: int = 0
    move: int = 0
    destroy: int = 0
    unchanged: int = 0
    kept: int = 0
    withheld: int = 0


@frozen
class Origin:
    """What the plan was made from and for.

    `created_at` and `expires_at` are epoch milliseconds, `target` names the graph, `lineage` and `serial` its
    snapshot, `settings` are those that shape the scope, by name, and `config` is their fingerprint.
    `rules_off` names the rules that point to nothing in this plan, because they are switched off. `only` are the
    addresses that it is about; with none it is about everything. `description` says in the words of the settings what
    all of it is for.
    """

    workspaces: tuple[str, ...] = ()
    target: str = ""
    lineage: str = ""
    serial: int = 0
    config: str = ""
    settings: Properties = field(factory=dict)
    created_at: int = 0
    expires_at: int = 0
    rules_off: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    description: str = ""


@frozen
class Plan:
    """The difference between the graph and Bitbucket, complete and in the order of reports.

    Attributes:
        population: how many entities and relationships of each type the snapshot holds; guards compare with it.
        listings: how many listings the run meant to read, and how many of them it read.
        windows: the earliest opening (epoch milliseconds) of the window of each kind that has one.
        earlier: of each kind whose listings were read in an earlier run, how many were, and when the oldest.
        learned: what later runs need not find out again, once the plan is applied.
        diagnostics: counts worth knowing that change nothing, by name.
    """

    origin: Origin
    entities: tuple[Change[Entity], ...] = ()
    relationships: tuple[Change[Relationship], ...] = ()
    kept: tuple[Kept, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    gaps: tuple[LabelledGap, ...] = ()
    entity_totals: Totals = field(factory=Totals)
    relationship_totals: Totals = field(factory=Totals)
    population: Mapping[str, int] = field(factory=dict)
    listings: tuple[int, int] = (0, 0)
    windows: Mapping[str, int] = field(factory=dict)
    earlier: Mapping[str, tuple[int, int]] = field(factory=dict)
    learned: Known = field(factory=Known)
    diagnostics: Mapping[str, int] = field(factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to apply."""
        return not self.entities and not self.relationships

    @property
    def is_complete(self) -> bool:
        """Whether everything was read, but for what was announced beforehand."""
        return all(found.gap.known for found in self.gaps)


def make_plan(
    snapshot: Graph,
    observation: Observation,
    origin: Origin,
    *,
    foreign: frozenset[str] = frozenset(),
    adopted: Adopted | None = None,
    kinds: Kinds = KINDS,
) -> Plan:
    """The plan that turns the snapshot into what Bitbucket shows, plus what is kept.

    Args:
        snapshot: the graph as it is, within our scope.
        observation: Bitbucket as this run saw it.
        origin: what the plan is made from and for; it is copied into the plan.
        foreign: keys in the snapshot that carry somebody else's owner marker.
        adopted: what moves in, if anything does: the observation was made with its graph instead of the snapshot.
        kinds: what is synchronised.
    """
    base = adopted.graph if adopted else snapshot
    judgement = judge(base, foreign, observation, kinds)
    entities_differ = difference_of_entities(base, observation, judgement, foreign, kinds)
    desired = entities_differ.over(base.entities)
    ties_differ = difference_of_ties(base, observation, judgement, foreign, desired)
    labels = Labels(judgement.belonging, _belonging_after(judgement.belonging, desired, ties_differ))
    if adopted:
        entities_differ, ties_differ = _rebased(adopted, snapshot, judgement, entities_differ, ties_differ)
    arrived = adopted.entities.new if adopted else frozenset[str]()
    entities, ties = _changes(entities_differ, labels), _changes(ties_differ, labels)
    return Plan(
        origin=origin,
        entities=tuple(sorted(entities, key=lambda change: labels.order(change.element, change.label))),
        relationships=tuple(sorted(ties, key=lambda change: (change.element.type, change.element.key))),
        kept=_kept(base, judgement, labels, arrived),
        withheld=_withheld(base, judgement, labels, arrived),
        gaps=_gaps(observation.coverage.gaps, labels),
        entity_totals=_totals(entities, entities_differ.fates, len(snapshot.entities)),
        relationship_totals=_totals(ties, ties_differ.fates, len(snapshot.relationships)),
        population=dict(sorted({**entities_differ.types, **ties_differ.types}.items())),
        listings=(observation.coverage.planned, len(observation.coverage.read_in_full)),
        windows=observation.coverage.windows,
        earlier=observation.coverage.earlier,
        learned=learned(observation, desired, kinds),
        diagnostics=_diagnostics(observation, {**entities_differ.left_out, **ties_differ.left_out}),
    )


def _rebased(
    adopted: Adopted,
    snapshot: Graph,
    judgement: Judgement,
    entities: Difference[Entity],
    ties: Difference[Relationship],
) -> tuple[Difference[Entity], Difference[Relationship]]:
    """Both differences, from what there is instead of what was adopted."""
    graph = adopted.graph
    return (
        rebased(entities, snapshot.entities, graph.entities, adopted.entities, lambda one: judgement.entities[one.key]),
        rebased(ties, snapshot.relationships, graph.relationships, adopted.relationships, judgement.relationships.on),
    )


def resulting_graph(plan: Plan, snapshot: Graph) -> Graph:
    """The graph after the plan, made from the graph before it."""
    return Graph(
        _carried_out(plan.entities, snapshot.entities), _carried_out(plan.relationships, snapshot.relationships)
    )


def _carried_out(changes: Iterable[Change[E]], elements: Mapping[str, E]) -> Mapping[str, E]:
    changed: dict[str, E | None] = {}
    for change in changes:
        if change.before is not None:
            changed.setdefault(change.before.key, None)
        if change.after is not None:
            changed[change.after.key] = change.after
    return Overlay(elements, changed)


def _belonging_after(before: Belonging, entities: Mapping[str, Entity], ties: Difference[Relationship]) -> Belonging:
    gone = [*(tie for tie, _ in ties.deleted), *(tie for tie, _ in ties.updated)]
    return before.after(entities, gone, [*ties.created, *(tie for _, tie in ties.updated)])


def _changes(found: Difference[E], labels: Labels) -> tuple[Change[E], ...]:
    """The changes; what stays as it is gets no label."""
    created = tuple(Change(None, element, labels.of(element), Reason.NEW) for element in found.created)
    updated = tuple(_update(before, after, labels, found.theirs) for before, after in found.updated)
    deleted = tuple(_delete(element, sentence, labels) for element, sentence in found.deleted)
    return created + updated + deleted + _moving_in(found, labels)


def _moving_in(found: Difference[E], labels: Labels) -> tuple[Change[E], ...]:
    """What comes to our key from another one, or from another graph, or goes from another key."""
    labelled = [(before, after, labels.of(after)) for before, after in found.moved]
    moved = tuple(Change(before, after, label, Reason.ADOPTED, was=label) for before, after, label in labelled)
    arrived = tuple(Change(None, after, labels.of(after), Reason.ADOPTED) for after in found.arrived)
    keys = {known_as.key: before.key for before, known_as, _ in found.gone}
    gone = tuple(
        evolve(_delete(known_as, sentence, labels), before=before, cause=keys.get(sentence.root, sentence.root))
        for before, known_as, sentence in found.gone
    )
    return moved + arrived + gone


def _update(before: E, after: E, labels: Labels, theirs: frozenset[str]) -> Change[E]:
    label = labels.of(after)
    if before.key in theirs:
        return Change(before, after, label, Reason.ADOPTED)
    if labels.moved(before, after):
        return Change(before, after, label, Reason.RENAMED, was=labels.of(before, before=True))
    return Change(before, after, label, Reason.DIFFERS)


def _delete(before: E, sentence: Sentence, labels: Labels) -> Change[E]:
    reason = Reason.CASCADE if sentence.fate is Fate.CASCADE else Reason.ABSENT
    return Change(before, None, labels.of(before, before=True), reason, proof=sentence.proof, cause=sentence.root)


_KEPT = (Fate.HISTORY, Fate.EARLIER, Fate.OUT_OF_SCOPE, Fate.FOREIGN)


def _kept(snapshot: Graph, judgement: Judgement, labels: Labels, arrived: frozenset[str]) -> tuple[Kept, ...]:
    found: Counter[tuple[str, Fate, tuple[str, ...]]] = Counter(
        (snapshot.entities[key].type, sentence.fate, labels.parents(key))
        for key, sentence in judgement.entities.items()
        if sentence.fate in _KEPT and key not in arrived
    )
    where: dict[tuple[str, str], Counter[str]] = {}
    for (kind, fate, parents), count in found.items():
        where.setdefault((kind, fate.value), Counter())[labels.all(parents)] += count
    return tuple(
        Kept(kind, why, counts.total(), tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))))
        for (kind, why), counts in sorted(where.items())
    )


def _withheld(snapshot: Graph, judgement: Judgement, labels: Labels, arrived: frozenset[str]) -> tuple[Withheld, ...]:
    groups: dict[tuple[str, str, str, str], tuple[list[str], Gap]] = {}
    withheld = [(key, one) for key, one in judgement.entities.items() if one.fate is Fate.WITHHELD]
    for key, sentence in sorted(withheld, key=lambda pair: pair[0]):
        if sentence.gap and key not in arrived:
            group = (snapshot.entities[key].type, labels.parent(key), sentence.gap.code, sentence.gap.detail)
            groups.setdefault(group, ([], sentence.gap))[0].append(key)
    return tuple(Withheld(group[0], group[1], tuple(keys), gap) for group, (keys, gap) in sorted(groups.items()))


def _gaps(gaps: Iterable[Gap], labels: Labels) -> tuple[LabelledGap, ...]:
    found = [LabelledGap(gap, labels.at(gap.listing.parent) if gap.listing.parent else "") for gap in gaps]
    return tuple(sorted(found, key=lambda one: (one.gap.listing, one.gap.item, one.gap.code, one.gap.detail)))


def _totals(changes: Iterable[Change[E]], fates: Mapping[Fate, int], size: int) -> Totals:
    actions = Counter(change.action for change in changes)
    touched = actions[Action.UPDATE] + actions[Action.MOVE] + actions[Action.DELETE]
    kept = sum(fates.get(fate, 0) for fate in _KEPT)
    return Totals(
        add=actions[Action.CREATE],
        change=actions[Action.UPDATE],
        move=actions[Action.MOVE],
        destroy=actions[Action.DELETE],
        unchanged=size - touched - kept - fates.get(Fate.WITHHELD, 0),
        kept=kept,
        withheld=fates.get(Fate.WITHHELD, 0),
    )


def _diagnostics(observation: Observation, left_out: Mapping[str, int]) -> dict[str, int]:
    counts = {f"passed_over.{kind}": count for kind, count in observation.passed_over.items() if count}
    counts.update(left_out)
    return dict(sorted(counts.items()))
