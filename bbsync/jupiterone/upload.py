"""Make our part of the graph equal to a whole graph, by one job."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import accumulate, count

from bbsync import __version__
from bbsync.errors import Unfinished
from bbsync.graph import Graph
from bbsync.jupiterone.batches import LIMIT, Batch, Cut, batches, uncut
from bbsync.jupiterone.client import JupiterOneClient, pauses
from bbsync.jupiterone.job import Job, Standing
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.payload import entity_payload, relationship_payload
from bbsync.jupiterone.raw_data import RawData
from bbsync.jupiterone.refusals import RequestFailed
from bbsync.target import Counters, Load, Note, Report, Step

#: Seconds that JupiterOne may take to carry out a job before we stop watching it.
_LONGEST_WATCH = 3600.0

_GO_ON = "Run the same command again: it finds out what is in the graph and goes on from there."


def upload(
    client: JupiterOneClient,
    ownership: Ownership,
    graph: Graph,
    report: Report,
    note: Note,
    limit: int = LIMIT,
    *,
    purpose: str = "",
    raw: RawData | None = None,
) -> Counters:
    """Upload the graph, let it take the place of what is there, and answer what JupiterOne counted.

    `purpose` says on the job's page what is going to change; `raw` is what rides along with the entities.
    """
    note(Step.OPENING, "")
    job = Job.start(client, ownership)
    with job.aborted_on_failure():
        note(Step.OPENED, job.id)
        job.tell("sync_upload_start", f"bbsync {__version__} uploads {len(graph):,} elements. {purpose}".strip())
        # The uploads are closed before the job is aborted, so that none is under way any more.
        with closing(_arrived(job, _parts(graph, limit, raw), note, raw.cut if raw else uncut)) as arrived:
            for sent in accumulate(arrived):
                report(f"uploaded {sent:,} of {len(graph):,} elements")
        if raw:
            report(raw.tally.sentence)
        job.tell("sync_upload_end", "All of it has arrived, and takes the place of what is there.")
        note(Step.FINALIZING, job.id)
    job.finalize(lambda: note(Step.FINALIZING, job.id))
    note(Step.FINALIZED, job.id)
    standing = watch(job, report)
    note(Step.ENDED, job.id)
    return _settled(job, standing)


def _arrived(job: Job, parts: Iterable[Iterator[Batch]], note: Note, cut: Cut) -> Generator[int, None, None]:
    """Upload these, one part after the other; the size of each batch that has arrived."""
    numbers = count(1)
    for part in parts:
        yield from _send(partial(_noted, job, note, numbers, cut), part, at_once=job.client.connections)


def _noted(job: Job, note: Note, numbers: Iterator[int], cut: Cut, batch: Batch) -> int:
    """Upload a batch, and write it down before and after; how many elements it had."""
    load = Load(next(numbers), batch.collection, len(batch.elements))
    note(Step.SENDING, load)
    job.upload(batch, cut)
    note(Step.SENT, load)
    return load.elements


def _parts(graph: Graph, limit: int, raw: RawData | None) -> tuple[Iterator[Batch], Iterator[Batch]]:
    """Entities first: a relationship is never sent before both its ends have arrived."""
    entities = graph.entities.values()
    payloads = raw.payloads(entities) if raw else map(entity_payload, entities)
    return (
        batches("entities", payloads, limit, raw.cut if raw else uncut),
        batches("relationships", map(relationship_payload, graph.relationships.values()), limit),
    )


def _send(send: Callable[[Batch], int], waiting: Iterable[Batch], at_once: int) -> Generator[int, None, None]:
    """Upload so many batches at once; the size of each that has arrived, in order."""
    with ThreadPoolExecutor(at_once, thread_name_prefix="upload") as threads:
        try:
            yield from _in_order(threads, send, waiting, at_once)
        finally:
            threads.shutdown(cancel_futures=True)


def _in_order(
    threads: ThreadPoolExecutor, send: Callable[[Batch], int], waiting: Iterable[Batch], at_once: int
) -> Iterator[int]:
    under_way: deque[Future[int]] = deque()
    for batch in waiting:
        # No batch is made before one is sent: memory holds a few, however large the graph.
        if len(under_way) == at_once:
            yield under_way.popleft().result()
        under_way.append(threads.submit(send, batch))
    while under_way:
        yield under_way.popleft().result()


def watch(job: Job, report: Report) -> Standing:
    """Wait until the job has come to an end, good or bad."""
    for pause in pauses(0.2, longest=10, total=_LONGEST_WATCH):
        standing = _ask(job)
        if not standing.under_way:
            return standing
        report(f"JupiterOne is at work: {standing.status}")
        job.client.sleep(pause)
    raise Unfinished(
        f"JupiterOne is still at work on job {job.id}",
        why=f"It was finalized {_LONGEST_WATCH / 60:.0f} minutes ago.",
        next_step=_GO_ON,
    )


def _ask(job: Job) -> Standing:
    try:
        return job.standing()
    except RequestFailed as failure:
        raise Unfinished(
            f"JupiterOne does not say what became of job {job.id}",
            why=f"It was finalized, and then: {failure.what}.",
            next_step=_GO_ON,
        ) from failure


def _settled(job: Job, standing: Standing) -> Counters:
    """What a job counted that ended well."""
    if not standing.finished:
        raise Unfinished(
            f"JupiterOne ended job {job.id} with {standing.status}",
            why="A part of the change may be in the graph.",
            next_step=_GO_ON,
        )
    if standing.errors:
        raise Unfinished(
            f"JupiterOne could not carry out all of job {job.id}",
            why=", ".join(f"{name} is {count:,}" for name, count in sorted(standing.errors.items())) + ".",
            next_step=_GO_ON,
        )
    return standing.counters
