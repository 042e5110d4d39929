"""A synchronization job: what was uploaded, how far it is, what it counted."""

from __future__ import annotations

from collections import Counter

from attrs import define, field

from bbsync.sandbox.jupiterone.answers import Document, bad_request
from bbsync.sandbox.jupiterone.elements import Origin
from bbsync.sandbox.jupiterone.uploads import Upload

AWAITING_UPLOADS = "AWAITING_UPLOADS"
FINALIZE_PENDING = "FINALIZE_PENDING"
FINALIZING = ("FINALIZING_ENTITIES", "FINALIZING_RELATIONSHIPS")
FINISHED = "FINISHED"
ABORTED = "ABORTED"
ERROR_BAD_DATA = "ERROR_BAD_DATA"

_COUNTERS = (
    *(
        f"num{kind}{deed}"
        for kind in ("Entities", "Relationships", "MappedRelationships")
        for deed in ("Uploaded", "Created", "Updated", "Deleted")
        if (kind, deed) != ("MappedRelationships", "Uploaded")
    ),
    *(
        f"num{kind}{deed}Errors"
        for kind in ("Entity", "Relationship", "MappedRelationship")
        for deed in ("Create", "Update", "Delete")
    ),
)


@define(eq=False)
class Job:
    """A synchronization job. After finalize each poll shows the next status, the last one for good."""

    id: str
    origin: Origin
    mode: str
    started_on: int
    integration_job_id: str | None = None
    status: str = AWAITING_UPLOADS
    uploads: list[Upload] = field(factory=list)
    partial_types: set[str] = field(factory=set)
    events: list[Document] = field(factory=list)
    reason: str | None = None
    counts: Counter[str] = field(factory=Counter)
    _to_come: list[str] = field(factory=list)
    _counts_to_come: Counter[str] = field(factory=Counter)

    @property
    def done(self) -> bool:
        """Whether the status is the last one."""
        return self.status != AWAITING_UPLOADS and not self._to_come

    def accept(self, upload: Upload) -> None:
        """Take in one upload, in place of an earlier one with the same correlation id."""
        self.require_open()
        if upload.correlation_id is not None:
            self.uploads = [known for known in self.uploads if known.correlation_id != upload.correlation_id]
        self.uploads.append(upload)

    def require_open(self) -> None:
        """Refuse what can only be done before finalize and abort."""
        if self.status != AWAITING_UPLOADS:
            raise bad_request("JOB_NOT_AWAITING_UPLOADS", f"Job {self.id} is not awaiting uploads: {self.status}")

    def has_duplicates(self) -> bool:
        """Whether an upload brought a key again without leave to."""
        seen: set[str] = set()
        for upload in self.uploads:
            keys = upload.keys
            if not upload.ignore_duplicates and not seen.isdisjoint(keys):
                return True
            seen |= keys
        return False

    def end_soon(self, status: str, counts: Counter[str], polls_in_progress: int) -> None:
        """Finalize was accepted: this will be the status after some polls, with these counts."""
        steps = max(0, polls_in_progress - len(FINALIZING)) * [FINALIZE_PENDING]
        self.status = FINALIZE_PENDING
        self._to_come = [*[*steps, *FINALIZING][:polls_in_progress], status]
        self._counts_to_come = counts

    def advance(self) -> bool:
        """Show the next status; says whether the job has just finished."""
        if not self._to_come:
            return False
        self.status = self._to_come.pop(0)
        if self.done:
            self.counts += self._counts_to_come
        return self.status == FINISHED

    def abort(self, status: str, reason: str | None) -> None:
        """End the job without a trace in the graph; aborting twice is aborting once."""
        if self.done and self.status != FINISHED:
            return
        self.require_open()
        self.status, self.reason = status, reason

    def document(self) -> Document:
        """The job as its replies show it."""
        uploaded = {
            "numEntitiesUploaded": sum(len(upload.entities) for upload in self.uploads),
            "numRelationshipsUploaded": sum(len(upload.relationships) for upload in self.uploads),
        }
        return {
            "id": self.id,
            "accountId": self.origin.account,
            "source": self.origin.source,
            **self._address(),
            "syncMode": self.mode,
            "status": self.status,
            "done": self.done,
            "startTimestamp": self.started_on,
            **{name: self.counts[name] for name in _COUNTERS},
            **uploaded,
        }

    def _address(self) -> Document:
        if self.origin.instance is None:
            return {"scope": self.origin.name}
        return {"integrationInstanceId": self.origin.name, "integrationJobId": self.integration_job_id}
