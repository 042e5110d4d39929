"""The first steps of a run: read Bitbucket and the graph, and make a plan."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx
from attrs import asdict, evolve, field, frozen

from bbsync.bitbucket.client import Connection
from bbsync.bitbucket.harvest import Report
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.observe import observe
from bbsync.bitbucket.tally import Traffic
from bbsync.bitbucket.wishes import Wishes
from bbsync.cadence import require_cadence
from bbsync.coverage import Known
from bbsync.events import Happened, unheard
from bbsync.graph import Graph, Properties
from bbsync.guards import GuardResult, Limits, judge_guards
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.target import JupiterOneTarget
from bbsync.kinds import KINDS, Kinds
from bbsync.local.graph_file import GraphFile
from bbsync.narrowing import narrower
from bbsync.observation import Observation
from bbsync.plan import Origin, Plan, make_plan
from bbsync.planfile import plan_id
from bbsync.precautions import heed_protection, heed_sentinels
from bbsync.selection import Selection
from bbsync.settings import Settings
from bbsync.state import State, open_ledger
from bbsync.target import Snapshot, Target

#: The scope of the local target, which holds nothing else.
LOCAL_SCOPE = "bbsync"

#: How long a plan may be applied, in milliseconds: after that, another window is due.
LIFETIME = 24 * 60 * 60 * 1000


@frozen
class Actor:
    """Who applies a plan: a name, and the address of the CI job, if it is one."""

    name: str = ""
    ci_url: str = ""


@frozen
class Around:
    """What a run needs of the world around it: time, and somebody to tell: people, and programs that watch.

    `finishing` is told once the graph is changed, or about to be beyond recall: who wants the run to end may wait.
    `transport` sends the requests to both services; None sends them over the network.
    """

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    report: Report = lambda _what, _done, _total: None
    say: Callable[[str], None] = lambda _line: None
    finishing: Callable[[], None] = lambda: None
    happened: Happened = unheard
    actor: Actor = field(factory=Actor)
    transport: httpx.BaseTransport | None = None

    def now(self) -> int:
        """Epoch milliseconds."""
        return int(self.clock() * 1000)


@frozen
class Made:
    """A plan, what the guards say of it, and what reading took."""

    plan: Plan
    guards: tuple[GuardResult, ...]
    traffic: Traffic

    @property
    def calls(self) -> int:
        """How many requests reading took."""
        return self.traffic.sent

    @property
    def id(self) -> str:
        """How people name the plan. It takes the whole plan file to know it."""
        return plan_id(self.plan, self.guards)


@frozen
class Looked:
    """What a plan is made from: the graph and Bitbucket as they are, and what the last apply's settings looked at."""

    snapshot: Snapshot
    observation: Observation
    origin: Origin
    looked_at: Properties
    traffic: Traffic


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
        network=settings.network,
        transport=around.transport,
        sleep=around.sleep,
    ) as client:
        instance = wanted.integration_instance_id
        yield JupiterOneTarget(
            client, Ownership.of_instance(instance) if instance else Ownership.of_scope(wanted.scope)
        )


def plan(settings: Settings, around: Around, *, only: Sequence[str] = (), kinds: Kinds = KINDS) -> Made:
    """Read the graph and Bitbucket, and make the plan. Nothing is written but the ledger of calls.

    Args:
        settings: what is synchronised, and how.
        around: the world around the run.
        only: addresses; with any, only what they select is compared, and read where that takes calls of its own.
        kinds: what can be synchronised.

    Raises:
        BbsyncError: there is no plan.
    """
    selection = Selection(tuple(sorted(set(only))), kinds)
    found = look(settings, around, only=selection.addresses, kinds=kinds)
    snapshot = found.snapshot
    selection.require_known(snapshot.graph, found.observation.graph)
    observation = selection.of(found.observation, snapshot.graph)
    made = make_plan(snapshot.graph, observation, found.origin, foreign=snapshot.foreign, kinds=kinds)
    narrowed = narrower(found.looked_at, found.origin.settings)
    guards = judge_guards(made, limits_of(settings), narrowed=narrowed, kinds=kinds)
    return Made(made, guards, found.traffic)


def look(settings: Settings, around: Around, *, only: tuple[str, ...] = (), kinds: Kinds = KINDS) -> Looked:
    """Read the graph and Bitbucket, this as far as it takes for `only`. Nothing is written but the ledger of calls.

    Raises:
        BbsyncError: one of them could not be used at all.
    """
    settings.require_bitbucket()
    with open_target(settings, around) as target, connection(settings, around) as bitbucket:
        granted = bitbucket.validate(pull_requests=settings.pull_requests.ingest)
        snapshot = target.read_snapshot()
        _require_cadence(settings, snapshot.graph, kinds)
        records = State(settings.state.url)
        known, looked_at = records.known(target.address), records.settings(target.address)
        observation = observe(
            Reader(bitbucket.http, settings.bitbucket.api_url, partial=settings.limits.on_exhausted == "partial"),
            evolve(_wishes(settings, around, granted.scopes, known, kinds), only=only),
            snapshot=snapshot.graph,
            kinds=kinds,
            report=around.report,
        )
        origin = evolve(_origin(settings, target, snapshot, around), only=only)
        traffic = bitbucket.traffic
    observation = heed_sentinels(observation, settings.guards.sentinels, kinds)
    observation = heed_protection(observation, snapshot.graph, settings.guards.protect, kinds)
    return Looked(snapshot, observation, origin, looked_at, traffic)


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
            wanted,
            settings.limits,
            network=settings.network,
            inner=around.transport,
            clock=around.clock,
            sleep=around.sleep,
            ledger=ledger,
            say=around.say,
            happened=around.happened,
        ) as bitbucket,
    ):
        yield bitbucket


def limits_of(settings: Settings) -> Limits:
    """How much a plan may delete without being asked."""
    guards = settings.guards
    return Limits(guards.delete_percent, guards.delete_floor, guards.delete_total)


def _wishes(settings: Settings, around: Around, granted: frozenset[str], known: Known, kinds: Kinds) -> Wishes:
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
        known=known,
        refresh=refresh_of(settings, kinds),
        account_tag=settings.account_name if settings.tag_account_name else "",
        concurrency=settings.limits.concurrency,
    )


def _require_cadence(settings: Settings, graph: Graph, kinds: Kinds) -> None:
    calls = len(settings.bitbucket.consumers) * settings.limits.calls_per_hour
    types = Counter(entity.type for entity in graph.entities.values())
    require_cadence(refresh_of(settings, kinds), types, calls_per_hour=calls, kinds=kinds)


def refresh_of(settings: Settings, kinds: Kinds = KINDS) -> dict[str, int]:
    """By kind name, how old its listings may be, in seconds; kinds that are read in every run are not in it."""
    cadences = asdict(settings.refresh)
    read = (kind for kind in kinds if settings.kinds.get(kind.plural, True))
    return {kind.name: cadences[kind.plural] for kind in read if cadences.get(kind.plural)}


def _origin(settings: Settings, target: Target, snapshot: Snapshot, around: Around) -> Origin:
    now = around.now()
    return Origin(
        workspaces=settings.workspaces,
        target=target.address,
        lineage=snapshot.lineage,
        serial=snapshot.serial,
        config=settings.fingerprint(),
        settings=settings.shaping(),
        created_at=now,
        expires_at=now + LIFETIME,
        rules_off=tuple(sorted(name for name, on in settings.rules.items() if not on)),
    )
