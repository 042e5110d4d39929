"""Jobs that a crash left behind: close those that still take uploads, and wait for those that are at work."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.job import Job
from bbsync.jupiterone.refusals import RequestFailed
from bbsync.jupiterone.upload import watch
from bbsync.target import Report


def settle(client: JupiterOneClient, jobs: Iterable[str], report: Report) -> bool:
    """Bring these jobs to their end; whether any of them was carried out.

    Raises:
        RequestFailed: a job could not be closed, or JupiterOne does not say how far it is; nothing was written.
        Unfinished: a job is still at work.
    """
    carried_out = [job_id for job_id in jobs if _was_carried_out(Job(client, job_id), report)]
    return bool(carried_out)


def _was_carried_out(job: Job, report: Report) -> bool:
    report(f"looking after job {job.id}, which an earlier run left behind")
    try:
        if job.standing().untouched and _is_closed(job):
            return False
        return watch(job, report).finished
    except RequestFailed as failure:
        if failure.status == HTTPStatus.NOT_FOUND:
            return False  # JupiterOne has forgotten the job: it cannot change anything any more
        raise


def _is_closed(job: Job) -> bool:
    """Close the job; False where it was carried out meanwhile, by a request that was long on its way."""
    try:
        job.close("the run that opened it was cut short")
    except RequestFailed:
        if job.standing().untouched:
            raise
        return False
    return True
