"""The synchronization job API: create, upload, finalize, abort, status, events."""

from __future__ import annotations

import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import httpx
from attrs import define, field

from bbsync.sandbox.jupiterone.access import ApiKey, Instance
from bbsync.sandbox.jupiterone.answers import Document, Refused, bad_request, read_object
from bbsync.sandbox.jupiterone.behaviour import Behaviour
from bbsync.sandbox.jupiterone.creation import mode_of, origin_of
from bbsync.sandbox.jupiterone.finalizing import carry_out, partial_types
from bbsync.sandbox.jupiterone.graphstore import GraphStore
from bbsync.sandbox.jupiterone.jobs import ABORTED, ERROR_BAD_DATA, FINISHED, Job
from bbsync.sandbox.jupiterone.uploads import ENDPOINTS, check_upload

PATH = "/persister/synchronization/jobs"
_JOB_PATH = re.compile(rf"{PATH}(?:/(?P<job>[^/]+)(?:/(?P<action>[a-z]+))?)?/?\Z")

Action = Callable[[Job, httpx.Request], Document]


@define(eq=False)
class Persister:
    """The jobs of the account; `instances` answers which integration instances it has now."""

    account: str
    store: GraphStore
    clock: Callable[[], float]
    lock: threading.RLock
    instances: Callable[[], Sequence[Instance]] = tuple
    behaviour: Behaviour = field(factory=Behaviour)
    jobs: dict[str, Job] = field(factory=dict)
    bytes_uploaded: int = 0

    def answer(self, request: httpx.Request, key: ApiKey) -> httpx.Response:
        """Carry out one request, all of it or nothing."""
        found = _JOB_PATH.match(request.url.path)
        if found is None:
            raise Refused(404, "NOT_FOUND", "Not found")
        if found["job"] is None:
            return httpx.Response(200, json={"job": self._create(request, key).document()})
        if found["action"] in ENDPOINTS:
            with self.lock:
                self.bytes_uploaded += len(request.content)
        job = self._job(found["job"], key)
        return httpx.Response(200, json=self._action(request.method, found["action"])(job, request))

    def pass_time(self) -> None:
        """Jobs go on while nobody asks for their status."""
        for job in self.jobs.values():
            self._advance(job)

    def _action(self, method: str, name: str | None) -> Action:
        action = self._actions().get((method, name))
        if action is None:
            raise Refused(404, "NOT_FOUND", "Not found")
        return action

    def _actions(self) -> dict[tuple[str, str | None], Action]:
        return {
            ("GET", None): self._status,
            **{("POST", name): partial(self._upload, endpoint=name) for name in ENDPOINTS},
            ("POST", "events"): self._events,
            ("POST", "finalize"): self._finalize,
            ("POST", "abort"): self._abort,
        }

    def _create(self, request: httpx.Request, key: ApiKey) -> Job:
        if request.method != "POST":
            raise Refused(404, "NOT_FOUND", "Not found")
        wanted = read_object(request.content)
        origin = origin_of(wanted, self.account, self.instances())
        if not key.may_sync_into(origin.instance_id):
            raise Refused(403, "FORBIDDEN", "This API key may not synchronize there")
        job_id = str(uuid.uuid4())
        job = Job(job_id, origin, mode_of(wanted, legacy=self.behaviour.legacy_pipeline), self._now())
        if origin.instance is not None:
            job.integration_job_id = wanted.get("integrationJobId") or job_id
        with self.lock:
            self._refuse_second(job)
            self.jobs[job.id] = job
        return job

    def _refuse_second(self, job: Job) -> None:
        open_ones = (known for known in self.jobs.values() if not known.done)
        if self.behaviour.one_job_a_scope and any(known.origin.domain == job.origin.domain for known in open_ones):
            raise Refused(409, "JOB_ALREADY_OPEN", "Another synchronization job of this scope is open")

    def _job(self, job_id: str, key: ApiKey) -> Job:
        job = self.jobs.get(job_id)
        if job is None:
            raise Refused(404, "NOT_FOUND", f"Synchronization job {job_id} not found")
        if not key.may_sync_into(job.origin.instance_id):
            raise Refused(403, "FORBIDDEN", "This API key may not synchronize there")
        return job

    def _status(self, job: Job, request: httpx.Request) -> Document:  # noqa: ARG002 - every action has this shape
        with self.lock:
            if job.status == FINISHED:
                self.store.read()
            self._advance(job)
            return {"job": job.document()}

    def _advance(self, job: Job) -> None:
        if job.advance():
            self.store.show_soon()

    def _upload(self, job: Job, request: httpx.Request, endpoint: str) -> Document:
        upload = check_upload(request, endpoint, job.mode, self.behaviour)
        with self.lock:
            job.accept(upload)
            return {"job": job.document()}

    def _events(self, job: Job, request: httpx.Request) -> Document:
        if job.integration_job_id is None:
            raise bad_request("BAD_REQUEST", "Only jobs of an integration instance have events")
        posted = read_object(request.content).get("events")
        if not isinstance(posted, list) or not all(isinstance(event, dict) and "name" in event for event in posted):
            raise bad_request("BAD_REQUEST", '"events" should be an array of named events')
        taken = [self._event(event) for event in posted]
        job.events += taken
        return {"events": taken}

    def _event(self, posted: Document) -> Document:
        described = {"name": posted["name"], "description": posted.get("description")}
        return {"id": str(uuid.uuid4()), **described, "createDate": self._now()}

    def _finalize(self, job: Job, request: httpx.Request) -> Document:
        types = partial_types(read_object(request.content))
        with self.lock:
            if self._finalized_before(job):
                return {"job": job.document()}
            job.require_open()
            if self.behaviour.refuse_empty and job.mode == "DIFF" and not any(map(len, job.uploads)):
                raise bad_request("BAD_REQUEST", "Nothing was uploaded")
            job.partial_types |= types
            status, counts = self._carry_out(job)
            job.end_soon(status, counts, self.behaviour.polls_in_progress)
            return {"job": job.document()}

    def _finalized_before(self, job: Job) -> bool:
        finalized = job.status.startswith(("FINALIZ", FINISHED, "ERROR"))
        return finalized and not self.behaviour.refuse_second_finalize

    def _carry_out(self, job: Job) -> tuple[str, Counter[str]]:
        if job.has_duplicates():
            return ERROR_BAD_DATA, Counter()
        self.store.stored, counts = carry_out(
            job, self.store.stored, self._now(), counts_raw_data=self.behaviour.counts_raw_data
        )
        return FINISHED, counts

    def _abort(self, job: Job, request: httpx.Request) -> Document:
        wanted = read_object(request.content)
        with self.lock:
            job.abort(wanted.get("terminalStatus", ABORTED), wanted.get("reason"))
            return {"job": job.document()}

    def _now(self) -> int:
        return int(self.clock() * 1000)
