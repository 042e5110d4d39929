"""The last step of a run: carry out a plan, exactly or not at all, and note it."""

from __future__ import annotations

from contextlib import suppress

from attrs import field, frozen

from bbsync.auditing import Trail, words
from bbsync.current_graph import is_shown, readings, require_ours
from bbsync.errors import Locked, StateError, TargetError, Unfinished, sentence
from bbsync.events import Batch, Event, Job, stage
from bbsync.graph import Graph
from bbsync.guards import check, judge_guards
from bbsync.jupiterone.raw_data import Tally, without_raw
from bbsync.jupiterone.target import JupiterOneTarget
from bbsync.kinds import KINDS, Kinds
from bbsync.last_snapshot import keep
from bbsync.narrowing import narrower
from bbsync.plan import Plan, resulting_graph
from bbsync.raw_items import forget_raw, may_hold_raw
from bbsync.settings import Settings
from bbsync.state import Applied, Journal, State, Waiting, our_turn
from bbsync.steps import Around, limits_of, open_target, reader_of
from bbsync.target import Counters, Load, Snapshot, Step, Target
from bbsync.validity import require_ends, require_fresh, require_same_identities, require_same_scope, standings
from bbsync.verifying import verify

#: Steps after which everything is in the graph, or on its way there by itself.
AFTERWARDS = frozenset({Step.FINALIZED, Step.ENDED, Step.COMMITTED})


@frozen
class Outcome:
    """What applying came to: what the target counted; `already` where there was nothing left to do.

    `elements` is the size of the graph. `raw` says what became of raw data, where any rides along.
    """

    counted: Counters
    already: bool = False
    elements: int = field(default=0, eq=False)
    raw: Tally | None = field(default=None, eq=False)

    @property
    def words(self) -> str:
        """The same for the audit trail."""
        return "nothing left to do" if self.already else "applied"


@frozen
class _Work:
    """A plan that is being carried out: in which graph, and where it is written down.

    `elements` is how many the last apply left in the graph; 0: the graph may hold fewer.
    """

    plan: Plan
    target: Target
    journal: Journal
    around: Around
    kinds: Kinds
    elements: int
    settings: Settings

    def note(self, step: Step, detail: str | Load) -> None:
        """Write a step of the target down. What is done already is done, whether it can be written down or not."""
        if step in AFTERWARDS:
            self.around.finishing()
            with suppress(StateError, Locked):
                self.journal.note(step, str(detail))
        else:
            self.journal.note(step, str(detail))
        self.around.happened(_event(step, detail))


def _event(step: Step, detail: str | Load) -> Event:
    """The step for programs that watch."""
    name = step.name.lower()
    return Batch(detail.n, name, detail.collection, detail.elements) if isinstance(detail, Load) else Job(name, detail)


def require_allowed(
    plan: Plan,
    settings: Settings,
    around: Around,
    *,
    identity: str,
    allow_deletes: int | None = None,
    kinds: Kinds = KINDS,
) -> None:
    """Refuse a plan that a guard stands in the way of, and note that it was.

    Raises:
        Blocked: nothing was written.
    """
    trail = _trail(plan, settings, around, identity, allow_deletes)
    with trail.failures():
        _check(trail, settings, kinds)


def apply(
    plan: Plan,
    settings: Settings,
    around: Around,
    *,
    identity: str,
    allow_deletes: int | None = None,
    verified: bool = False,
    restores: bool = False,
    kinds: Kinds = KINDS,
) -> Outcome:
    """Carry out exactly this plan, or nothing of it. `identity` is the plan's id, for the audit trail.

    With `verified`, the graph is read again afterwards and compared with what the plan promises. A plan that `restores`
    may find the graph emptied: it holds all that is missing there.

    Raises:
        PlanFileError: the plan is for another scope or target.
        Blocked: a guard stands in the way.
        Locked: somebody else is applying; nothing was written.
        StalePlan: the plan is too old, or the graph moved since it was made.
        TargetError: nothing was written.
        StateError: the records cannot be used; nothing was written.
        Unfinished: not everything is in the graph, or nobody can tell, or it could not be noted.
    """
    trail = _trail(plan, settings, around, identity, allow_deletes)
    waiting = Waiting(around.clock, around.sleep, around.say, around.happened)
    with trail.failures(), open_target(settings, around) as target:
        require_same_scope(plan, settings, target)
        require_same_identities(plan, settings)
        _check(trail, settings, kinds)
        actor = around.actor
        with our_turn(settings.state.url, target.address, actor.name, actor.ci_url, waiting) as lease:
            _check(trail, settings, kinds)  # whoever applied meanwhile may have looked at more
            expected = 0 if restores else trail.elements
            work = _Work(plan, target, Journal(lease, identity, around.now), around, kinds, expected, settings)
            with stage("apply", around.happened):
                outcome, graph = _carry_out(work, verified=verified)
            line = _note(trail, outcome)
            keep(settings, line, plan.origin, graph, around.say)
            forget_raw(settings, plan, around.now(), around.say)
            with suppress(StateError, Locked):  # it is noted; the next apply looks after what is left here
                work.journal.close()
    return outcome


def _trail(plan: Plan, settings: Settings, around: Around, identity: str, allow_deletes: int | None) -> Trail:
    return Trail(State(settings.state.url), plan, identity, allow_deletes, around, around.now())


def _check(trail: Trail, settings: Settings, kinds: Kinds) -> None:
    plan = trail.plan
    narrowed = narrower(trail.records.settings(plan.origin.target), plan.origin.settings)
    check(plan, judge_guards(plan, limits_of(settings), narrowed=narrowed, kinds=kinds), trail.allow_deletes)


def _carry_out(work: _Work, *, verified: bool) -> tuple[Outcome, Graph]:
    """Do what is left to do; what it came to, and the graph as it is now."""
    patient = _settled(work)
    with stage("read_graph", work.around.happened):
        snapshot = _read(work, patient=patient)
    moved = standings(work.plan, snapshot)
    if not moved.pending:
        return Outcome(Counters(), already=True, elements=len(snapshot.graph)), snapshot.graph
    require_fresh(work.plan, moved, work.around.now())
    desired = resulting_graph(work.plan, snapshot.graph)
    require_ends(desired)
    with stage("write", work.around.happened):
        counted = _write(work, snapshot, desired)
    if verified:
        with stage("verify", work.around.happened):
            verify(work.target, desired, work.around, work.kinds)
    return Outcome(counted, elements=len(desired), raw=_raw(work.target)), desired


def _raw(target: Target) -> Tally | None:
    return target.raw.tally if isinstance(target, JupiterOneTarget) and target.raw else None


def _settled(work: _Work) -> bool:
    """Bring to an end what earlier applies left behind; whether a job of theirs was carried out after all."""
    left = work.journal.left()
    if not left:
        return False
    work.around.say(f"the last apply, of plan {left[-1].plan_id}, got as far as: {left[-1].step}")
    jobs = [line.detail for line in left if line.step == Step.OPENED]
    was_carried_out = work.target.settle(jobs, work.around.say)
    work.journal.close()
    return was_carried_out


def _read(work: _Work, *, patient: bool) -> Snapshot:
    """The graph; read again, with patience, where it may not show everything yet that was written to it."""
    work.journal.note("reading the graph")
    reader = reader_of(work.settings, work.around)
    if work.plan.is_empty and not patient:
        snapshot = reader.to_plan(work.target)  # nothing is going to be written
    else:
        snapshot = _shown(work, reader.recent(work.target) if work.elements else None, patient=patient)
    if work.elements and work.target.lag and not snapshot.graph.entities:
        raise _emptied(work)
    if work.settings.target.kind == "jupiterone":
        require_ours(snapshot, work.kinds, work.target.address)
    return snapshot


def _shown(work: _Work, recent: Graph | None, *, patient: bool) -> Snapshot:
    """The graph, once it shows what was written to it: as many elements, and where it is known, just those."""
    snapshot = Snapshot()
    for snapshot in readings(work.target, work.around.sleep, work.around.say, work.target.lag):
        behind = len(snapshot.graph) < work.elements or (recent is not None and not is_shown(recent, snapshot.graph))
        if not behind and not (patient and standings(work.plan, snapshot).pending):
            break
    return snapshot


def _emptied(work: _Work) -> TargetError:
    return TargetError(
        "the graph shows nothing of what the last apply left in it",
        why=f"It left {work.elements:,} elements. What is not shown would be deleted: everything that Bitbucket does"
        " not list any more, such as old pull requests. Nothing was written.",
        next_step="Run the same command again in a while. If somebody has emptied it on purpose, set another url in"
        " [state]: new records expect nothing.",
        code="BB-TARGET-EMPTY",
    )


def _write(work: _Work, snapshot: Snapshot, desired: Graph) -> Counters:
    expected = Counters.between(snapshot.graph, desired)
    counted = work.target.replace(snapshot, desired, work.around.say, work.note)
    if not _agree(counted, expected, work):
        raise Unfinished(
            "the graph did not count what the plan said",
            why=f"Planned: {words(expected)}. Counted: {words(counted)}.",
            next_step="Run the same command again; if it happens twice, look at the graph with bbsync plan.",
            code="BB-APPLY-COUNT",
        )
    return counted


def _agree(counted: Counters, expected: Counters, work: _Work) -> bool:
    """Whether that many were counted; what raw data may add to it is in no plan."""
    if counted == expected:
        return True
    settings, address = work.settings, work.target.address
    return may_hold_raw(settings, address) and without_raw(counted, expected) == expected


def _note(trail: Trail, outcome: Outcome) -> Applied:
    line = trail.line(outcome.words, words(outcome.counted), elements=outcome.elements)
    try:
        trail.records.record(line, trail.plan.learned, trail.plan.origin.settings)
    except StateError as error:
        if outcome.already:
            raise
        raise Unfinished(
            "the plan is in the graph, but that could not be noted",
            why=f"{sentence(error.what)} {error.why}",
            next_step="Mend that and run the same command again: it writes nothing twice, and notes it.",
            code="BB-APPLY-NOTE",
        ) from error
    return line
