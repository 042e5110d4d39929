"""One synchronization job: nothing of it is visible before it is finalized."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import msgspec
from attrs import evolve, field, frozen

from bbsync.errors import BbsyncError, TargetError, Unfinished
from bbsync.jupiterone.batches import Batch, Cut, too_large, uncut
from bbsync.jupiterone.client import Document, JupiterOneClient, pauses
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.refusals import RequestFailed, strange_answer
from bbsync.target import Counters

_AWAITING_UPLOADS = "AWAITING_UPLOADS"
_FINISHED = "FINISHED"
_UNDER_WAY = re.compile(f"{_AWAITING_UPLOADS}|FINALIZE_PENDING|FINALIZING_.*")
_ERRORS = re.compile(r"num\w+Errors")

#: No key comes twice in what we upload, but a batch does whose answer got lost.
_SEND_AGAIN_SAFELY = "?ignoreDuplicates=true"


@frozen
class Standing:
    """How far a job is and what it counted."""

    status: str
    counters: Counters
    errors: Mapping[str, int] = field(factory=dict)

    @property
    def under_way(self) -> bool:
        """Whether the status will change by itself."""
        return _UNDER_WAY.fullmatch(self.status) is not None

    @property
    def finished(self) -> bool:
        """Whether the job has come to its good end."""
        return self.status == _FINISHED

    @property
    def untouched(self) -> bool:
        """Whether the job was not finalized."""
        return self.status == _AWAITING_UPLOADS


@frozen
class Job:
    """A job that was created and takes uploads. One of an integration instance `has_page`, which shows its events."""

    client: JupiterOneClient
    id: str
    has_page: bool = False

    @classmethod
    def start(cls, client: JupiterOneClient, ownership: Ownership) -> Job:
        """Create a job that replaces everything in our part of the graph."""
        doing = "opening a synchronization job"
        created = client.job("POST", "", msgspec.json.encode(ownership.job), doing=doing)
        job_id = created.get("id")
        # The id becomes part of addresses.
        if not isinstance(job_id, str) or not re.fullmatch(r"[\w-]+", job_id):
            raise strange_answer(doing=doing, why="The job has no id.")
        return cls(client, job_id, has_page=bool(ownership.instance_id))

    def tell(self, name: str, description: str) -> None:
        """Put a line on the job's page, if it has one. Nothing depends on it: what cannot be told is said here instead.

        The names are JupiterOne's own; with `error` in it a name marks the whole job as one with errors.
        """
        if not self.has_page:
            return
        body = msgspec.json.encode({"events": [{"name": name, "description": description}]})
        try:
            self.client.tell(f"/{self.id}/events", body, doing="telling what the job does")
        except TargetError as failure:
            self.client.say(f"JupiterOne's page of the job lacks a line: {failure.what}")

    def upload(self, batch: Batch, cut: Cut = uncut) -> None:
        """Upload a batch, in parts where it is too large for JupiterOne; one element that is, is `cut`."""
        try:
            self._upload(batch)
        except RequestFailed as failure:
            if not failure.too_large:
                raise
            for part in _smaller(batch, cut, failure):
                self.upload(part, cut)

    def finalize(self, ask_first: Callable[[], None] = lambda: None) -> None:
        """Let JupiterOne carry the job out.

        Where the answer is lost, the job itself says whether to ask again; before that, `ask_first` may object.

        Raises:
            TargetError: the job was not carried out, and is aborted; as it is after an objection.
            Unfinished: nobody can tell.
        """
        failure = self._try_to_finalize()
        for pause in pauses(0.5, longest=30, total=60):
            if failure is None or failure.definite:
                break
            self.client.sleep(pause)
            with self.aborted_on_failure():
                ask_first()
            failure = self._try_to_finalize()
        if failure is not None:
            raise self.given_up(failure) from failure

    def standing(self) -> Standing:
        """How far the job is."""
        document = self.client.job("GET", f"/{self.id}", doing="asking how far the job is")
        return _standing(document)

    @contextmanager
    def aborted_on_failure(self) -> Iterator[None]:
        """Abort the job when the block fails: an open job may stand in the way of the next one."""
        try:
            yield
        except TargetError as failure:
            raise self.given_up(failure) from failure
        except BbsyncError as failure:  # the journal cannot be written, or the lease is somebody else's
            self.abort(failure.what)
            raise
        except BaseException:  # Ctrl-C, above all: it leaves no open job behind either, and goes on its way
            self.abort("interrupted")
            raise

    def given_up(self, failure: TargetError) -> TargetError:
        """Abort the job; the failure with what became of the job."""
        return TargetError(
            failure.what,
            why=f"{failure.why} {self.abort(failure.what)}".strip(),
            next_step=failure.next_step,
            code=failure.code,
        )

    def abort(self, reason: str) -> str:
        """Close the job without carrying it out; a sentence that says what became of it."""
        self.tell("error_unexpected_error", f"Nothing is written: {reason}.")
        try:
            self.close(reason)
        except BbsyncError as failure:
            return (
                f"Nothing was written, but job {self.id} could not be aborted ({failure.what}): until JupiterOne closes"
                " it, it may refuse another job for the same scope."
            )
        return "The job was aborted; nothing was written."

    def close(self, reason: str) -> None:
        """Close the job without carrying it out.

        Raises:
            RequestFailed: it may be open still.
        """
        body = msgspec.json.encode({"reason": reason})
        self.client.job("POST", f"/{self.id}/abort", body, doing="aborting the job")

    def _upload(self, batch: Batch) -> None:
        self.client.job(
            "POST",
            f"/{self.id}/{batch.collection}{_SEND_AGAIN_SAFELY}",
            gzip.compress(batch.body, compresslevel=6, mtime=0),
            doing=f"uploading {batch.collection}",
            headers={"Content-Encoding": "gzip", "JupiterOne-Correlation-Id": str(uuid4())},
        )

    def _try_to_finalize(self) -> RequestFailed | None:
        """Why the job was not finalized; None when it was."""
        try:
            self.client.job("POST", f"/{self.id}/finalize", doing="finalizing the job", again=False)
        except RequestFailed as failure:
            return None if self._was_finalized(failure) else failure
        return None

    def _was_finalized(self, failure: RequestFailed) -> bool:
        try:
            return not self.standing().untouched
        except RequestFailed as unknown:
            raise Unfinished(
                f"Nobody can tell whether JupiterOne carried out job {self.id}",
                why=f"{failure.what}, and {unknown.what}.",
                next_step="Run the same command again: it finds out what is in the graph and goes on from there.",
            ) from unknown


def _smaller(batch: Batch, cut: Cut, failure: RequestFailed) -> Iterable[Batch]:
    """The batch in halves; one element, of which JupiterOne does not say how large it may be, at half its size."""
    if len(batch.elements) > 1:
        return batch.halves()
    (element,) = batch.elements
    smaller = cut(element, len(element) // 2) or cut(element, len(element) - 1)
    if smaller is None:
        raise too_large(element) from failure
    return (evolve(batch, elements=(smaller,)),)


def _standing(job: Document) -> Standing:
    def count(name: str) -> int:
        return _number(job.get(name, 0))

    return Standing(
        status=str(job.get("status")),
        counters=Counters(
            entities_created=count("numEntitiesCreated"),
            entities_updated=count("numEntitiesUpdated"),
            entities_deleted=count("numEntitiesDeleted"),
            relationships_created=count("numRelationshipsCreated"),
            relationships_updated=count("numRelationshipsUpdated"),
            relationships_deleted=count("numRelationshipsDeleted"),
        ),
        errors={name: _number(value) for name, value in job.items() if _ERRORS.fullmatch(name) and value},
    )


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
