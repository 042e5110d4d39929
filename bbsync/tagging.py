"""What the account is called, also on what is kept: history that is not read again has no other way to a new name.

Whatever a run shows has the name already. Pull requests from before the window do not show, nor do kinds that are
switched off and listings that are not due yet: they follow what they belong to in the plan that renames it.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from bbsync.belonging import Belonging
from bbsync.coverage import Listing
from bbsync.graph import Entity, Graph, Properties
from bbsync.kinds import KINDS, Absence, AnyKind, Kinds
from bbsync.observation import Observation
from bbsync.overlay import Overlay

#: The property that holds what the account is called.
TAG = "tag.AccountName"


def tagged(properties: Properties, tag: str) -> Properties:
    """The properties with that name of the account; without any where the tag is empty."""
    rest = {name: held for name, held in properties.items() if name != TAG}
    return {**rest, TAG: tag} if tag else rest


def with_tag(observation: Observation, graph: Graph, tag: str, kinds: Kinds = KINDS) -> Observation:
    """The observation with what is kept under an old name of the account, as if it had shown under this one.

    Nothing else is known of it: its relationships hold, and its other properties are those of the graph. What goes with
    its parent is left alone, and so is what could not be read: it has the name as soon as it shows.
    """
    renamed = _renamed_parents(observation, graph, tag, kinds)
    if not renamed:
        return observation
    following = {entity.key: entity for entity in _following(renamed, observation, graph, tag, kinds)}
    seen, ties = observation.graph, frozenset(kinds.relationships)
    return evolve(
        observation,
        graph=Graph(Overlay(seen.entities, following), seen.relationships),
        unknown={**observation.unknown, **dict.fromkeys(following, ties)},
    )


def _renamed_parents(observation: Observation, graph: Graph, tag: str, kinds: Kinds) -> frozenset[str]:
    """What the graph holds under an old name and shows under this one: nothing on most runs, which look no further."""
    parents = {kind.parent for kind in kinds}
    types = {kind.entity.type for kind in kinds if kind.name in parents}
    seen = (entity.key for entity in observation.graph.entities.values() if entity.type in types)
    held = (graph.entities.get(key) for key in seen)
    return frozenset(one.key for one in held if one is not None and tagged(one.properties, tag) != one.properties)


def _following(
    renamed: frozenset[str], observation: Observation, graph: Graph, tag: str, kinds: Kinds
) -> Iterator[Entity]:
    seen, unread = observation.graph.entities, {gap.item for gap in observation.coverage.gaps}
    belonging = Belonging.of(graph, kinds)
    for key, entity in graph.entities.items():
        kind = kinds.by_type.get(entity.type)
        if kind is None or key in seen or key in unread:
            continue
        if any(_is_kept(kind, parent, observation) for parent in belonging.parents(key, kind) if parent in renamed):
            yield evolve(entity, properties=tagged(entity.properties, tag))


def _is_kept(kind: AnyKind, parent: str, observation: Observation) -> bool:
    """Whether what does not show there is kept because it was not looked for, and may not be for long."""
    is_off = kind.name in observation.out_of_scope
    return is_off or kind.absence is Absence.HISTORY or observation.coverage.is_earlier(Listing(kind.name, parent))
