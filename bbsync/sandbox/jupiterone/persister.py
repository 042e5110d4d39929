"""The synchronization job API: create, upload, finalize, abort, status, events."""

from __future__ import annotations

import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from functools import partial

import httpx
from attrs import define, field, frozen

from bbsync.sandbox.jupiterone.access import ApiKey, Instance
from bbsync.sandbox.jupiterone.answers import Document, Refused, bad_request, read_object
from bbsync.sandbox.jupiterone.bodies import SIZE_LIMIT, read_upload
from bbsync.sandbox.jupiterone.difference import Draft
from bbsync.sandbox.jupiterone.elements import Origin
from bbsync.sandbox.jupiterone.graphstore import GraphStore
from bbsync.sandbox.jupiterone.jobs import ABORTED, ERROR_BAD_DATA, FINISHED, Job, Upload
from bbsync.sandbox.jupiterone.validation import check_entities, check_relationships, refuse_duplicates

PATH = "/persister/synchronization/jobs"
_JOB_PATH = re.compile(rf"{PATH}(?:/(?P<job>[^/]+)(?:/(?P<action>[a-z]+))?)?/?\Z")

INTEGRATION_SOURCES = ("integration-external", "integration-managed")
UPLOADS = frozenset({"entities", "relationships", "upload"})
MODES = ("DIFF", "PATCH")
LEGACY_MODE = "CREATE_OR_UPDATE"


@frozen
class Behaviour:
    """How the service behaves where its documentation leaves it open."""

    polls_in_progress: int = 1
    size_limit: int = SIZE_LIMIT
    #: Whether the size limit also counts the bytes of an inflated body.
    count_inflated: bool = False
    #: Whether keys may repeat, the last one winning, without every upload asking for it.
    ignore_duplicates: bool = False
    #: Whether a DIFF that uploaded nothing is refused instead of emptying its scope.
    refuse_empty: bool = False
    #: Whether finalizing twice is refused instead of answered as the first time.
    refuse_second_finalize: bool = False
    #: Whether a second open job on a scope is refused with 409.
    one_job_a_scope: bool = False
    #: Whether the job mode and the delete lists of before the pipeline upgrade still work.
    legacy_pipeline: bool = False


Action = Callable[[Job, httpx.Request], Document]


@define(eq=False)
class Persister:
    """The jobs of the account."""

    account: str
    store: GraphStore
    clock: Callable[[], float]
    lock: threading.RLock
    instances: tuple[Instance, ...] = ()
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
        if found["action"] in UPLOADS:
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
            ("POST", "entities"): partial(self._upload, members=("entities",)),
            ("POST", "relationships"): partial(self._upload, members=("relationships",)),
            ("POST", "upload"): partial(self._upload, members=()),
            ("POST", "events"): self._events,
            ("POST", "finalize"): self._finalize,
            ("POST", "abort"): self._abort,
        }

    def _create(self, request: httpx.Request, key: ApiKey) -> Job:
        if request.method != "POST":
            raise Refused(404, "NOT_FOUND", "Not found")
        wanted = read_object(request.content)
        origin = self._origin(wanted)
        if not key.may_sync_into(origin.instance_id):
            raise Refused(403, "FORBIDDEN", "This API key may not synchronize there")
        job_id = str(uuid.uuid4())
        job = Job(job_id, origin, self._mode(wanted), self._now())
        if origin.instance is not None:
            job.integration_job_id = wanted.get("integrationJobId") or job_id
        with self.lock:
            self._refuse_second(job)
            self.jobs[job.id] = job
        return job

    def _origin(self, wanted: Document) -> Origin:
        source, scope, instance_id = (wanted.get(name) for name in ("source", "scope", "integrationInstanceId"))
        if source == "api":
            if instance_id is not None:
                raise bad_request("BAD_REQUEST", 'source "api" takes no "integrationInstanceId"')
            if not isinstance(scope, str) or not scope:
                raise bad_request("BAD_REQUEST", 'source "api" needs a "scope"')
            return Origin(self.account, source, scope)
        if source not in INTEGRATION_SOURCES:
            raise bad_request("BAD_REQUEST", f'"source" must be one of [api, {", ".join(INTEGRATION_SOURCES)}]')
        if scope is not None:
            raise bad_request("BAD_REQUEST", '"scope" may only be used with source "api"')
        return Origin(self.account, source, str(instance_id), self._instance(instance_id))

    def _instance(self, instance_id: object) -> Instance:
        for instance in self.instances:
            if instance.id == instance_id:
                return instance
        raise bad_request("SYNC_JOB_INVALID_INTEGRATION_INSTANCE", "Integration instance not found")

    def _mode(self, wanted: Document) -> str:
        mode = wanted.get("syncMode", "DIFF")
        allowed = (*MODES, LEGACY_MODE) if self.behaviour.legacy_pipeline else MODES
        if mode not in allowed:
            raise bad_request("BAD_REQUEST", f'"syncMode" {mode!r} is not supported; use one of {", ".join(allowed)}')
        return str(mode)

    def _refuse_second(self, job: Job) -> None:
        open_ones = (known for known in self.jobs.values() if not known.done)
        if self.behaviour.one_job_a_scope and any(known.origin.domain == job.origin.domain for known in open_ones):
            raise Refused(409, "JOB_ALREADY_OPEN", "Another synchronization job of this scope is open")

    def _job(self, job_id: str, key: ApiKey) -> Job:
        job = self.jobs.get(job_id)
        if job is None:
            raise Refused(404, "NOT_FOUND", f"Synchronization job {job_id} not found")
        if not key.may_sync_into(job.origin.instance.id if job.origin.instance else None):
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

    def _upload(self, job: Job, request: httpx.Request, members: tuple[str, ...]) -> Document:
        behaviour = self.behaviour
        body = read_upload(request, behaviour.size_limit, count_inflated=behaviour.count_inflated)
        upload = self._checked(job, body, members, request)
        with self.lock:
            job.accept(upload)
            return {"job": job.document()}

    def _checked(self, job: Job, body: Document, members: tuple[str, ...], request: httpx.Request) -> Upload:
        flags = {name for name, value in request.url.params.items() if value == "true"}
        ignore_illegal = "ignoreIllegalProperties" in flags
        ignore_duplicates = self.behaviour.ignore_duplicates or "ignoreDuplicates" in flags
        entities = body.get("entities", None if "entities" in members else [])
        relationships = body.get("relationships", None if "relationships" in members else [])
        if job.mode == "PATCH" and relationships:
            raise bad_request("RELATIONSHIP_UPLOAD_FAILED_VALIDATION", "A PATCH job takes no relationships")
        upload = Upload(
            entities=check_entities(entities, patch=job.mode == "PATCH", ignore_illegal=ignore_illegal),
            relationships=check_relationships(relationships, ignore_illegal=ignore_illegal),
            deleted_entities=self._delete_list(body, "deleteEntities"),
            deleted_relationships=self._delete_list(body, "deleteRelationships"),
            correlation_id=request.headers.get("JupiterOne-Correlation-Id"),
            received_bytes=len(request.content),
            ignore_duplicates=ignore_duplicates,
        )
        if not ignore_duplicates:
            refuse_duplicates(upload.entities, "ENTITY_UPLOAD_FAILED_VALIDATION")
            refuse_duplicates(upload.relationships, "RELATIONSHIP_UPLOAD_FAILED_VALIDATION")
        return upload

    def _delete_list(self, body: Document, name: str) -> list[Document]:
        wanted = body.get(name, [])
        if wanted and not self.behaviour.legacy_pipeline:
            raise bad_request("BAD_REQUEST", f'"{name}" is not supported; only a DIFF job deletes')
        return list(wanted)

    def _events(self, job: Job, request: httpx.Request) -> Document:
        if job.integration_job_id is None:
            raise bad_request("BAD_REQUEST", "Only jobs of an integration instance have events")
        posted = read_object(request.content).get("events")
        if not isinstance(posted, list) or not all(isinstance(event, dict) and "name" in event for event in posted):
            raise bad_request("BAD_REQUEST", '"events" should be an array of named events')
        taken = [
            {
                "id": str(uuid.uuid4()),
                "name": event["name"],
                "description": event.get("description"),
                "createDate": self._now(),
            }
            for event in posted
        ]
        job.events += taken
        return {"events": taken}

    def _finalize(self, job: Job, request: httpx.Request) -> Document:
        types = _partial_types(read_object(request.content))
        with self.lock:
            if self._finalized_before(job):
                return {"job": job.document()}
            job.require_open()
            if self.behaviour.refuse_empty and job.mode == "DIFF" and not any(_size(upload) for upload in job.uploads):
                raise bad_request("BAD_REQUEST", "Nothing was uploaded")
            job.partial_types |= types
            status, counts = (ERROR_BAD_DATA, Counter[str]()) if job.has_duplicates() else self._carry_out(job)
            job.end_soon(status, counts, self.behaviour.polls_in_progress)
            return {"job": job.document()}

    def _finalized_before(self, job: Job) -> bool:
        finalized = job.status.startswith(("FINALIZ", FINISHED, "ERROR"))
        return finalized and not self.behaviour.refuse_second_finalize

    def _carry_out(self, job: Job) -> tuple[str, Counter[str]]:
        draft = Draft(self.store.stored, job.origin, self._now())
        entities = [entity for upload in job.uploads for entity in upload.entities]
        relationships = [relationship for upload in job.uploads for relationship in upload.relationships]
        if job.mode == "DIFF":
            draft.replace(entities, relationships, job.partial_types)
        else:
            draft.add(entities, relationships)
            draft.drop_listed(
                [listed for upload in job.uploads for listed in upload.deleted_entities],
                [listed for upload in job.uploads for listed in upload.deleted_relationships],
            )
        self.store.stored = draft.result()
        return FINISHED, draft.counts

    def _abort(self, job: Job, request: httpx.Request) -> Document:
        wanted = read_object(request.content)
        with self.lock:
            job.abort(wanted.get("terminalStatus", ABORTED), wanted.get("reason"))
            return {"job": job.document()}

    def _now(self) -> int:
        return int(self.clock() * 1000)


def _partial_types(body: Document) -> set[str]:
    declared = body.get("partialDatasets", {})
    types = declared.get("types", []) if isinstance(declared, dict) else None
    if not isinstance(types, list) or not all(isinstance(name, str) for name in types):
        raise bad_request("BAD_REQUEST", '"partialDatasets.types" should be an array of types')
    return set(types)


def _size(upload: Upload) -> int:
    return len(upload.entities) + len(upload.relationships)
