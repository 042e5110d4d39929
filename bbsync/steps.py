"""The first steps of a run: read Bitbucket and the graph, and make a plan."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache

import httpx
from attrs import asdict, evolve, field, frozen

from bbsync.adoption import Adopted
from bbsync.bitbucket.answered import Answered, unkept
from bbsync.bitbucket.client import Connection
from bbsync.bitbucket.harvest import Report
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.observe import observe
from bbsync.bitbucket.tally import Traffic
from bbsync.bitbucket.wishes import Wishes
from bbsync.cadence import require_cadence
from bbsync.coverage import Known
from bbsync.current_graph import GraphReader, require_ours
from bbsync.errors import ExitCode, strongest
from bbsync.events import Happened, stage, unheard
from bbsync.graph import Graph, Properties
from bbsync.guards import GuardResult, Limits, judge_guards
from bbsync.identities import identify
from bbsync.jupiterone.allowance import QueryAllowance
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.raw_data import RawData
from bbsync.jupiterone.settings import JupiterOneSettings
from bbsync.jupiterone.target import JupiterOneTarget
from bbsync.kinds import KINDS, Kinds
from bbsync.local.graph_file import GraphFile
from bbsync.local.settings import LocalSettings
from bbsync.mapped import with_mapped
from bbsync.moving_in import moved_in, with_left
from bbsync.narrowing import narrower
from bbsync.observation import Observation
from bbsync.plan import Origin, Plan, make_plan
from bbsync.planfile import plan_id
from bbsync.precautions import heed_protection, heed_sentinels
from bbsync.raw_items import finder, keep_raw, wants_raw
from bbsync.selection import Selection
from bbsync.settings import Settings
from bbsync.state import State, open_ledger
from bbsync.tagging import with_tag
from bbsync.target import Snapshot, Target

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
    traffic: Traffic = field(factory=Traffic)

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
    traffic: Traffic = field(factory=Traffic)
    adopted: Adopted | None = None


@contextmanager
def open_target(settings: Settings, around: Around) -> Iterator[Target]:
    """The graph that the settings name.

    Raises:
        SettingsError: the account or a key is missing.
    """
    if settings.target.kind == "local":
        yield _local(settings.target.local, around)
        return
    wanted = settings.require_jupiterone()
    with open_jupiterone(wanted, settings, around) as client:
        instance = wanted.integration_instance_id
        ownership = Ownership.of_instance(instance) if instance else Ownership.of_scope(wanted.scope)
        target = JupiterOneTarget(
            client, ownership, definition=wanted.integration_definition, description=settings.description
        )
        yield evolve(target, raw=RawData(finder(settings, target.address, around.say))) if wanted.raw_data else target


@contextmanager
def open_jupiterone(wanted: JupiterOneSettings, settings: Settings, around: Around) -> Iterator[JupiterOneClient]:
    """A client for the account; what it asks for is noted in the ledger, which is opened with the first query."""
    with ExitStack() as opened:
        ledger = cache(lambda: opened.enter_context(open_ledger(settings.state.url)))
        limit = wanted.queries_per_2_minutes
        client = JupiterOneClient(
            account=wanted.account,
            read_key=wanted.api_key,
            sync_key=wanted.sync_api_key,
            api_url=wanted.api_url,
            graphql_url=wanted.graphql_url,
            network=settings.network,
            transport=around.transport,
            sleep=around.sleep,
            say=around.say,
            allowance=QueryAllowance(wanted.account, limit, around.clock, around.sleep, around.say, ledger),
        )
        yield opened.enter_context(client)


def _local(wanted: LocalSettings, around: Around) -> Target:
    if wanted.url:
        from bbsync.local.graph_on_server import GraphOnServer  # most graphs are files, and do without its driver

        return GraphOnServer(wanted.url, wanted.scope, clock=around.clock)
    return GraphFile(wanted.path, wanted.scope, clock=around.clock)


def plan(settings: Settings, around: Around, *, only: Sequence[str] = (), kinds: Kinds = KINDS) -> Made:
    """Read the graph and Bitbucket, and make the plan. Nothing is written but the ledger of calls, and raw items.

    Args:
        settings: what is synchronised, and how.
        around: the world around the run.
        only: addresses; with any, only what they select is compared, and read where that takes calls of its own.
        kinds: what can be synchronised.

    Raises:
        BbsyncError: there is no plan.
    """
    selection = Selection(tuple(sorted(set(only))), kinds)
    found = look(settings, around, only=selection.addresses, live=False, adopting=True, kinds=kinds)
    graph = found.snapshot.graph
    selection.require_known(graph, found.observation.graph)
    selected = evolve(found, observation=selection.of(found.observation, graph))
    return compare(selected, settings, around, kinds=kinds)


def compare(found: Looked, settings: Settings, around: Around, *, kinds: Kinds = KINDS) -> Made:
    """Make the plan of what was found, and ask the guards. Raw items are kept, where the settings want them.

    Raises:
        TargetError: the scope holds what is not ours.
    """
    if settings.target.kind == "jupiterone":
        require_ours(found.snapshot, kinds, found.origin.target)
    with stage("plan", around.happened):
        snapshot = found.snapshot
        made = make_plan(
            snapshot.graph,
            found.observation,
            found.origin,
            foreign=snapshot.foreign,
            adopted=found.adopted,
            kinds=kinds,
        )
        narrowed = narrower(found.looked_at, found.origin.settings)
        guards = judge_guards(made, limits_of(settings), narrowed=narrowed, kinds=kinds)
        keep_raw(settings, made, snapshot.graph, found.observation, around.now(), around.say)
    return Made(made, guards, found.traffic)


def look(
    settings: Settings,
    around: Around,
    *,
    live: bool,
    only: tuple[str, ...] = (),
    adopting: bool = False,
    kinds: Kinds = KINDS,
) -> Looked:
    """Read the graph and Bitbucket, this as far as it takes for `only`. Nothing is written but the ledger of calls.

    With `live`, the graph is read whatever the settings say. Where something is to move in and the caller is
    `adopting` it, Bitbucket is looked at as if it had.

    Raises:
        BbsyncError: one of them could not be used at all.
    """
    settings.require_bitbucket()
    with open_target(settings, around) as target, connection(settings, around) as bitbucket:
        granted = bitbucket.validate(pull_requests=settings.pull_requests.ingest)
        with stage("read_graph", around.happened):
            reader = reader_of(settings, around)
            snapshot = reader.live(target) if live else reader.to_plan(target)
            adopted = moved_in(settings, target, snapshot, only, kinds) if adopting else None
        looking = Looking(bitbucket, granted.scopes, target.address, only)
        graph = adopted.graph if adopted else snapshot.graph
        observation = with_left(read_bitbucket(settings, around, looking, graph, kinds=kinds), adopted)
        looked_at = State(settings.state.url).settings(target.address)
        origin = evolve(origin_of(settings, target, snapshot, around), only=only)
        return Looked(snapshot, observation, origin, looked_at, bitbucket.traffic, adopted)


@frozen
class Looking:
    """How Bitbucket is looked at: over a connection whose consumers have these scopes, for a graph, and for what of it.

    `address` is that of the target, by which the records know what earlier runs found out; `only` are addresses.
    """

    bitbucket: Connection
    granted: frozenset[str]
    address: str
    only: tuple[str, ...] = ()


def read_bitbucket(
    settings: Settings, around: Around, looking: Looking, graph: Graph, *, kinds: Kinds = KINDS
) -> Observation:
    """Bitbucket as it is now, with the precautions that the settings ask for.

    What `graph` holds, which is the graph as it is, and Bitbucket does not show is asked for once more.
    """
    _require_cadence(settings, graph, kinds)
    known = State(settings.state.url).known(looking.address)
    partial = settings.limits.on_exhausted == "partial"
    answered = Answered()
    keep = answered.keep if wants_raw(settings) else unkept
    with stage("read_bitbucket", around.happened):
        observation = observe(
            Reader(looking.bitbucket.http, settings.bitbucket.api_url, partial=partial, keep=keep),
            evolve(_wishes(settings, around, looking.granted, known, kinds), only=looking.only),
            snapshot=graph,
            kinds=kinds,
            report=around.report,
            happened=around.happened,
        )
    observation = evolve(observation, raw=answered.items)
    observation = with_mapped(identify(observation, settings.identities), kinds)
    observation = with_tag(observation, graph, _account_tag(settings), kinds)
    observation = heed_sentinels(observation, settings.guards.sentinels, kinds)
    return heed_protection(observation, graph, settings.guards.protect, kinds)


def reader_of(settings: Settings, around: Around) -> GraphReader:
    """How this run reads the graph."""
    return GraphReader(settings, around.now, around.sleep, around.say)


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


def exit_code(made: Made, *, detailed: bool) -> ExitCode:
    """What a command answers that only plans; `detailed` tells changes from none."""
    codes = [
        ExitCode.BLOCKED if any(result.tripped for result in made.guards) else ExitCode.OK,
        ExitCode.OK if made.plan.is_complete else ExitCode.INCOMPLETE,
        ExitCode.CHANGES if detailed and not made.plan.is_empty else ExitCode.OK,
    ]
    return strongest(*codes)


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
        account_tag=_account_tag(settings),
        concurrency=settings.limits.concurrency,
    )


def _account_tag(settings: Settings) -> str:
    return settings.account_name if settings.tag_account_name else ""


def _require_cadence(settings: Settings, graph: Graph, kinds: Kinds) -> None:
    calls = len(settings.bitbucket.consumers) * settings.limits.calls_per_hour
    types = Counter(entity.type for entity in graph.entities.values())
    require_cadence(refresh_of(settings, kinds), types, calls_per_hour=calls, kinds=kinds)


def refresh_of(settings: Settings, kinds: Kinds = KINDS) -> dict[str, int]:
    """By kind name, how old its listings may be, in seconds; kinds that are read in every run are not in it."""
    cadences = asdict(settings.refresh)
    read = (kind for kind in kinds if settings.kinds.get(kind.plural, True))
    return {kind.name: cadences[kind.plural] for kind in read if cadences.get(kind.plural)}


def origin_of(settings: Settings, target: Target, snapshot: Snapshot, around: Around) -> Origin:
    """What a plan is made from and for, as of now."""
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
        description=settings.description,
    )
