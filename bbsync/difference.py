"""What differs between the snapshot and what it will be, element by element. Nothing is kept of what stays the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Generic, TypeVar

from attrs import evolve, frozen

from bbsync.fate import Fate, Judgement, Sentence
from bbsync.graph import Element, Entity, Graph, Relationship, same
from bbsync.kinds import Kinds
from bbsync.observation import Observation
from bbsync.overlay import Overlay

E = TypeVar("E", bound=Element)

#: Fates of what stays as the snapshot has it.
STAYING = frozenset(fate for fate in Fate if fate is not Fate.SEEN and not fate.goes)


@frozen
class Difference(Generic[E]):
    """What comes, what becomes another, and what goes for which reason.

    `fates` counts the fates that were met, `left_out` what was seen and is not written, by reason and type, and `types`
    what there was before, by type.

    Only what moves in from the existing integration's graph fills the rest: `moved` holds what is there under another
    key and what it becomes, `arrived` what comes from elsewhere, `gone` what is there under another key and goes, with
    what it is under ours, and `theirs` the keys of what they wrote under the same key.
    """

    created: tuple[E, ...]
    updated: tuple[tuple[E, E], ...]
    deleted: tuple[tuple[E, Sentence], ...]
    fates: Mapping[Fate, int]
    left_out: Mapping[str, int]
    types: Mapping[str, int]
    moved: tuple[tuple[E, E], ...] = ()
    arrived: tuple[E, ...] = ()
    gone: tuple[tuple[E, E, Sentence], ...] = ()
    theirs: frozenset[str] = frozenset()

    def over(self, before: Mapping[str, E]) -> Mapping[str, E]:
        """What there will be, where this is the difference from what there was."""
        changed: dict[str, E | None] = {element.key: None for element, _ in self.deleted}
        changed.update((element.key, element) for element in self.created)
        changed.update((after.key, after) for _, after in self.updated)
        return Overlay(before, changed)


def difference_of_entities(
    snapshot: Graph, observation: Observation, judgement: Judgement, foreign: frozenset[str], kinds: Kinds
) -> Difference[Entity]:
    """What differs in the entities. What was not looked at is taken from the snapshot.

    A foreign key need not be in the snapshot: what is somebody else's is not written over, nor doubled.
    """
    seen, unknown = observation.graph.entities, observation.unknown
    updated, deleted = [], []
    for key, sentence in judgement.entities.items():
        if key in seen and sentence.fate is not Fate.FOREIGN:
            before = snapshot.entities[key]
            after = _with_unknown(seen[key], before, unknown.get(key), kinds)
            if not same(before, after):
                updated.append((before, after))
        elif sentence.fate not in STAYING:
            deleted.append((snapshot.entities[key], sentence))
    new = [entity for key, entity in seen.items() if key not in snapshot.entities]
    created = tuple(entity for entity in new if entity.key not in foreign)
    left_out = Counter(f"foreign.{entity.type}" for entity in new if entity.key in foreign)
    fates = Counter(sentence.fate for sentence in judgement.entities.values())
    types = Counter(entity.type for entity in snapshot.entities.values())
    return Difference(created, tuple(updated), tuple(deleted), fates, left_out, types)


def difference_of_ties(
    snapshot: Graph,
    observation: Observation,
    judgement: Judgement,
    foreign: frozenset[str],
    entities: Mapping[str, Entity],
) -> Difference[Relationship]:
    """What differs in the relationships, once these are the entities."""
    seen = observation.graph.relationships
    updated, deleted = [], []
    loose: list[Relationship] = []
    fates: Counter[Fate] = Counter()
    types: Counter[str] = Counter()
    for key, before in snapshot.relationships.items():
        sentence = judgement.relationships.on(before)
        fates[sentence.fate] += 1
        types[before.type] += 1
        shown = None if sentence.fate is Fate.FOREIGN or key in foreign else seen.get(key)
        if shown is not None and _holds(shown, entities):
            if not same(before, shown):
                updated.append((before, shown))
            continue
        if shown is not None:
            loose.append(shown)
        if sentence.fate not in STAYING:
            deleted.append((before, sentence))
    new = [tie for key, tie in seen.items() if key not in snapshot.relationships and key not in foreign]
    created = tuple(tie for tie in new if _holds(tie, entities))
    loose.extend(tie for tie in new if not _holds(tie, entities))
    left_out = Counter(f"without_an_end.{tie.type}" for tie in loose)
    return Difference(created, tuple(updated), tuple(deleted), fates, left_out, types)


def _holds(tie: Relationship, entities: Mapping[str, Entity]) -> bool:
    """Whether both ends will be there."""
    return tie.source in entities and tie.target in entities


def _with_unknown(seen: Entity, before: Entity, unknown: frozenset[str] | None, kinds: Kinds) -> Entity:
    """The seen entity, with what the snapshot knows of the properties that were not looked at."""
    if not unknown or before.type not in kinds.by_type:
        return seen
    held = {name: before.properties[name] for name in unknown if name in before.properties}
    shown = {name: value for name, value in seen.properties.items() if name not in unknown or name not in held}
    return evolve(seen, properties={**shown, **held})
