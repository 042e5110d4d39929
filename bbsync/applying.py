"""The last step of a run: carry out a plan, exactly or not at all, and note it."""

from __future__ import annotations

from attrs import asdict, frozen

from bbsync.errors import StateError, Unfinished
from bbsync.graph import Graph
from bbsync.guards import check, judge_guards
from bbsync.kinds import KINDS, Kinds
from bbsync.narrowing import narrower
from bbsync.plan import Plan, resulting_graph
from bbsync.settings import Settings
from bbsync.state import Applied, State
from bbsync.steps import Around, limits_of, open_target
from bbsync.target import Counters, Snapshot, Target
from bbsync.validity import require_ends, require_fresh, require_same_scope, standings


@frozen
class Outcome:
    """What applying came to: what the target counted; `already` where there was nothing left to do."""

    counted: Counters
    already: bool = False


def apply(
    plan: Plan,
    settings: Settings,
    around: Around,
    *,
    identity: str,
    allow_deletes: int | None = None,
    kinds: Kinds = KINDS,
) -> Outcome:
    """Carry out exactly this plan, or nothing of it. `identity` is the plan's id, for the audit trail.

    Raises:
        PlanFileError: the plan is for another scope or target.
        Blocked: a guard stands in the way.
        StalePlan: the plan is too old, or the graph moved since it was made.
        TargetError: nothing was written.
        StateError: the records cannot be used; nothing was written.
        Unfinished: not everything is in the graph, or nobody can tell, or it could not be noted.
    """
    records = State(settings.state.url)
    with open_target(settings, around) as target:
        require_same_scope(plan, settings, target)
        narrowed = narrower(records.settings(target.address), plan.origin.settings)
        check(plan, judge_guards(plan, limits_of(settings), narrowed=narrowed, kinds=kinds), allow_deletes)
        records.watermarks(target.address)  # what cannot be noted afterwards is not begun
        snapshot = target.read_snapshot()
        moved = standings(plan, snapshot)
        if moved.pending:
            require_fresh(plan, moved, around.now())
            desired = resulting_graph(plan, snapshot.graph)
            require_ends(desired)
            outcome = Outcome(_write(snapshot, desired, target, around))
        else:
            outcome = Outcome(Counters(), already=True)
    _note(records, plan, outcome, _line(plan, outcome, around, identity, allow_deletes))
    return outcome


def _line(plan: Plan, outcome: Outcome, around: Around, identity: str, allow_deletes: int | None) -> Applied:
    return Applied(
        scope=plan.origin.target,
        plan_id=identity,
        applied_at=around.now(),
        applied_by=around.actor.name,
        ci_url=around.actor.ci_url,
        outcome="nothing left to do" if outcome.already else "applied",
        allow_deletes=allow_deletes,
        counted=words(outcome.counted),
    )


def _note(records: State, plan: Plan, outcome: Outcome, line: Applied) -> None:
    try:
        records.record(line, plan.watermarks, plan.origin.settings)
    except StateError as error:
        if outcome.already:
            raise
        raise Unfinished(
            "the plan is in the graph, but that could not be noted",
            why=f"{error.what[:1].upper()}{error.what[1:]}. {error.why}",
            next_step="Mend that and run the same command again: it writes nothing twice, and notes it.",
            code="BB-APPLY-NOTE",
        ) from error


def _write(snapshot: Snapshot, desired: Graph, target: Target, around: Around) -> Counters:
    expected = Counters.between(snapshot.graph, desired)
    counted = target.replace(snapshot, desired, around.say)
    if counted != expected:
        raise Unfinished(
            "the graph did not count what the plan said",
            why=f"Planned: {words(expected)}. Counted: {words(counted)}.",
            next_step="Run the same command again; if it happens twice, look at the graph with bbsync plan.",
            code="BB-APPLY-COUNT",
        )
    return counted


def words(counters: Counters) -> str:
    """The counters as people read them."""
    return (
        ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in asdict(counters).items() if count) or "nothing"
    )
