"""Restore the last snapshot: a plan that brings back what the last apply left in the graph.

Only the graph knows pull requests older than the window, so what somebody deletes or spoils there no reading of
Bitbucket brings back. The last snapshot does. Such a plan adds and changes, and deletes nothing: what came since stays,
and the next usual plan says what is to become of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from attrs import evolve

from bbsync.errors import StateError, sentence
from bbsync.graph import Element, Graph, same
from bbsync.kinds import KINDS, Kinds
from bbsync.last_snapshot import LastSnapshot, recall
from bbsync.observation import Observation
from bbsync.overlay import Overlay
from bbsync.settings import Settings
from bbsync.state import State
from bbsync.steps import Around, Looked, Made, compare, open_target, origin_of
from bbsync.target import Snapshot

E = TypeVar("E", bound=Element)


def plan_restore(settings: Settings, around: Around, wanted: str = "", *, kinds: Kinds = KINDS) -> Made:
    """The plan that brings back what the last snapshot has and the graph has not. Bitbucket is not asked.

    Args:
        settings: which graph, and where its records are.
        around: the world around the run.
        wanted: the id of the plan whose apply left the snapshot; empty: whichever is kept.
        kinds: what is synchronised.

    Raises:
        StateError: there is no such snapshot.
        TargetError: the graph could not be read.
    """
    with open_target(settings, around) as target:
        last = recall(settings, target.address)
        _require(last, wanted)
        snapshot = target.read_snapshot()
        origin = origin_of(settings, target, snapshot, around)
    looked_at = State(settings.state.url).settings(origin.target)
    # It looks at what the last apply looked at: the next one is compared with that, whatever the settings say now.
    origin = evolve(origin, settings=looked_at or origin.settings)
    found = Looked(snapshot, _seen(snapshot, last.graph, kinds), origin, looked_at)
    return compare(found, settings, around, kinds=kinds)


def _require(last: LastSnapshot, wanted: str) -> None:
    if last.missing:
        raise StateError(
            "there is no snapshot to restore",
            why=f"{sentence(last.missing)} Nothing was written.",
            next_step="Run bbsync apply: what Bitbucket has comes back; pull requests older than the window do not.",
            code="BB-STATE-SNAPSHOT",
        )
    if wanted and not last.plan_id.startswith(wanted):
        raise StateError(
            f"there is no snapshot of plan {wanted}",
            why=f"The last one is kept, which the apply of plan {last.plan_id} left. Nothing was written.",
            next_step=f"Restore that one: bbsync state restore {last.plan_id.split()[0]}",
            code="BB-STATE-SNAPSHOT",
        )


def _seen(snapshot: Snapshot, last: Graph, kinds: Kinds) -> Observation:
    """What a reading would have seen that finds the last snapshot, and beside it everything that the graph has."""
    graph = Graph(
        _laid_over(snapshot.graph.entities, last.entities, snapshot.foreign),
        _laid_over(snapshot.graph.relationships, last.relationships, snapshot.foreign),
    )
    top = {kind.entity.type for kind in kinds if kind.parent is None}
    return Observation(graph, workspaces=frozenset(key for key, one in graph.entities.items() if one.type in top))


def _laid_over(there: Mapping[str, E], last: Mapping[str, E], foreign: Collection[str]) -> Mapping[str, E]:
    changed = {
        key: element
        for key, element in last.items()
        if key not in foreign and (key not in there or not same(element, there[key]))
    }
    return Overlay(there, changed)
