"""Uploading: one job, all of it or nothing, and the truth about what became of it."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from itertools import pairwise

import httpx
import pytest
from jupiterone_rig import Rig, client_for

from bbsync.errors import TargetError, Unfinished
from bbsync.graph import EMPTY, Entity, Graph, Relationship
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.target import JupiterOneTarget
from bbsync.target import Counters, Snapshot

BEFORE = Graph.of([Entity("{repository-0}", "bitbucket_repo", ("CodeRepo",), {"displayName": "before"})])

ENTITIES = [
    Entity(f"{{repository-{number}}}", "bitbucket_repo", ("CodeRepo",), {"displayName": f"repository {number}"})
    for number in range(1, 9)
]
AFTER = Graph.of(
    ENTITIES,
    [
        Relationship(f"{one.key}|has|{other.key}", "bitbucket_repo_has_repo", "HAS", one.key, other.key)
        for one, other in pairwise(ENTITIES)
    ],
)
CHANGE = Counters.between(BEFORE, AFTER)


def quiet(line: str) -> None:
    """Reports to nobody."""


def keys(rig: Rig) -> list[str]:
    """What the stand-in holds in our scope."""
    return [entity["_key"] for entity in rig.jupiterone.entities("bbsync")]


@pytest.fixture(name="filled")
def _filled(make_rig: Callable[..., Rig]) -> Rig:
    """A stand-in in which BEFORE was written."""
    rig = make_rig()
    rig.target().replace(Snapshot(), BEFORE, quiet)
    rig.requests.clear()
    rig.jupiterone.jobs.clear()
    return rig


def apply(rig: Rig, report: Callable[[str], None] = quiet, **how: int) -> Counters:
    """Replace BEFORE by AFTER."""
    return rig.target(**how).replace(Snapshot(BEFORE), AFTER, report)


def test_upload_is_compressed_and_in_order(filled: Rig) -> None:
    """A job is created, gets entities, then relationships, gzipped, and is finalized once."""
    apply(filled)

    paths = [request.url.path.rsplit("/", 1)[-1] for request in filled.requests if request.method == "POST"]
    uploads = filled.sent("/entities") + filled.sent("/relationships")
    bodies = [json.loads(gzip.decompress(request.content)) for request in uploads]
    assert paths == ["jobs", "entities", "relationships", "finalize"]
    assert [len(body.get("entities", [])) for body in bodies] == [8, 0]
    assert [len(body.get("relationships", [])) for body in bodies] == [0, 7]


def test_relationships_wait_for_entities(filled: Rig) -> None:
    """However many uploads run at once, no relationship is sent before all entities have arrived."""
    apply(filled, batch_bytes=250)

    parts = [
        request.url.path.rsplit("/", 1)[-1] for request in filled.requests if "correlation" in str(request.headers)
    ]
    assert parts == sorted(parts)
    assert len(parts) > 4


def test_progress_is_told(filled: Rig) -> None:
    """People see how far it is."""
    lines: list[str] = []

    apply(filled, lines.append, batch_bytes=1200)

    assert lines[-2:] == ["uploaded 15 of 15 elements", "JupiterOne is at work: FINALIZING_ENTITIES"]


@pytest.mark.parametrize(
    "trouble", [{"status": 429}, {"status": 503}, {"kind": "reset"}, {"kind": "reset", "processed": True}]
)
def test_batch_sent_again_keeps_its_correlation_id(filled: Rig, trouble: dict[str, object]) -> None:
    """A batch whose answer was lost is sent again under the same id, and counts once."""
    filled.fail("/entities", times=2, **trouble)

    counters = apply(filled)

    sent = filled.sent("/entities")
    assert len(sent) == 3
    assert len({request.headers["JupiterOne-Correlation-Id"] for request in sent}) == 1
    assert counters == CHANGE


def test_every_batch_has_its_own_correlation_id(filled: Rig) -> None:
    """Two batches are two things."""
    apply(filled, batch_bytes=400)

    sent = filled.sent("/entities") + filled.sent("/relationships")
    assert len({request.headers["JupiterOne-Correlation-Id"] for request in sent}) == len(sent) > 2


def test_every_batch_may_arrive_twice(filled: Rig) -> None:
    """An answer that was lost on the way makes the client repeat itself: the graph and the counters are the same."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(("/entities", "/relationships")):
            filled.answer(request)
        return filled.answer(request)

    target = JupiterOneTarget(client_for(answer), Ownership.of_scope("bbsync"), batch_bytes=800)

    counted = target.replace(Snapshot(BEFORE), AFTER, quiet)

    assert len(filled.sent("/entities")) > 2
    assert counted == CHANGE
    assert target.read_snapshot().graph == AFTER


def test_too_large_a_batch_is_split(make_rig: Callable[..., Rig]) -> None:
    """413 halves the batch until JupiterOne takes it, and nothing is left out."""
    rig = make_rig(size_limit=400, count_inflated=True)

    counters = rig.target().replace(Snapshot(), AFTER, quiet)

    assert counters == Counters.between(EMPTY, AFTER)
    assert 413 in {status for _, _, status in rig.jupiterone.calls}


def test_element_that_jupiterone_finds_too_large_is_an_error(make_rig: Callable[..., Rig]) -> None:
    """Left out, it would be deleted; so nothing is written."""
    rig = make_rig(size_limit=60, count_inflated=True)

    with pytest.raises(TargetError, match=r"too large for JupiterOne: '\{repository-1\}'.* The job was aborted"):
        rig.target().replace(Snapshot(), AFTER, quiet)

    assert rig.statuses == ["ABORTED"]


@pytest.mark.parametrize("path", ["/entities", "/relationships", "/finalize"])
@pytest.mark.parametrize("status", [400, 403, 503])
def test_failure_before_the_end_aborts(filled: Rig, path: str, status: int) -> None:
    """What fails before the job is carried out leaves the graph as it was, and no open job."""
    filled.fail(path, status=status)

    with pytest.raises(TargetError, match=rf"answered {status} when .* The job was aborted; nothing was written\."):
        apply(filled)

    assert filled.statuses == ["ABORTED"]
    assert keys(filled) == ["{repository-0}"]


def test_failed_abort_is_told(filled: Rig) -> None:
    """An open job may stand in the way of the next one, so people hear of it."""
    filled.fail("/entities", status=400)
    filled.fail("/abort", status=500)

    with pytest.raises(TargetError, match=r"Nothing was written, but job \S+ could not be aborted .*answered 500"):
        apply(filled)

    assert keys(filled) == ["{repository-0}"]


def test_interrupted_upload_aborts(filled: Rig) -> None:
    """Ctrl-C leaves no open job behind."""

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(filled, interrupt)

    assert filled.statuses == ["ABORTED"]
    assert keys(filled) == ["{repository-0}"]


def test_job_that_is_refused_is_not_aborted(filled: Rig) -> None:
    """Without a job there is nothing to close."""
    filled.fail("POST /persister/synchronization/jobs$", status=409)

    with pytest.raises(TargetError, match=r"answered 409 when opening a synchronization job .*wait until it has ended"):
        apply(filled)

    assert filled.sent("/abort") == []


@pytest.mark.parametrize("job", [{}, {"id": 7}, {"id": "../other"}])
def test_job_without_a_usable_id_is_an_error(filled: Rig, job: dict[str, object]) -> None:
    """The id becomes part of addresses, so it is looked at first."""
    filled.fail("POST /persister", kind="malformed", body=json.dumps({"job": job}))

    with pytest.raises(TargetError, match="The job has no id"):
        apply(filled)


@pytest.mark.parametrize(
    ("processed", "finalized"),
    [pytest.param(True, 1, id="answer lost"), pytest.param(False, 2, id="request lost")],
)
def test_lost_finalize_is_asked_after(filled: Rig, processed: bool, finalized: int) -> None:
    """Whether to finalize again is for the job to say, not for us to guess."""
    filled.fail("/finalize", kind="reset", times=1, processed=processed)

    counters = apply(filled)

    assert len(filled.sent("/finalize")) == finalized
    assert counters == CHANGE


def test_throttled_finalize_is_repeated(filled: Rig) -> None:
    """A request that was surely not carried out is sent again without asking."""
    filled.fail("/finalize", status=429, times=2)

    assert apply(filled) == CHANGE


def test_finalize_that_nobody_can_tell_about_is_unfinished(filled: Rig) -> None:
    """No answer to finalize, and none to the question: then nothing is claimed, and nothing is broken off."""
    filled.fail("/finalize", kind="reset", processed=True)
    filled.fail("GET /persister", status=503)

    with pytest.raises(Unfinished, match="Nobody can tell whether JupiterOne carried out job"):
        apply(filled)

    assert filled.sent("/abort") == []


def job_says(rig: Rig, **job: object) -> None:
    """Let the job answer this when it is asked how far it is."""
    rig.fail("GET /persister", kind="malformed", body=json.dumps({"job": job}))


@pytest.mark.parametrize(
    "status", ["ERROR_BAD_DATA", "ERROR_UNEXPECTED_FAILURE", "UNKNOWN", "ABORTED", "COMPLETED", "?"]
)
def test_job_that_ends_badly_is_unfinished(filled: Rig, status: str) -> None:
    """Every end but FINISHED is a bad one, also one that belongs to something else."""
    job_says(filled, status=status)

    with pytest.raises(Unfinished, match=r"JupiterOne ended job \S+ with "):
        apply(filled)


def test_counted_errors_are_unfinished(filled: Rig) -> None:
    """A job that finished but left things out is not done, and the numbers say what."""
    job_says(filled, status="FINISHED", numRelationshipCreateErrors=2, numEntityUpdateErrors=1, numEntityDeleteErrors=0)

    with pytest.raises(Unfinished, match=r"numEntityUpdateErrors is 1, numRelationshipCreateErrors is 2\."):
        apply(filled)


def test_counters_are_the_store_s_own(filled: Rig) -> None:
    """What JupiterOne counted is answered as it is; the caller compares."""
    job_says(filled, status="FINISHED", numEntitiesCreated=7, numRelationshipsDeleted=3)

    assert apply(filled) == Counters(entities_created=7, relationships_deleted=3)


def test_job_that_never_ends_is_unfinished(filled: Rig) -> None:
    """Watching ends after an hour."""
    job_says(filled, status="FINALIZING_ENTITIES")

    with pytest.raises(Unfinished, match="still at work"):
        apply(filled)

    assert 3600 <= sum(filled.slept) <= 3700


def test_job_that_cannot_be_watched_is_unfinished(filled: Rig) -> None:
    """After finalize, silence is not failure."""
    filled.fail("GET /persister", status=500)

    with pytest.raises(Unfinished, match="does not say what became of job"):
        apply(filled)


def test_uploads_run_at_once_and_never_more_than_connections(make_rig: Callable[..., Rig]) -> None:
    """Two connections: two uploads at a time, and no third that would queue."""
    rig = make_rig()
    meet, lock, under_way, most = threading.Barrier(2, timeout=20), threading.Lock(), 0, 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        if not request.url.path.endswith("/entities"):
            return rig.answer(request)
        with lock:
            under_way += 1
            most = max(most, under_way)
        meet.wait()
        with lock:
            under_way -= 1
        return rig.answer(request)

    with client_for(answer, connections=2) as client:
        target = JupiterOneTarget(client, Ownership.of_scope("bbsync"), batch_bytes=250)
        counters = target.replace(Snapshot(), Graph.of(ENTITIES), quiet)

    assert counters == Counters(entities_created=8)
    assert len(rig.sent("/entities")) == 4
    assert most == 2
