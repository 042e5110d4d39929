"""A made-up Bitbucket and a made-up JupiterOne on loopback, a clock that stands, and the steps run against them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
from attrs import define, evolve, field, frozen

from bbsync import applying, steps
from bbsync.graph import Entity, Graph
from bbsync.plan import Plan
from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.sandbox.bitbucket.world import Repository
from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from bbsync.sandbox.server import App, serve
from bbsync.settings import Settings, load_settings
from bbsync.state import State
from bbsync.target import Counters, Snapshot

START = datetime(2026, 3, 14, 12, tzinfo=UTC)
DAY = 86_400.0

CONSUMER = Consumer("rig-consumer", "rig-secret", scopes=("account", "project", "pullrequest", "repository:admin"))
SMALL = Sizes(repositories=4, members=5, projects=2, groups=2, pull_requests=6, old_pull_requests=4)


@define
class Clock:
    """Epoch seconds, which pass only when told to."""

    now: float = START.timestamp()

    def __call__(self) -> float:
        return self.now

    def moment(self) -> datetime:
        """The same as a date."""
        return datetime.fromtimestamp(self.now, UTC)

    def dated(self, app: App) -> App:
        """The app, whose answers carry this clock's time."""

        def answer(request: httpx.Request) -> httpx.Response:
            response = app(request)
            response.headers["date"] = format_datetime(self.moment(), usegmt=True)
            return response

        return answer


@frozen
class Rig:
    """Both services, their origins, and a directory for the local graph, the records and the settings."""

    bitbucket: Bitbucket
    jupiterone: JupiterOne
    origins: tuple[str, str]
    place: Path
    clock: Clock
    target: str = "local"
    said: list[str] = field(factory=list)
    transport: httpx.BaseTransport | None = None

    def with_target(self, target: str) -> Rig:
        """The same, writing to the other target."""
        return evolve(self, target=target)

    def settings(self, toml: str = "", above: str = "", **environ: str) -> Settings:
        """Settings for this rig: `above` all tables, `toml` under what every run needs, and `environ` over it."""
        config = self.place / "bbsync.toml"
        config.write_text(
            f'{above}[target]\nkind = "{self.target}"\npath = "{self.place / "graph.db"}"\n'
            f'[state]\nurl = "sqlite:///{self.place / "state.db"}"\n{toml}',
            encoding="utf-8",
        )
        return load_settings(config=config, environ={**self.variables, **environ})

    @property
    def variables(self) -> dict[str, str]:
        """The environment: where both services are, and who asks."""
        bitbucket, jupiterone = self.origins
        return {
            "BITBUCKET_URL": bitbucket,
            "BITBUCKET_API_URL": bitbucket,
            "BITBUCKET_WORKSPACE": ",".join(place.slug for place in self.bitbucket.world.workspaces if place.visible),
            "BITBUCKET_CLIENT_KEY": CONSUMER.key,
            "BITBUCKET_CLIENT_SECRET": CONSUMER.secret,
            "JUPITERONE_ACCOUNT": "acme",
            "JUPITERONE_API_KEY": "rig-api-key",
            "JUPITERONE_API_URL": jupiterone,
            "JUPITERONE_GRAPHQL_URL": f"{jupiterone}/graphql",
        }

    @property
    def around(self) -> steps.Around:
        """The clock that stands, nobody who waits, and somebody who applies."""
        return steps.Around(
            clock=self.clock,
            sleep=lambda _seconds: None,
            say=self.said.append,
            actor=steps.Actor("ada", "https://ci.example.test/jobs/7"),
            transport=self.transport,
        )

    def plan(self, toml: str = "") -> steps.Made:
        """Plan."""
        return steps.plan(self.settings(toml), self.around)

    def apply(self, made: steps.Made, *, allow_deletes: int | None = None, toml: str = "") -> applying.Outcome:
        """Apply that plan."""
        return self.apply_as(self.settings(toml), made.plan, made.id, allow_deletes=allow_deletes)

    def apply_as(
        self, settings: Settings, plan: Plan, identity: str = "00000000", *, allow_deletes: int | None = None
    ) -> applying.Outcome:
        """Apply a plan with these settings."""
        return applying.apply(plan, settings, self.around, identity=identity, allow_deletes=allow_deletes)

    def sync(self, toml: str = "") -> applying.Outcome:
        """Plan and apply."""
        return self.apply(self.plan(toml), toml=toml)

    def snapshot(self) -> Snapshot:
        """What the target holds."""
        with steps.open_target(self.settings(), self.around) as target:
            return target.read_snapshot()

    @property
    def graph(self) -> Graph:
        """The graph that the target holds."""
        return self.snapshot().graph

    def tamper(self, change: Callable[[Graph], Graph]) -> Counters:
        """Change the graph behind bbsync's back."""
        with steps.open_target(self.settings(), self.around) as target:
            before = target.read_snapshot()
            return target.replace(before, change(before.graph), self.said.append)

    @property
    def records(self) -> State:
        """The records between runs."""
        return State(self.settings().state.url)

    @property
    def address(self) -> str:
        """What the records call the target."""
        with steps.open_target(self.settings(), self.around) as target:
            return target.address

    def change(self, change: str, **arguments: Any) -> None:
        """Change the first workspace."""
        self.bitbucket.change(change, workspace=self.bitbucket.world.workspaces[0].slug, **arguments)

    @property
    def repositories(self) -> list[Repository]:
        """Those of the first workspace."""
        return list(self.bitbucket.world.workspaces[0].repositories.values())


@contextmanager
def rig_at(
    place: Path, sizes: Sizes = SMALL, *, target: str = "local", wrap: Callable[[App], App] = lambda app: app
) -> Iterator[Rig]:
    """Both services on loopback over a new world; `wrap` goes around JupiterOne."""
    clock = Clock()
    bitbucket = Bitbucket(make_world(7, sizes, START, clock.moment), consumers=[CONSUMER], clock=clock)
    jupiterone = JupiterOne(account="acme", keys=(ApiKey("rig-api-key"),), clock=clock)
    with serve(clock.dated(bitbucket.app)) as first, serve(clock.dated(wrap(jupiterone.app))) as second:
        yield Rig(bitbucket, jupiterone, (first, second), place, clock, target)


def with_property(entity: Entity, **properties: Any) -> Entity:
    """The entity with other properties."""
    return evolve(entity, properties={**entity.properties, **properties})


def put(*entities: Entity) -> Callable[[Graph], Graph]:
    """Puts these entities into a graph, or in the place of those with their keys."""
    return lambda graph: Graph({**graph.entities, **{one.key: one for one in entities}}, graph.relationships)


def drop(*keys: str) -> Callable[[Graph], Graph]:
    """Takes these entities out of a graph, with the relationships that hold on to them."""

    def dropped(graph: Graph) -> Graph:
        ties = {key: tie for key, tie in graph.relationships.items() if not {tie.source, tie.target} & {*keys}}
        return Graph({key: one for key, one in graph.entities.items() if key not in keys}, ties)

    return dropped


def lying(wrong: dict[str, int]) -> Callable[[App], App]:
    """Goes around JupiterOne, and lets its jobs tell these numbers once they are finished."""

    def wrap(app: App) -> App:
        def answer(request: httpx.Request) -> httpx.Response:
            response = app(request)
            if request.method != "GET" or "/synchronization/jobs/" not in request.url.path:
                return response
            document = json.loads(response.content)
            job = document.get("job", document)
            job.update(wrong)
            return httpx.Response(response.status_code, json=document)

        return answer

    return wrap
