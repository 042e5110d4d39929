"""The life of a Bitbucket and of its mirror: changes, failures, crashes, plans, applies; and what always holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

import httpx
from attrs import define, evolve, field, frozen

from bbsync import applying, steps
from bbsync.errors import BbsyncError
from bbsync.graph import Entity, Graph
from bbsync.local.graph_file import GraphFile
from bbsync.plan import Plan, resulting_graph
from bbsync.sandbox.bitbucket import Sizes
from bbsync.sandbox.server import App
from bbsync.settings import Settings
from bbsync.target import Snapshot
from tests.run_rig import Clock, Rig
from tests.soak import truth
from tests.soak.changes import change_something
from tests.trouble import bitbucket_story, jupiterone_story
from tests.trouble.bitbucket_story import deleted_by
from tests.trouble.troubles import BITBUCKETS, hidden_item
from tests.trouble.wires import Rule, Wires, wired_rig

T = TypeVar("T")

WORLD = Sizes(
    repositories=3,
    members=4,
    projects=2,
    groups=2,
    pull_requests=4,
    old_pull_requests=2,
    commits=2,
    restrictions=1,
    permissions=2,
    workspaces=("acme", "globex"),
)

TOML = """
[guards]
delete_percent = 100
delete_floor = 1000
[limits]
concurrency = {concurrency}
calls_per_hour = 100000
[pull_requests]
enriched = true
"""

CADENCE = """
[refresh]
permissions = "24h"
branch_restrictions = "24h"
"""

#: What says consistently of something that it is gone, and what loses something that nobody could miss: no reading can
#: tell such a lie from the truth. Guards and people are left.
LIES = {
    ("workspace", "404"),
    ("workspace", "410"),
    ("groups", "empty 200"),
    ("groups, second reading", "empty 200"),
    ("commits", "shifted by delete"),
    ("activity", "shifted by delete"),
}

#: Lists of which an item may be hidden: it is asked for by itself before anybody believes it.
HIDING = ("members", "projects", "repositories")

STRANGERS = {"_key": "theirs", "_type": "their_host", "_class": ["Host"], "displayName": "theirs"}


class Crash(BaseException):
    """The process is no more."""


@define(eq=False)
class Fuse:
    """Burns down with everything that touches the outside world; from then on nothing gets there any more."""

    left: int | None = None

    def touch(self) -> None:
        """One step further."""
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            raise Crash


@frozen
class Saved:
    """A plan, and what Bitbucket had all the while it was made."""

    plan: Plan
    identity: str
    had: frozenset[str]

    @property
    def wrong(self) -> frozenset[str]:
        """What it deletes although Bitbucket has it."""
        return deleted_by(self.plan) & self.had


@define(eq=False)
class Life:
    """One Bitbucket and one graph; what happens is chosen by whoever hands over a `Random`, and told in `told`."""

    rig: Rig
    wires: Wires
    concurrency: int = 1
    fuse: Fuse = field(factory=Fuse)
    ours: Clock = field(factory=Clock)
    cadence: bool = True
    saved: list[Saved] = field(factory=list)
    told: list[str] = field(factory=list)
    foreign: object = None
    meanwhile: list[tuple[int, Random]] = field(factory=list)

    def begin(self) -> None:
        """Somebody else writes to the same store, and a first run goes well."""
        self.wires.before = lambda _request: self._touched()
        self.wires.apps = {origin: self._dying(app) for origin, app in self.wires.apps.items()}
        self._put_strangers()
        self.foreign = self.strangers()
        self.plan()
        self.apply(self.saved[-1])

    # What happens

    def change(self, chance: Random) -> None:
        """Something changes in Bitbucket."""
        self.told.append(f"change {change_something(self.rig.bitbucket, chance)}")

    def change_meanwhile(self, chance: Random) -> None:
        """Something will change while the next run reads."""
        self.meanwhile.append((chance.randrange(60), chance))

    def trouble(self, chance: Random) -> None:
        """From now on something goes wrong."""
        times, after = chance.choice([1, 1, 2, 3, None]), chance.choice([0, 0, 1, 2, 5])
        if chance.random() < (0.4 if self.rig.target == "jupiterone" else 0):
            name, what = chance.choice(list(jupiterone_story.REQUESTS)), chance.choice(list(jupiterone_story.TROUBLES))
            rule = Rule(jupiterone_story.REQUESTS[name], jupiterone_story.TROUBLES[what].trouble, times, after)
        else:
            name, what = chance.choice(list(bitbucket_story.REQUESTS)), chance.choice(list(BITBUCKETS))
            if (name, what) in LIES:
                return
            trouble = BITBUCKETS[what].trouble
            if name in HIDING and chance.random() < 0.5:
                what, trouble = "an item is hidden", hidden_item
            rule = Rule(bitbucket_story.meant(name), trouble, times, after)
        self.wires.rules.append(rule)
        self.told.append(f"trouble {what} at {name}, {times} times after {after}")

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.wires.rules.clear()
        self.meanwhile.clear()
        self.told.append("calm")

    def pass_time(self, chance: Random) -> None:
        """Time passes; and sometimes our clock goes wrong, or is put right."""
        self.rig.clock.now += chance.choice([60, 600, 3600, 3600, 7 * 3600, 30 * 3600])
        skew = chance.choice([0, 0, 0, 0, 300, -300, 86_400, -86_400, 400 * 86_400])
        self.ours.now = self.rig.clock.now + skew
        self.told.append(f"time {self.rig.clock.now:.0f}, ours {skew:+}")

    def change_cadence(self) -> None:
        """Read everything every time, or not."""
        self.cadence = not self.cadence

    def plan(self, crash_after: int | None = None) -> None:
        """Plan, and keep the plan, as far as somebody who looks at it would."""
        had = truth.everything(self.rig.bitbucket.world)
        made = self._alive(crash_after, lambda: steps.plan(self.settings, self.around))
        if made is None:
            return
        saved = Saved(made.plan, made.id, had & truth.everything(self.rig.bitbucket.world))
        assert not saved.wrong, f"the plan deletes what Bitbucket has: {sorted(saved.wrong)}"
        self.saved = [*self.saved, saved][-3:]

    def apply(self, saved: Saved, crash_after: int | None = None) -> None:
        """Apply a plan, perhaps late, perhaps again."""
        before = self.graph
        deletes = saved.plan.entity_totals.destroy
        self._alive(
            crash_after,
            lambda: applying.apply(
                saved.plan, self.settings, self.around, identity=saved.identity, allow_deletes=deletes
            ),
        )
        after = self.graph
        assert after in (before, resulting_graph(saved.plan, before)), "the graph is neither as before nor as planned"
        self.check()

    def check(self) -> None:
        """What always holds."""
        held = self.graph
        loose = [key for key, tie in held.relationships.items() if not {tie.source, tie.target} <= held.entities.keys()]
        assert loose == [], "relationships dangle"
        assert self.strangers() == self.foreign, "what is somebody else's was touched"

    def settle(self) -> None:
        """Nothing fails or changes any more: after a few runs the graph is what Bitbucket has."""
        self.settle_quietly()
        self.require_truth()

    def settle_quietly(self) -> None:
        """A few runs in which nothing fails or changes."""
        self.calm()
        self.cadence = False
        for place in self.rig.bitbucket.world.workspaces:
            for home in place.repositories.values():
                home.denied = False
        for _ in range(3):  # what a clock that went wrong put into the future counts from the first of them on
            self.rig.clock.now += 2 * 3600
            self.ours.now = self.rig.clock.now
            self.plan()
            self.apply(self.saved[-1])

    def require_truth(self) -> None:
        """The graph holds what Bitbucket has, and who remembers nothing finds nothing to do."""
        held, world = self.graph, self.rig.bitbucket.world
        opened = {key for key, one in held.entities.items() if one.type == "bitbucket_pullrequest"}
        listed = truth.pull_requests(world)
        assert held.entities.keys() - opened == truth.entities(world)
        assert truth.relationships(world) <= held.relationships.keys()
        assert opened <= listed.keys()
        assert {key: listed[key] for key in opened} == {key: _title_and_state(held.entities[key]) for key in opened}
        for left in self.rig.place.glob("state.db*"):
            left.unlink()
        whole = steps.plan(self.settings, self.around).plan
        assert [change.label for change in (*whole.entities, *whole.relationships)] == []
        assert whole.is_complete

    # How

    @property
    def settings(self) -> Settings:
        """The settings of now."""
        return self.rig.settings(TOML.format(concurrency=self.concurrency) + (CADENCE if self.cadence else ""))

    @property
    def around(self) -> steps.Around:
        """The world around a run: our clock, and a fuse at everything that leads out of it."""

        def clock() -> float:
            self.fuse.touch()
            return self.ours.now

        return evolve(self.rig.around, clock=clock, say=lambda _line: self.fuse.touch())

    @property
    def graph(self) -> Graph:
        """The graph, by wires on which nothing goes wrong, once JupiterOne has done all that it was told to do."""
        rules, self.wires.rules = self.wires.rules, []
        try:
            while any(job.status.startswith("FINALIZ") for job in self.rig.jupiterone.jobs.values()):
                self.rig.snapshot()  # its time passes as it is asked
            return self.rig.graph
        finally:
            self.wires.rules = rules

    def strangers(self) -> object:
        """What somebody else keeps in the same store."""
        if self.rig.target == "local":
            return self._theirs.read_snapshot().graph
        return self.rig.jupiterone.entities("elsewhere")

    @property
    def _theirs(self) -> GraphFile:
        return GraphFile(self.rig.place / "graph.db", "elsewhere", clock=self.rig.clock)

    def _put_strangers(self) -> None:
        if self.rig.target == "local":
            theirs = Graph.of([Entity("theirs", "their_host", ("Host",), {"displayName": "theirs"})], [])
            self._theirs.replace(Snapshot(), theirs, lambda _line: None)
        else:
            self.rig.jupiterone.put([STRANGERS])

    def _alive(self, crash_after: int | None, work: Callable[[], T]) -> T | None:
        """Do it, as far as it gets."""
        self.fuse.left = crash_after
        try:
            done = work()
        except Crash:
            self.told.append(f"crashed after {crash_after}")
        except BbsyncError as error:
            self.told.append(f"failed: {error.code}")
        else:
            self.told.append("done")
            return done
        finally:
            self.fuse.left = None
        return None

    def _touched(self) -> None:
        self.fuse.touch()
        for left, chance in self.meanwhile:
            if left == 0:
                self.told.append(f"meanwhile {change_something(self.rig.bitbucket, chance)}")
        self.meanwhile = [(left - 1, chance) for left, chance in self.meanwhile if left > 0]

    def _dying(self, app: App) -> App:
        """The app; the process may also die when the answer is on its way."""

        def answer(request: httpx.Request) -> httpx.Response:
            response = app(request)
            self.fuse.touch()
            return response

        return answer


def _title_and_state(entity: Entity) -> tuple[object, object]:
    return entity.properties["title"], entity.properties["state"]


@contextmanager
def lived(place: Path, target: str, *, seed: int = 7, concurrency: int = 1) -> Iterator[Life]:
    """A life that has begun well."""
    with wired_rig(place, WORLD, target=target, seed=seed) as (rig, wires):
        rig.bitbucket.calls_per_hour = 10**9
        life = Life(rig, wires, concurrency)
        life.begin()
        yield life
