"""What GraphQL says about the jobs of integration instances, and the events that were posted to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bbsync.sandbox.jupiterone.answers import Document
from bbsync.sandbox.jupiterone.integrations import ONLY_PAGE, instance_by_id
from bbsync.sandbox.jupiterone.jobs import FINISHED, Job

Jobs = Mapping[str, Job]


def integration_jobs(jobs: Jobs, asked: Document) -> Document:
    """Answer `integrationJobs`, newest first: those of the instances and the status that were asked for."""
    wanted = {*(asked.get("integrationInstanceIds") or ()), *filter(None, [asked.get("integrationInstanceId")])}
    shown = [_document(job) for job in reversed([*jobs.values()]) if _is_shown(job, wanted)]
    status = asked.get("status")
    return {"jobs": [job for job in shown if status in (None, job["status"])], "pageInfo": ONLY_PAGE}


def integration_events(jobs: Jobs, asked: Document) -> Document:
    """Answer `integrationEvents`, in the order they were posted."""
    named = (job for job in jobs.values() if _is_shown(job, {asked["integrationInstanceId"]}))
    events: Iterable[Document] = next((job.events for job in named if job.integration_job_id == asked["jobId"]), [])
    common = {"jobId": asked["jobId"], "level": None, "eventCode": None}
    return {"events": [{**common, **event} for event in events], "pageInfo": ONLY_PAGE}


def _is_shown(job: Job, wanted: set[str]) -> bool:
    return job.integration_job_id is not None and (not wanted or job.origin.name in wanted)


def _document(job: Job) -> Document:
    instance = job.origin.instance
    whole = {} if instance is None else instance_by_id([instance], job.origin.account, instance.id)
    return {
        "id": job.integration_job_id,
        "status": _status(job),
        "integrationInstanceId": job.origin.name,
        "integrationInstance": whole,
        "integrationDefinition": whole.get("integrationDefinition"),
        "createDate": job.started_on,
        "endDate": None,
        "errorsOccurred": any("error" in event["name"] for event in job.events),
        "hasSkippedSteps": False,
    }


def _status(job: Job) -> str:
    if not job.done:
        return "IN_PROGRESS"
    return "COMPLETED" if job.status == FINISHED else "FAILED"
