"""make_plan(): what becomes of everything, and why.

A plan is a value. Nothing is decided after it exists: it is shown, saved, and applied as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Generic, TypeVar

from attrs import evolve, field, frozen

from bbsync.belonging import parents_of
from bbsync.coverage import Coverage, Extent, Gap
from bbsync.fate import SEEN, Fate, Judgement, Sentence, judge
from bbsync.graph import Element, Entity, Graph, Properties, Relationship, digest, same
from bbsync.kinds import KINDS, Kinds
from bbsync.observation import Observation, Proof

E = TypeVar("E", Entity, Relationship)


class Action(Enum):
    """What a change does, with the symbol that reports show."""

    CREATE = "create"
    UPDATE = "update"
    MOVE = "move"
    DELETE = "delete"


class Reason(Enum):
    """Why a change is in the plan. For people: apply never looks at it."""

    NEW = "new"
    DIFFERS = "differs"
    RENAMED = "renamed"
    ABSENT = "absent"
    CASCADE = "cascade"


@frozen
class Change(Generic[E]):
    """One change of one element.

    Attributes:
        before: the element as the snapshot has it; None for a create.
        after: the element as it will be; None for a delete.
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
        return Action.MOVE if self.reason is Reason.RENAMED else Action.UPDATE

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

    `why` is `outside_window`, `out_of_scope` or `foreign`. `where` pairs the label of a parent with a count,
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
    """

    workspaces: tuple[str, ...] = ()
    target: str = ""
    lineage: str = ""
    serial: int = 0
    config: str = ""
    settings: Properties = field(factory=dict)
    created_at: int = 0
    expires_at: int = 0


@frozen
class Plan:
    """The difference between the graph and Bitbucket, complete and in the order of reports.

    Attributes:
        population: how many entities of each type the snapshot holds; guards compare with it.
        listings: how many listings the run meant to read, and how many of them it read.
        windows: the earliest opening (epoch milliseconds) of the window of each kind that has one.
        watermarks: by listing parent, the time before which nothing was missed; recorded once the plan is applied.
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
    watermarks: Mapping[str, int] = field(factory=dict)
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
    kinds: Kinds = KINDS,
) -> Plan:
    """The plan that turns the snapshot into what Bitbucket shows, plus what is kept.

    Args:
        snapshot: the graph as it is, within our scope.
        observation: Bitbucket as this run saw it.
        origin: what the plan is made from and for; it is copied into the plan.
        foreign: keys in the snapshot that carry somebody else's owner marker.
        kinds: what is synchronised.
    """
    judgement = judge(snapshot, foreign, observation, kinds)
    desired, left_out = _desired(snapshot, observation, judgement, foreign, kinds)
    labels = Labels(snapshot, desired, kinds)
    entities = _changes(snapshot.entities, desired.entities, judgement.entities, labels)
    ties = _changes(snapshot.relationships, desired.relationships, judgement.relationships, labels)
    return Plan(
        origin=origin,
        entities=tuple(sorted(entities, key=lambda change: labels.order(change.element, change.label))),
        relationships=tuple(sorted(ties, key=lambda change: (change.element.type, change.element.key))),
        kept=_kept(snapshot, judgement, labels),
        withheld=_withheld(snapshot, judgement, labels),
        gaps=_gaps(observation.coverage.gaps, labels),
        entity_totals=_totals(entities, judgement.entities, len(snapshot.entities)),
        relationship_totals=_totals(ties, judgement.relationships, len(snapshot.relationships)),
        population=dict(sorted(Counter(entity.type for entity in snapshot.entities.values()).items())),
        listings=(observation.coverage.planned, len(observation.coverage.read_in_full)),
        windows=_windows(observation.coverage),
        watermarks=_watermarks(observation.coverage, kinds),
        diagnostics=_diagnostics(observation, left_out),
    )


def resulting_graph(plan: Plan, snapshot: Graph) -> Graph:
    """The graph after the plan, made from the graph before it."""
    entities, ties = dict(snapshot.entities), dict(snapshot.relationships)
    for change in plan.entities:
        _carry_out(change, entities)
    for tie in plan.relationships:
        _carry_out(tie, ties)
    return Graph(entities, ties)


class Standing(Enum):
    """Where a change stands in a graph: still to do, done already, or overtaken by somebody else."""

    PENDING = "pending"
    DONE = "done"
    STALE = "stale"


def standing(change: Change[Entity] | Change[Relationship], snapshot: Graph) -> Standing:
    """Whether the element is as it was before the change, as it will be after it, or neither."""
    held: Mapping[str, Element] = snapshot.entities if isinstance(change.element, Entity) else snapshot.relationships
    current = held.get(change.element.key)
    if _equal(current, change.after):
        return Standing.DONE
    return Standing.PENDING if _equal(current, change.before) else Standing.STALE


def _equal(one: Element | None, other: Element | None) -> bool:
    if one is None or other is None:
        return one is other
    return digest(one) == digest(other)


def _carry_out(change: Change[E], elements: dict[str, E]) -> None:
    if change.after is None:
        elements.pop(change.element.key, None)
    else:
        elements[change.after.key] = change.after


#: Fates of what stays as the snapshot has it. Enums hash by name, so a tuple is quicker than a set.
_STAYING = tuple(fate for fate in Fate if fate is not Fate.SEEN and not fate.goes)


def _desired(
    snapshot: Graph, observation: Observation, judgement: Judgement, foreign: frozenset[str], kinds: Kinds
) -> tuple[Graph, Counter[str]]:
    """What the graph will be, and how much of what was seen is left out of it, by reason and type.

    A foreign key need not be in the snapshot: what is somebody else's is not written over, nor doubled.
    """
    left_out: Counter[str] = Counter()
    entities = {key: one for key, one in snapshot.entities.items() if judgement.entities[key].fate in _STAYING}
    for key, entity in observation.graph.entities.items():
        if key in foreign or judgement.entities.get(key, SEEN).fate is Fate.FOREIGN:
            left_out[f"foreign.{entity.type}"] += key not in snapshot.entities
            continue
        entities[key] = _with_unknown(entity, snapshot.entities.get(key), observation.unknown.get(key), kinds)
    ties = {key: tie for key, tie in snapshot.relationships.items() if judgement.relationships[key].fate in _STAYING}
    for key, tie in observation.graph.relationships.items():
        if key in foreign or judgement.relationships.get(key, SEEN).fate is Fate.FOREIGN:
            continue
        if tie.source in entities and tie.target in entities:
            ties[key] = tie
        else:
            left_out[f"without_an_end.{tie.type}"] += 1
    return Graph(entities, ties), left_out


def _with_unknown(seen: Entity, before: Entity | None, unknown: frozenset[str] | None, kinds: Kinds) -> Entity:
    """The seen entity, with what the snapshot knows of the properties that were not looked at."""
    if not unknown or before is None or before.type not in kinds.by_type:
        return seen
    held = {name: before.properties[name] for name in unknown if name in before.properties}
    shown = {name: value for name, value in seen.properties.items() if name not in unknown or name not in held}
    return evolve(seen, properties={**shown, **held})


_NUMBER = re.compile(r"[0-9]{1,12}")


def _padded(number: re.Match[str]) -> str:
    return number[0].zfill(12)


class Labels:
    """What elements are called in reports: by their own properties, and by their parent where that says more."""

    def __init__(self, snapshot: Graph, desired: Graph, kinds: Kinds) -> None:
        self._snapshot = snapshot
        self._desired = desired
        self._kinds = kinds
        self._parents = {**parents_of(snapshot, kinds), **parents_of(desired, kinds)}

    def of(self, element: Element, *, before: bool = False) -> str:
        """The element's label; `before` prefers how its parent was called in the snapshot."""
        if isinstance(element, Relationship):
            return f"{self.at(element.source)} {element.verb} {self.at(element.target)}"
        own = self._own(element)
        kind = self._kinds.by_type.get(element.type)
        if kind is None or kind.parent is None or self._kinds.by_name[kind.parent].parent is None:
            return own
        above = self.parent(element.key, before=before)
        return f"{above} {own}" if own.startswith("#") else f"{above} · {own}"

    def parent(self, key: str, *, before: bool = False) -> str:
        """What the entity's parent is called; several are joined by commas."""
        return ", ".join(self.at(parent, before=before) for parent in self._parents.get(key, ()))

    def at(self, key: str, *, before: bool = False) -> str:
        """What the entity of that key is called; the key itself when nobody knows it."""
        graphs = (self._snapshot, self._desired) if before else (self._desired, self._snapshot)
        entity = next((graph.entities[key] for graph in graphs if key in graph.entities), None)
        return self._own(entity) if entity else key

    def order(self, element: Element, label: str) -> tuple[int, str, str]:
        """Where reports put an entity: by kind, then by name (numbers in it by size, any case), then by key."""
        return (self._kinds.rank(element.type), _NUMBER.sub(_padded, label.casefold()), element.key)

    def _own(self, entity: Entity) -> str:
        kind = self._kinds.by_type.get(entity.type)
        if kind is None:
            return entity.name
        try:
            return kind.label(entity.properties)
        except KeyError:  # the graph may hold an entity whose properties somebody else changed
            return entity.name

    def moved(self, before: Element, after: Element) -> bool:
        """Whether the difference is a rename or a move."""
        kind = self._kinds.by_type.get(after.type)
        names = kind.moved_by if kind else ()
        return any(before.properties.get(name) != after.properties.get(name) for name in names)


def _changes(
    before: Mapping[str, E], after: Mapping[str, E], sentences: Mapping[str, Sentence], labels: Labels
) -> list[Change[E]]:
    changes = []
    for key, element in after.items():
        known = before.get(key)
        if known is None:
            changes.append(Change(None, element, labels.of(element), Reason.NEW))
        elif not same(known, element):
            changes.append(_update(known, element, labels))
    for key, element in before.items():
        if key not in after:
            changes.append(_delete(element, sentences[key], labels))
    return changes


def _update(before: E, after: E, labels: Labels) -> Change[E]:
    label = labels.of(after)
    if labels.moved(before, after):
        return Change(before, after, label, Reason.RENAMED, was=labels.of(before, before=True))
    return Change(before, after, label, Reason.DIFFERS)


def _delete(before: E, sentence: Sentence, labels: Labels) -> Change[E]:
    reason = Reason.CASCADE if sentence.fate is Fate.CASCADE else Reason.ABSENT
    return Change(before, None, labels.of(before, before=True), reason, proof=sentence.proof, cause=sentence.root)


_KEPT = (Fate.HISTORY, Fate.OUT_OF_SCOPE, Fate.FOREIGN)


def _kept(snapshot: Graph, judgement: Judgement, labels: Labels) -> tuple[Kept, ...]:
    where: dict[tuple[str, str], Counter[str]] = {}
    for key, sentence in judgement.entities.items():
        if sentence.fate in _KEPT:
            group = (snapshot.entities[key].type, sentence.fate.value)
            where.setdefault(group, Counter())[labels.parent(key)] += 1
    return tuple(
        Kept(kind, why, counts.total(), tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))))
        for (kind, why), counts in sorted(where.items())
    )


def _withheld(snapshot: Graph, judgement: Judgement, labels: Labels) -> tuple[Withheld, ...]:
    groups: dict[tuple[str, str, str, str], tuple[list[str], Gap]] = {}
    withheld = [(key, one) for key, one in judgement.entities.items() if one.fate is Fate.WITHHELD]
    for key, sentence in sorted(withheld, key=lambda pair: pair[0]):
        if sentence.gap:
            group = (snapshot.entities[key].type, labels.parent(key), sentence.gap.code, sentence.gap.detail)
            groups.setdefault(group, ([], sentence.gap))[0].append(key)
    return tuple(Withheld(group[0], group[1], tuple(keys), gap) for group, (keys, gap) in sorted(groups.items()))


def _gaps(gaps: Iterable[Gap], labels: Labels) -> tuple[LabelledGap, ...]:
    found = [LabelledGap(gap, labels.at(gap.listing.parent) if gap.listing.parent else "") for gap in gaps]
    return tuple(sorted(found, key=lambda one: (one.gap.listing, one.gap.item, one.gap.code, one.gap.detail)))


def _totals(changes: Iterable[Change[E]], sentences: Mapping[str, Sentence], size: int) -> Totals:
    actions = Counter(change.action for change in changes)
    fates = Counter(sentence.fate for sentence in sentences.values())
    touched = actions[Action.UPDATE] + actions[Action.MOVE] + actions[Action.DELETE]
    kept = sum(fates[fate] for fate in _KEPT)
    return Totals(
        add=actions[Action.CREATE],
        change=actions[Action.UPDATE],
        move=actions[Action.MOVE],
        destroy=actions[Action.DELETE],
        unchanged=size - touched - kept - fates[Fate.WITHHELD],
        kept=kept,
        withheld=fates[Fate.WITHHELD],
    )


def _windows(coverage: Coverage) -> dict[str, int]:
    opened: dict[str, int] = {}
    for listing, read in sorted(coverage.read.items()):
        if read.extent is Extent.WINDOW and read.since is not None:
            opened[listing.kind] = min(read.since, opened.get(listing.kind, read.since))
    return opened


def _watermarks(coverage: Coverage, kinds: Kinds) -> dict[str, int]:
    """By parent: the watermarks of listings of which nothing is missing, not even one item."""
    incomplete = {gap.listing for gap in coverage.gaps}
    return {
        listing.parent: read.watermark
        for listing, read in sorted(coverage.read.items())
        if read.watermark is not None and listing not in incomplete and listing.kind in kinds.by_name
    }


def _diagnostics(observation: Observation, left_out: Counter[str]) -> dict[str, int]:
    counts = {f"passed_over.{kind}": count for kind, count in observation.passed_over.items() if count}
    counts.update({reason: count for reason, count in left_out.items() if count})
    return dict(sorted(counts.items()))
