"""The steps of a run: read Bitbucket and the graph, make a plan, carry it out. The commands are made of these."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from attrs import asdict, field, frozen

from bbsync.bitbucket.client import Connection
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.observe import Report, Wishes, observe
from bbsync.errors import PlanFileError, StalePlan, StateError, Unfinished
from bbsync.graph import Entity, Graph, Relationship
from bbsync.guards import GuardResult, Limits, check, judge_guards
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.target import JupiterOneTarget
from bbsync.kinds import KINDS, Kinds
from bbsync.local.graph_file import GraphFile
from bbsync.plan import Change, Origin, Plan, Standing, make_plan, resulting_graph, standing
from bbsync.planfile import plan_id
from bbsync.planfile.document import mapping_of
from bbsync.precautions import heed_protection, heed_sentinels
from bbsync.settings import Settings
from bbsync.state import Applied, State, open_ledger
from bbsync.target import Counters, Snapshot, Target

#: The scope of the local target, which holds nothing else.
LOCAL_SCOPE = "bbsync"

#: How long a plan may be applied, in milliseconds: after that, another window is due.
LIFETIME = 24 * 60 * 60 * 1000

#: How many of the elements that moved a stale plan names.
NAMED = 5


@frozen
class Actor:
    """Who applies a plan: a name, and the address of the CI job, if it is one."""

    name: str = ""
    ci_url: str = ""


@frozen
class Around:
    """What a run needs of the world around it: time, and somebody to tell about progress."""

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    report: Report = lambda _what, _done, _total: None
    say: Callable[[str], None] = lambda _line: None
    actor: Actor = field(factory=Actor)

    def now(self) -> int:
        """Epoch milliseconds."""
        return int(self.clock() * 1000)


@frozen
class Made:
    """A plan, what the guards say of it, and how many requests reading took."""

    plan: Plan
    guards: tuple[GuardResult, ...]
    calls: int

    @property
    def id(self) -> str:
        """How people name the plan. It takes the whole plan file to know it."""
        return plan_id(self.plan, self.guards)


@frozen
class Outcome:
    """What applying came to: what the target counted; `already` where there was nothing left to do."""

    counted: Counters
    already: bool = False


@contextmanager
def open_target(settings: Settings, around: Around) -> Iterator[Target]:
    """The graph that the settings name.

    Raises:
        SettingsError: the account or a key is missing.
    """
    if settings.target.kind == "local":
        yield GraphFile(settings.target.path, LOCAL_SCOPE, clock=around.clock)
        return
    wanted = settings.require_jupiterone()
    with JupiterOneClient(
        account=wanted.account,
        read_key=wanted.api_key,
        sync_key=wanted.sync_api_key,
        api_url=wanted.api_url,
        graphql_url=wanted.graphql_url,
        sleep=around.sleep,
    ) as client:
        instance = wanted.integration_instance_id
        yield JupiterOneTarget(
            client, Ownership.of_instance(instance) if instance else Ownership.of_scope(wanted.scope)
        )


def plan(settings: Settings, around: Around, *, kinds: Kinds = KINDS) -> Made:
    """Read the graph and Bitbucket, and make the plan. Nothing is written but the ledger of calls.

    Raises:
        BbsyncError: there is no plan.
    """
    settings.require_bitbucket()
    with open_target(settings, around) as target, connection(settings, around) as bitbucket:
        granted = bitbucket.validate(pull_requests=settings.pull_requests.ingest)
        snapshot = target.read_snapshot()
        watermarks = State(settings.state.url).watermarks(target.address)
        observation = observe(
            Reader(bitbucket.http, settings.bitbucket.api_url, partial=settings.limits.on_exhausted == "partial"),
            _wishes(settings, around, granted.scopes, watermarks, kinds),
            snapshot=snapshot.graph,
            kinds=kinds,
            report=around.report,
        )
        origin = _origin(settings, target, snapshot, around)
        calls = bitbucket.sent
    observation = heed_sentinels(observation, settings.guards.sentinels, kinds)
    observation = heed_protection(observation, snapshot.graph, settings.guards.protect, kinds)
    made = make_plan(snapshot.graph, observation, origin, foreign=snapshot.foreign, kinds=kinds)
    guards = judge_guards(made, limits_of(settings), kinds=kinds)
    return Made(made, guards, calls)


@contextmanager
def connection(settings: Settings, around: Around) -> Iterator[Connection]:
    """Bitbucket, as the settings name it; what is asked of it is noted in the ledger.

    Raises:
        StateError: the ledger cannot be written; nothing was asked.
    """
    wanted = settings.require_bitbucket()
    with (
        open_ledger(settings.state.url) as ledger,
        Connection(
            wanted, settings.limits, clock=around.clock, sleep=around.sleep, ledger=ledger, say=around.say
        ) as bitbucket,
    ):
        yield bitbucket


def limits_of(settings: Settings) -> Limits:
    """How much a plan may delete without being asked."""
    guards = settings.guards
    return Limits(guards.delete_percent, guards.delete_floor, guards.delete_total)


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
        _require_same_scope(plan, settings, target)
        check(plan, judge_guards(plan, limits_of(settings), kinds=kinds), allow_deletes)
        records.watermarks(target.address)  # what cannot be noted afterwards is not begun
        snapshot = target.read_snapshot()
        moved = _standings(plan, snapshot)
        if moved.pending:
            _require_fresh(plan, moved, around)
            desired = resulting_graph(plan, snapshot.graph)
            _require_ends(desired)
            outcome = Outcome(_write(snapshot, desired, target, around))
        else:
            outcome = Outcome(Counters(), already=True)
    _note(records, plan, outcome, _line(plan, outcome, around, identity, allow_deletes))
    return outcome


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
        records.record(line, plan.watermarks)
    except StateError as error:
        if outcome.already:
            raise
        raise Unfinished(
            "the plan is in the graph, but that could not be noted",
            why=f"{error.what[:1].upper()}{error.what[1:]}. {error.why}",
            next_step="Mend that and run the same command again: it writes nothing twice, and notes it.",
            code="BB-APPLY-NOTE",
        ) from error


@frozen
class _Moved:
    """The changes of a plan, by where they stand; `stale` are labels."""

    pending: int
    stale: tuple[str, ...]


def _standings(plan: Plan, snapshot: Snapshot) -> _Moved:
    pending = 0
    stale = []
    changes: tuple[Change[Entity] | Change[Relationship], ...] = (*plan.entities, *plan.relationships)
    for change in changes:
        stands = standing(change, snapshot.graph)
        pending += stands is not Standing.DONE
        if stands is Standing.STALE:
            stale.append(f"{change.label} ({'gone' if _is_gone(change.element.key, snapshot) else 'changed'})")
    return _Moved(pending, tuple(stale))


def _is_gone(key: str, snapshot: Snapshot) -> bool:
    return key not in snapshot.graph.entities and key not in snapshot.graph.relationships


def _require_same_scope(plan: Plan, settings: Settings, target: Target) -> None:
    """Refuse a plan for another graph, or for other workspaces; who names none takes those of the plan."""
    planned, given = _folded(plan.origin.workspaces), _folded(settings.workspaces)
    if plan.origin.target != target.address:
        raise _other_scope("target", plan.origin.target, target.address)
    if given and planned != given:
        raise _other_scope("workspace", ", ".join(planned), ", ".join(given))


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


def _require_fresh(plan: Plan, moved: _Moved, around: Around) -> None:
    if moved.stale:
        raise _stale(moved.stale)
    if around.now() > plan.origin.expires_at:
        raise StalePlan(
            "the plan is too old to be applied",
            why="What Bitbucket showed then may not hold any more. Nothing was written.",
            next_step="Plan again: bbsync plan --out plan.json",
            code="BB-APPLY-EXPIRED",
        )


def _require_ends(desired: Graph) -> None:
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


def _wishes(
    settings: Settings, around: Around, granted: frozenset[str], watermarks: dict[str, int], kinds: Kinds
) -> Wishes:
    off = {kind.name for kind in kinds if not settings.kinds.get(kind.plural, True)}
    if not settings.pull_requests.ingest:
        off.add("pull_request")
    return Wishes(
        workspaces=settings.workspaces,
        switched_off=frozenset(off),
        granted=granted,
        enriched=settings.pull_requests.enriched,
        window=settings.pull_requests.window,
        now=around.now(),
        watermarks=watermarks,
        account_tag=settings.account_name if settings.tag_account_name else "",
        concurrency=settings.limits.concurrency,
    )


def _origin(settings: Settings, target: Target, snapshot: Snapshot, around: Around) -> Origin:
    now = around.now()
    return Origin(
        workspaces=settings.workspaces,
        target=target.address,
        lineage=snapshot.lineage,
        serial=snapshot.serial,
        config=settings.fingerprint(),
        created_at=now,
        expires_at=now + LIFETIME,
    )
