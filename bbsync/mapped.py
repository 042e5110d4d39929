"""Mapped relationships: ties to what is not ours, such as the Person behind a user. JupiterOne looks for the other end.

What is asked for follows from our entity alone. So nobody need remember it, and a graph that cannot show it, because
nothing was found, tells it all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve

from bbsync.graph import Entity, Graph, Properties, Relationship
from bbsync.kinds import KINDS, Kinds
from bbsync.observation import Observation
from bbsync.overlay import Overlay


def mapped_ties(entities: Iterable[Entity], kinds: Kinds = KINDS) -> Iterator[Relationship]:
    """The mapped relationships of these entities."""
    mappings = {kind.entity.type: kind.mapped for kind in kinds if kind.mapped}
    for entity in entities:
        mapping = mappings.get(entity.type)
        tie = mapping.of(entity) if mapping else None
        if tie is not None:
            yield tie


def with_mapped(observation: Observation, kinds: Kinds = KINDS) -> Observation:
    """The observation with the mapped relationships of what was seen."""
    seen = observation.graph
    ties = {tie.key: tie for tie in mapped_ties(seen.entities.values(), kinds)}
    return evolve(observation, graph=Graph(seen.entities, Overlay(seen.relationships, ties))) if ties else observation


def is_mapped(tie: Relationship, kinds: Kinds = KINDS) -> bool:
    """Whether it is a mapped relationship of ours, which ends where it begins."""
    return tie.source == tie.target and bool(sought(tie, kinds))


def leads_elsewhere(tie: Relationship, kinds: Kinds = KINDS) -> bool:
    """Whether it is somebody else's, of a type that is mapped with us: it has an end of its own."""
    return tie.source != tie.target and bool(sought(tie, kinds))


def found_by(tie: Relationship) -> Properties:
    """The properties that the other end of a mapped relationship is known by, any of them."""
    return {name: held for name, held in tie.properties.items() if name != "displayName"}


def sought(tie: Relationship, kinds: Kinds = KINDS) -> str:
    """The class of what a mapped type of relationship leads to; empty where the type is no such."""
    kind, declared = kinds.relationships.get(tie.type, (None, None))
    return kind.mapped.sought if kind and kind.mapped and kind.mapped.type == declared else ""
