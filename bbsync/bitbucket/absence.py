"""Prove that what is missing from a complete listing is gone. Silence is not absence."""

from __future__ import annotations

from attrs import evolve

from bbsync.bitbucket.answers import MISSING, Unreadable, refusal
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.walk import Result, Task, read_listing
from bbsync.coverage import Gap
from bbsync.graph import Entity
from bbsync.kinds import Confirm
from bbsync.observation import Proof


def confirm(reader: Reader, result: Result, missing: Entity, again: Result | None) -> Proof | Gap:
    """Either the proof that the entity is gone from the listing, or the gap that keeps it.

    Args:
        reader: asks Bitbucket.
        result: the complete listing that the entity is missing from.
        missing: an entity that the listing used to hold.
        again: the listing's second reading, where that is what proves it.
    """
    kind = result.task.kind
    if kind.confirm is Confirm.ASK:
        return _ask(reader, result, missing)
    if kind.confirm is Confirm.READ_AGAIN:
        return _agreed(result, missing, again)
    return _proof(result)


def read_again(reader: Reader, task: Task) -> Result:
    """The listing once more, for kinds whose items have no address of their own."""
    return read_listing(reader, task)


def _ask(reader: Reader, result: Result, missing: Entity) -> Proof | Gap:
    """Only 404 or 410 proves it: a redirect or a 200 means that it moved, or that the listing was wrong."""
    task = result.task
    path = task.path(task.kind.address, address=task.kind.located(missing))
    try:
        response = reader.get(path, follow=False)
    except Unreadable as failure:
        return Gap(task.listing, failure.code, failure.detail, item=missing.key)
    if response.status_code == 200:
        return Gap(task.listing, "BB-STILL-THERE", "it is not listed, but answers when asked for", item=missing.key)
    if response.status_code in MISSING:
        return _proof(result, response.status_code)
    refused = refusal(response)
    return Gap(task.listing, refused.code, refused.detail, item=missing.key)


def _agreed(result: Result, missing: Entity, again: Result | None) -> Proof | Gap:
    if again is not None and again.covered is not None and missing.key not in again.items:
        return _proof(result)
    if again is not None and again.gaps:
        return evolve(again.gaps[0], item=missing.key)
    detail = "the listing, read twice, does not agree with itself"
    return Gap(result.task.listing, "BB-FETCH-DISAGREES", detail, item=missing.key)


def _proof(result: Result, status: int | None = None) -> Proof:
    covered = result.covered
    if covered is None:
        raise ValueError("a listing that was not read to its end proves nothing")
    return Proof(result.task.listing, covered.items, covered.pages, status)
