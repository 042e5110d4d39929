"""A graph, a Bitbucket that moved on since, and runs in which one kind of request goes wrong."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attrs import field, frozen

from bbsync import steps
from bbsync.errors import BbsyncError
from bbsync.graph import Entity, Graph
from bbsync.plan import Action, Plan, resulting_graph
from bbsync.sandbox.bitbucket import Sizes
from bbsync.settings import Settings
from bbsync.steps import exit_code
from tests.run_rig import Rig
from tests.trouble.troubles import Named
from tests.trouble.wires import Fits, Rule, Wires, wired_rig

WORLD = Sizes(
    repositories=4, members=4, projects=3, groups=2, pull_requests=2, commits=2, restrictions=1, permissions=2
)

#: Only the guards that no setting turns off.
TOML = """
[guards]
delete_percent = 100
delete_floor = 1000
[limits]
concurrency = 1
calls_per_hour = 100000
[pull_requests]
enriched = true
[refresh]
permissions = "24h"
branch_restrictions = "24h"
"""

_API = r"/2\.0"
_AT = r"[^/?]+"
_IN = rf"{_API}/repositories/{_AT}/{_AT}"

#: Every kind of request that a run makes; by its method and path.
REQUESTS: Mapping[str, str] = {
    "token": r"^POST /site/oauth2/access_token",
    "workspace": rf"^GET {_API}/workspaces/{_AT}$",
    "members": rf"^GET {_API}/workspaces/{_AT}/permissions(\?|$)",
    "groups": r"^GET /1\.0/groups/",
    "projects": rf"^GET {_API}/workspaces/{_AT}/projects(\?|$)",
    "repositories": rf"^GET {_API}/repositories/{_AT}(\?|$)",
    "permissions of users": rf"^GET {_IN}/permissions-config/users",
    "permissions of groups": rf"^GET {_IN}/permissions-config/groups",
    "branch restrictions": rf"^GET {_IN}/branch-restrictions",
    "pull requests": rf"^GET {_IN}/pullrequests(\?|$)",
    "commits": rf"^GET {_IN}/pullrequests/\d+/commits",
    "activity": rf"^GET {_IN}/pullrequests/\d+/activity",
    "is the member gone?": rf"^GET {_API}/workspaces/{_AT}/members/",
    "is the project gone?": rf"^GET {_API}/workspaces/{_AT}/projects/",
    "is the repository gone?": rf"^GET {_IN}$",
    "groups, second reading": r"^GET /1\.0/groups/",
}

#: Requests that are like another one, but come after it.
AFTER: Mapping[str, int] = {"groups, second reading": 1}

#: Which reading it is: with nothing remembered, or with the records of the one before, of which not all is due.
READINGS = ("first", "second")


def meant(request: str) -> Fits:
    """Whether a request is of that kind."""
    pattern = re.compile(REQUESTS[request])
    return lambda asked: pattern.search(f"{asked.method} {asked.url.raw_path.decode('ascii')}") is not None


@frozen
class Ended:
    """How a run ended: its exit code, the codes of its messages, what its plan deletes, and the graph that it makes."""

    exit_code: int
    codes: frozenset[str]
    deleted: frozenset[str] = frozenset()
    after: Graph | None = None

    def __str__(self) -> str:
        return " ".join([str(self.exit_code), *sorted(code.removeprefix("BB-") for code in self.codes)])


@frozen
class Story:
    """Where the story takes place; both files are put back before every run."""

    rig: Rig
    wires: Wires
    settings: Settings
    kept: Path
    before: Graph
    unspoilt: dict[str, Ended] = field(factory=dict)

    def run(self, reading: str, *rules: Rule) -> Ended:
        """Plan, while these rules hold."""
        shutil.copy(self.kept / "graph.db", self.rig.place)
        for rest in self.rig.place.glob("state.db*"):
            rest.unlink()
        if reading == "second":
            shutil.copy(self.kept / "state.db", self.rig.place)
        self.wires.rules[:] = rules
        self.wires.seen.clear()
        try:
            made = steps.plan(self.settings, self.rig.around)
        except BbsyncError as error:
            return Ended(int(error.exit_code), frozenset({error.code}))
        codes = {labelled.gap.code for labelled in made.plan.gaps}
        blocked = {f"BB-GUARD-{result.id}" for result in made.guards if result.tripped}
        return Ended(
            int(exit_code(made, detailed=True)),
            frozenset(codes | blocked),
            deleted_by(made.plan),
            resulting_graph(made.plan, self.before),
        )

    def forgotten(self, ended: Ended, reading: str) -> list[str]:
        """Properties that are neither what the graph knew nor what an unspoilt reading shows."""
        whole = self.unspoilt[reading].after
        if ended.after is None or whole is None:
            return []
        return [
            f"{key}: {name}"
            for key, known in self.before.entities.items()
            if (now := ended.after.entities.get(key)) is not None
            for name in known.properties.keys() | now.properties.keys()
            if _value(now, name) not in (_value(known, name), _value(whole.entities.get(key), name))
        ]

    def spoilt(self, reading: str, request: str, named: Named, *, always: bool) -> Ended:
        """Plan, while requests of that kind go wrong: the first time, or every time."""
        after = AFTER.get(request, 0)
        return self.run(reading, Rule(meant(request), named.trouble, None if always else named.requests, after))


def deleted_by(plan: Plan) -> frozenset[str]:
    """The keys of everything that a plan deletes, relationships included."""
    changes = (*plan.entities, *plan.relationships)
    return frozenset(change.element.key for change in changes if change.action is Action.DELETE)


def _value(entity: Entity | None, name: str) -> object:
    return entity.properties.get(name) if entity else None


@contextmanager
def told() -> Iterator[Story]:
    """The story."""
    with tempfile.TemporaryDirectory(prefix="bbsync-story-") as place, wired_rig(Path(place), WORLD) as (rig, wires):
        settings = rig.settings(TOML)
        before = _begin(rig, settings)
        kept = Path(place) / "kept"
        kept.mkdir()
        for name in ("graph.db", "state.db"):
            shutil.copy(rig.place / name, kept)
        _move_on(rig)
        story = Story(rig, wires, settings, kept, before)
        story.unspoilt.update({reading: story.run(reading) for reading in READINGS})
        yield story


def _begin(rig: Rig, settings: Settings) -> Graph:
    rig.bitbucket.calls_per_hour = 10**9
    on = {"repository": _repositories(rig)[0]}
    people = _people(rig)
    for title in ("Approved", "Approved and merged later", "Approved, then not", "Left alone"):
        rig.change("open_pull_request", **on, author=people[0], title=title)
    for number in _numbers(rig)[:3]:
        rig.change("approve", **on, pull_request=number, member=people[1])
    rig.change("grant_permission", **on, permission="read", user=people[1])
    rig.change("grant_permission", **on, permission="write", group=_other_group(rig))
    rig.apply_as(settings, steps.plan(settings, rig.around).plan)
    rig.clock.now += 3600
    return rig.graph


def _move_on(rig: Rig) -> None:
    kept, gone, renamed, _untouched = _repositories(rig)
    numbers, people, on = _numbers(rig), _people(rig), {"repository": kept}
    rig.change("merge", **on, pull_request=numbers[1], member=people[0])
    rig.change("withdraw_approval", **on, pull_request=numbers[2], member=people[1])
    rig.change("push", **on, pull_request=numbers[0])
    rig.change("revoke_permission", **on, user=people[1])
    rig.change("describe_repository", **on, description="Another one")
    rig.change("remove_member", member=people[3])
    rig.change("remove_group", group="administrators")
    rig.change("remove_project", project="PAY")
    rig.change("rename_repository", repository=renamed, to="New name")
    rig.change("delete_repository", repository=gone)


def _repositories(rig: Rig) -> list[str]:
    return [home.slug for home in rig.repositories]


def _people(rig: Rig) -> list[str]:
    return [member.account.nickname or "" for member in rig.bitbucket.world.workspaces[0].members]


def _other_group(rig: Rig) -> str:
    return next(slug for slug in rig.bitbucket.world.workspaces[0].groups if slug != "administrators")


def _numbers(rig: Rig) -> list[int]:
    return sorted(rig.repositories[0].pull_requests)[-4:]
