"""May this plan still be carried out: here, on this graph, with these settings, by this version?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from bbsync.errors import PlanFileError, StalePlan
from bbsync.graph import Entity, Graph, Relationship
from bbsync.identities import MAP, NAMES
from bbsync.kinds import KINDS, Kinds
from bbsync.plan import Change, Plan
from bbsync.planfile.document import difference, mapping_of
from bbsync.settings import Settings
from bbsync.standing import Standing, standing
from bbsync.target import Snapshot, Target

#: How many of the elements that moved a stale plan names, and how many properties of each.
NAMED = 5


def require_mapping(mapping: str, kinds: Kinds = KINDS) -> None:
    """Refuse a plan that was made when the kinds declared something else than they do now.

    Raises:
        PlanFileError: another version of bbsync made it, which maps Bitbucket to the graph in another way.
    """
    if mapping != mapping_of(kinds):
        raise PlanFileError(
            "the plan was made by a bbsync that maps Bitbucket to the graph in another way",
            why="What it would write is not what this version keeps. Nothing was written.",
            next_step="Apply it with the version that made it, or plan again.",
            code="BB-PLAN-MAPPING",
        )


@frozen
class Moved:
    """Where the changes of a plan stand: how many are not done yet, and the labels of those that are `stale`."""

    pending: int
    stale: tuple[str, ...]


def standings(plan: Plan, snapshot: Snapshot) -> Moved:
    """Where the changes of the plan stand in the graph as it is now."""
    pending = 0
    stale = []
    changes: tuple[Change[Entity] | Change[Relationship], ...] = (*plan.entities, *plan.relationships)
    for change in changes:
        stands = standing(change, snapshot.graph)
        pending += stands is not Standing.DONE
        if stands is Standing.STALE:
            stale.append(f"{change.label} ({_how_it_moved(change, snapshot.graph)})")
    return Moved(pending, tuple(stale))


def _how_it_moved(change: Change[Entity] | Change[Relationship], graph: Graph) -> str:
    """What became of the element since the plan was made, in a few words."""
    keys = [end.key for end in (change.before, change.after) if end is not None]
    found = (graph.entities.get(key) or graph.relationships.get(key) for key in keys)
    current = next((element for element in found if element is not None), None)
    if current is None:
        return "gone"
    if change.before is None:
        return "made meanwhile, and not as planned"
    names = [str(row["path"]) for row in difference(change.before, current)]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"changed: {', '.join(names[:NAMED])}{more}"


def require_same_scope(plan: Plan, settings: Settings, target: Target) -> None:
    """Refuse a plan for another graph, or for other workspaces; who names none takes those of the plan."""
    planned, given = _folded(plan.origin.workspaces), _folded(settings.workspaces)
    if plan.origin.target != target.address:
        raise _other_scope("target", plan.origin.target, target.address)
    if given and planned != given:
        raise _other_scope("workspace", ", ".join(planned), ", ".join(given))


def require_same_identities(plan: Plan, settings: Settings) -> None:
    """Refuse a plan that takes users for other people than the settings do now.

    Raises:
        PlanFileError: nothing was written.
    """
    now, planned = settings.identities.shaping(), plan.origin.settings
    if any(planned.get(name) != now.get(name) for name in (MAP, NAMES)):
        raise PlanFileError(
            "the identity map is another one than the plan was made with",
            why="The plan may take users for other people than the map does now. Nothing was written.",
            next_step="Plan again, or apply with the map and the [identities] settings that it was made with.",
            code="BB-PLAN-IDENTITIES",
        )


def _folded(workspaces: tuple[str, ...]) -> list[str]:
    """Bitbucket takes names of workspaces in any case, and their order means nothing."""
    return sorted(workspace.casefold() for workspace in workspaces)


def _other_scope(what: str, planned: str, given: str) -> PlanFileError:
    return PlanFileError(
        f"the plan is for another {what}",
        why=f"It was made for {planned}, and the settings name {given}. Nothing was written.",
        next_step="Apply it with the settings that it was made with, or plan again.",
        code="BB-PLAN-SCOPE",
    )


def require_fresh(plan: Plan, moved: Moved, now: int) -> None:
    """Refuse a plan that the graph has moved away from, or that is too old.

    Raises:
        StalePlan: nothing was written.
    """
    if moved.stale:
        raise _stale(moved.stale)
    if now > plan.origin.expires_at:
        raise StalePlan(
            "the plan is too old to be applied",
            why="What Bitbucket showed then may not hold any more. Nothing was written.",
            next_step="Plan again: bbsync plan --out plan.json",
            code="BB-APPLY-EXPIRED",
        )


def require_ends(desired: Graph) -> None:
    """Refuse to leave a relationship without an end: somebody deleted the end, or tied something to what goes."""
    held = desired.entities
    loose = [tie for tie in desired.relationships.values() if tie.source not in held or tie.target not in held]
    if loose:
        raise _stale(
            [f"{_name(tie.source, held)} {tie.verb} {_name(tie.target, held)} (an end is gone)" for tie in loose]
        )


def _name(key: str, held: Mapping[str, Entity]) -> str:
    return held[key].name if key in held else key


def _stale(moved: Sequence[str]) -> StalePlan:
    more = len(moved) - NAMED
    named = "; ".join(moved[:NAMED]) + (f"; and {more} more" if more > 0 else "")
    return StalePlan(
        "the plan is stale: the graph moved since it was made",
        why=f"Moved: {named}. Nothing was written.",
        next_step="Plan again: bbsync plan --out plan.json",
    )
