"""Raw items between runs: kept when a plan is made, found when it is uploaded, forgotten when what they are of is gone.

An upload is of the whole graph, and most of that was read in other runs: so every plan keeps what it read. An item is
no part of a plan. It is kept by the entity that was made of it, so that a saved plan takes its own along, and where
that is not known, which costs nothing but the raw data, the latest of the same key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from bbsync.errors import StateError
from bbsync.graph import Entity, Graph, canonical, mark
from bbsync.jupiterone.raw_data import Find
from bbsync.observation import Observation
from bbsync.plan import Action, Plan, resulting_graph
from bbsync.settings import Settings
from bbsync.state import KeptItems, RawItem

Say = Callable[[str], None]


def wants_raw(settings: Settings) -> bool:
    """Whether entities are uploaded with raw data."""
    jupiterone = settings.jupiterone
    return settings.target.kind == "jupiterone" and jupiterone is not None and jupiterone.raw_data


def may_hold_raw(settings: Settings, address: str) -> bool:
    """Whether entities there may have raw data: they are uploaded with it, or were before that was switched off."""
    with suppress(StateError):
        return wants_raw(settings) or KeptItems(settings.state.url).holds(address)
    return False


def keep_raw(settings: Settings, plan: Plan, snapshot: Graph, observation: Observation, now: int, say: Say) -> None:
    """Keep the items that the plan was made from. A plan is a plan, whether they can be kept or not."""
    if not observation.raw:
        return
    items = _items(resulting_graph(plan, snapshot).entities, observation)
    try:
        KeptItems(settings.state.url).note(plan.origin.target, items, now)
    except StateError as error:
        say(f"raw data could not be kept, so that an apply has less of it: {error.what}. {error.why}".strip())


def _items(entities: Mapping[str, Entity], observation: Observation) -> Iterator[RawItem]:
    for (entity_type, key), packed in observation.raw.items():
        entity = entities.get(key)
        if entity is not None and entity.type == entity_type:
            yield RawItem(key, _mark(entity), packed)


def _mark(entity: Entity) -> str:
    return mark(canonical(entity))


def finder(settings: Settings, address: str, say: Say) -> Find:
    """Finds the items of entities that are uploaded to that target; where they cannot be read, there are none."""
    kept = KeptItems(settings.state.url)

    def find(entities: Sequence[Entity]) -> Mapping[str, bytes]:
        try:
            return kept.of(address, {entity.key: _mark(entity) for entity in entities})
        except StateError as error:
            say(f"raw data cannot be read, and is left out: {error.what}. {error.why}".strip())
            return {}

    return find


def forget_raw(settings: Settings, plan: Plan, now: int, say: Say) -> None:
    """Forget the items of what the plan deleted, and those that are too old for any plan to want."""
    if not wants_raw(settings):
        return
    gone = [change.element.key for change in plan.entities if change.action is Action.DELETE]
    try:
        KeptItems(settings.state.url).forget(plan.origin.target, gone, now)
    except StateError as error:
        say(f"raw data of what is gone could not be forgotten: {error.what}. {error.why}".strip())
