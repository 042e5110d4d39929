"""A plan that waits to be applied to JupiterOne, and applies in which one kind of request goes wrong."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen

from bbsync import applying, steps
from bbsync.errors import BbsyncError, ExitCode
from bbsync.graph import Graph
from bbsync.plan import Plan
from bbsync.sandbox.bitbucket import Sizes
from bbsync.sandbox.jupiterone import JupiterOne
from bbsync.sandbox.server import App
from bbsync.settings import Settings
from tests.run_rig import Rig
from tests.trouble.troubles import EVERYWHERE, Named, late_after_all, lost, null_values, status
from tests.trouble.wires import Fits, Rule, Trouble, Wires, wired_rig

WORLD = Sizes(repositories=3, members=3, projects=2, groups=2, pull_requests=2, commits=1, restrictions=1)

_JOBS = "/persister/synchronization/jobs"

#: What the graph holds: every element with its properties, but for what JupiterOne itself puts on it.
Held = Mapping[str, Mapping[str, Any]]


def _asks(*parts: str, not_: str = "\0") -> Fits:
    def fits(request: httpx.Request) -> bool:
        said = f"{request.method} {request.url.path} {request.content.decode('utf-8', 'replace')}"
        return all(part in said for part in parts) and not_ not in said

    return fits


def _ends(method: str, ending: str) -> Fits:
    return lambda request: request.method == method and request.url.path.endswith(ending)


def _status_of_a_job(request: httpx.Request) -> bool:
    return request.method == "GET" and _JOBS in request.url.path


#: Every kind of request of an apply.
REQUESTS: Mapping[str, Fits] = {
    "query of entities": _asks("POST /graphql", "FIND *", not_="RELATES"),
    "query of relationships": _asks("POST /graphql", "RELATES"),
    "result of a query": _asks("GET /deferred/"),
    "open a job": _ends("POST", _JOBS),
    "upload entities": _ends("POST", "/entities"),
    "upload relationships": _ends("POST", "/relationships"),
    "finalize": _ends("POST", "/finalize"),
    "status of the job": _status_of_a_job,
}


def _ended_by_jupiterone(how: str) -> Callable[[JupiterOne], Trouble]:
    """JupiterOne ends the job by itself before the request is looked at."""

    def trouble_of(jupiterone: JupiterOne) -> Trouble:
        def trouble(request: httpx.Request, app: App) -> httpx.Response:
            for job in jupiterone.jobs.values():
                if not job.done and job.status == "AWAITING_UPLOADS":
                    job.abort(how, "by itself")
            return app(request)

        return trouble

    return trouble_of


def _told(**wrong: Any) -> Trouble:
    """The job is told to be something else than it is."""

    def trouble(request: httpx.Request, app: App) -> httpx.Response:
        response = app(request)
        document = json.loads(response.content)
        if document.get("job", {}).get("done"):
            document["job"].update(wrong)
        return httpx.Response(response.status_code, json=document)

    return trouble


#: What goes wrong with any request.
TROUBLES: Mapping[str, Named] = {
    **EVERYWHERE,
    "409": Named(status(409)),
    "413": Named(status(413)),
    "null in the items": Named(null_values),
    "carried out, answer lost": Named(lost),
    "carried out, answer late": Named(late_after_all),
}

#: What goes wrong with the job itself: with which request, and what.
OF_THE_JOB: Mapping[str, tuple[str, Callable[[JupiterOne], Trouble]]] = {
    "aborted while uploading": ("upload relationships", _ended_by_jupiterone("ABORTED")),
    "aborted before finalize": ("finalize", _ended_by_jupiterone("ABORTED")),
    "bad data at finalize": ("finalize", _ended_by_jupiterone("ERROR_BAD_DATA")),
    "told to be aborted": ("status of the job", lambda _: _told(status="ABORTED")),
    "told to be broken": ("status of the job", lambda _: _told(status="ERROR_UNEXPECTED_FAILURE")),
    "counters lie": ("status of the job", lambda _: _told(numEntitiesUpdated=4711)),
    "errors are counted": ("status of the job", lambda _: _told(numEntityUpdateErrors=1)),
}


@frozen
class Applied:
    """How an apply ended, and what the graph holds then."""

    exit_code: ExitCode
    code: str
    held: Held

    def __str__(self) -> str:
        return f"{int(self.exit_code)} {self.code.removeprefix('BB-')}".strip()


@frozen
class Story:
    """Where an apply takes place: a graph, and a plan for it."""

    rig: Rig
    wires: Wires
    settings: Settings
    plan: Plan
    before: Graph

    def begin(self) -> None:
        """Put the graph back as it was before the plan, and forget all records."""
        self.wires.rules.clear()
        for rest in self.rig.place.glob("state.db*"):
            rest.unlink()
        self.rig.tamper(lambda _now: self.before)

    @property
    def held(self) -> Held:
        """What the graph holds."""
        elements = [*self.rig.jupiterone.entities(), *self.rig.jupiterone.relationships()]
        return {one["_key"]: {name: value for name, value in one.items() if _is_ours(name)} for one in elements}

    def apply(self, *rules: Rule) -> Applied:
        """Apply, while these rules hold."""
        self.wires.rules[:] = rules
        deletes = self.plan.entity_totals.destroy
        try:
            applying.apply(self.plan, self.settings, self.rig.around, identity="00000000", allow_deletes=deletes)
        except BbsyncError as error:
            return Applied(error.exit_code, error.code, self.held)
        return Applied(ExitCode.OK, "", self.held)


def _is_ours(name: str) -> bool:
    return not name.startswith("_") or name in ("_key", "_type", "_class")


@contextmanager
def told() -> Iterator[Story]:
    """The story."""
    with (
        tempfile.TemporaryDirectory(prefix="bbsync-story-") as place,
        wired_rig(Path(place), WORLD, target="jupiterone") as (rig, wires),
    ):
        settings = rig.settings()
        rig.apply_as(settings, steps.plan(settings, rig.around).plan)
        rig.change("rename_repository", repository=rig.repositories[0].slug, to="New name")
        rig.change("delete_repository", repository=rig.repositories[1].slug)
        rig.change("add_member", nickname="newcomer")
        yield Story(rig, wires, settings, steps.plan(settings, rig.around).plan, rig.graph)


def rules_for(story: Story, request: str, trouble: str, *, always: bool) -> Rule:
    """The rule by which requests of that kind go wrong: the first time, or every time."""
    if request:
        return Rule(REQUESTS[request], TROUBLES[trouble].trouble, None if always else 1)
    meant, trouble_of = OF_THE_JOB[trouble]
    return Rule(REQUESTS[meant], trouble_of(story.rig.jupiterone), None if always else 1)
