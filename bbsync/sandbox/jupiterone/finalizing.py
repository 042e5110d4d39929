"""Finalize: what a whole job does to the graph, in the order in which the service does it."""

from __future__ import annotations

from collections import Counter

from bbsync.sandbox.jupiterone.answers import Document, bad_request
from bbsync.sandbox.jupiterone.difference import Draft
from bbsync.sandbox.jupiterone.graphstore import GraphState
from bbsync.sandbox.jupiterone.jobs import Job
from bbsync.sandbox.jupiterone.mapper import map_relationships


def partial_types(body: Document) -> set[str]:
    """The types of which absence is no evidence, from the body of a finalize request."""
    declared = body.get("partialDatasets", {})
    types = declared.get("types", []) if isinstance(declared, dict) else None
    if not isinstance(types, list) or not all(isinstance(name, str) for name in types):
        raise bad_request("BAD_REQUEST", '"partialDatasets.types" should be an array of types')
    return set(types)


def carry_out(
    job: Job, graph: GraphState, now: int, *, counts_raw_data: bool = False
) -> tuple[GraphState, Counter[str]]:
    """The graph after the job, and what the job counted."""
    entities = [entity for upload in job.uploads for entity in upload.entities]
    ties = [tie for upload in job.uploads for tie in upload.relationships]
    direct = [tie for tie in ties if "_mapping" not in tie]
    draft = Draft(graph, job.origin, now, counts_raw_data=counts_raw_data)
    if job.mode != "DIFF":
        draft.add(entities, direct)
        _drop_listed(draft, job)
        return draft.result(), draft.counts
    draft.replace(entities, direct, job.partial_types)
    mapped = [tie for tie in ties if "_mapping" in tie]
    result, mapped_counts = map_relationships(draft.result(), job.origin, mapped, now)
    return result, draft.counts + mapped_counts


def _drop_listed(draft: Draft, job: Job) -> None:
    draft.drop_listed(
        [listed for upload in job.uploads for listed in upload.deleted_entities],
        [listed for upload in job.uploads for listed in upload.deleted_relationships],
    )
