"""What tests of reading share: a small made-up Bitbucket, a run of reading it, and the plan that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
from attrs import field, frozen

from bbsync.bitbucket.client import Connection
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.observe import Report, Wishes, observe
from bbsync.bitbucket.scopes import effective
from bbsync.bitbucket.settings import BitbucketSettings, ConsumerCredentials, LimitSettings
from bbsync.coverage import Gap
from bbsync.graph import EMPTY, Entity, Graph
from bbsync.observation import Observation
from bbsync.plan import Action, Change, Origin, Plan, make_plan, resulting_graph
from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.sandbox.server import App
from bbsync.secret import Secret

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
HOUR = 3_600_000
API = "https://api.bitbucket.org"
SCOPES = ("account", "project", "pullrequest", "repository:admin")
SMALL = Sizes(repositories=3, members=4, projects=2, groups=2, pull_requests=4, restrictions=1, permissions=2)


def bitbucket_of(
    sizes: Sizes = SMALL, *, scopes: tuple[str, ...] = SCOPES, seed: int = 7, **settings: Any
) -> Bitbucket:
    """A stand-in with one consumer of these scopes, whose clock stands still."""
    settings.setdefault("calls_per_hour", 10**9)
    consumer = Consumer("key-one", "secret-one", scopes=scopes)
    return Bitbucket(make_world(seed, sizes, NOW), consumers=(consumer,), clock=NOW.timestamp, **settings)


def dated(app: App, at: datetime = NOW) -> App:
    """The app, whose answers say when they were given."""

    def answer(request: httpx.Request) -> httpx.Response:
        response = app(request)
        response.headers.setdefault("date", format_datetime(at, usegmt=True))
        return response

    return answer


def connection_to(app: App, limits: LimitSettings | None = None) -> Connection:
    """A connection over an app in process, that never waits."""
    settings = BitbucketSettings((ConsumerCredentials("key-one", Secret("secret-one")),))
    limits = limits or LimitSettings(concurrency=4, calls_per_hour=100_000)
    return Connection(
        settings, limits, inner=httpx.MockTransport(app), clock=NOW.timestamp, sleep=lambda _seconds: None
    )


def look(
    app: App,
    snapshot: Graph = EMPTY,
    *,
    scopes: tuple[str, ...] = SCOPES,
    limits: LimitSettings | None = None,
    report: Report = lambda _what, _done, _total: None,
    **wishes: Any,
) -> Observation:
    """Read everything."""
    wanted = {"workspaces": ("acme",), "now": NOW_MS, "enriched": True, "concurrency": 4, **wishes}
    limits = limits or LimitSettings(concurrency=wanted["concurrency"], calls_per_hour=100_000)
    with connection_to(app, limits) as connection:
        reader = Reader(connection.http, API, partial=limits.on_exhausted == "partial")
        return observe(reader, Wishes(granted=effective(scopes), **wanted), snapshot=snapshot, report=report)


@frozen
class Run:
    """A reading against a snapshot, and the plan that comes of it."""

    before: Graph
    observation: Observation
    plan: Plan = field()

    @property
    def after(self) -> Graph:
        """The graph once the plan is applied."""
        return resulting_graph(self.plan, self.before)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Everything that could not be read."""
        return self.observation.coverage.gaps

    @property
    def codes(self) -> set[str]:
        """The codes of the gaps."""
        return {gap.code for gap in self.gaps}

    @property
    def deleted(self) -> set[str]:
        """Keys of everything that goes, relationships included."""
        changes: tuple[Change[Any], ...] = (*self.plan.entities, *self.plan.relationships)
        return {change.element.key for change in changes if change.action is Action.DELETE}

    @property
    def withheld(self) -> set[str]:
        """Keys of everything that stays because it could not be judged."""
        return {key for withheld in self.plan.withheld for key in withheld.keys}


def run(source: Bitbucket | App, before: Graph = EMPTY, **wishes: Any) -> Run:
    """Read, and plan."""
    app = source.app if isinstance(source, Bitbucket) else source
    observation = look(app, before, **wishes)
    return Run(before, observation, make_plan(before, observation, Origin(workspaces=("acme",), target="test")))


def of_type(graph: Graph, kind: str) -> list[Entity]:
    """The entities of a type, without `bitbucket_`."""
    return [entity for entity in graph.entities.values() if entity.type == f"bitbucket_{kind}"]


def named(graph: Graph, kind: str, **properties: Any) -> Entity:
    """The one entity of that type with those properties."""
    fitting = [
        entity
        for entity in of_type(graph, kind)
        if all(entity.properties.get(name) == wanted for name, wanted in properties.items())
    ]
    assert len(fitting) == 1, f"{len(fitting)} of type {kind} with {properties}"
    return fitting[0]


def spoil(app: App, fits: Callable[[httpx.Request], bool], answer: Callable[[httpx.Response], httpx.Response]) -> App:
    """The app, some of whose answers are replaced."""

    def spoiled(request: httpx.Request) -> httpx.Response:
        response = app(request)
        return answer(response) if fits(request) else response

    return spoiled
