"""Hand work out to Dask: to workers on this machine, or to a scheduler that knows others."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from bbsync.errors import BbsyncError, ExitCode
from bbsync.fleet.member import Command, Ended, Member, carry_out

#: Seconds within which a scheduler has to answer.
PATIENCE = 20


class FleetError(BbsyncError):
    """The work of a fleet could not be handed out; nothing was begun."""

    default_code = "BB-FLEET"


def hand_out(members: Sequence[Member], command: Command, *, workers: int, scheduler: str = "") -> Iterator[Ended]:
    """What became of each, in the order of the members; as many at once as there are workers.

    Raises:
        FleetError: Dask is not installed, or the scheduler does not answer.
    """
    with _client(min(workers, len(members)), scheduler) as client:
        # Whoever is lost with a worker may have been in the middle of it: whether to begin again is for people to say.
        futures = [client.submit(carry_out, member, command, pure=False, retries=0) for member in members]
        for member, future in zip(members, futures, strict=True):
            yield _ended(member, future)


def _ended(member: Member, future: Any) -> Ended:
    """What came back, or what is known of a worker that did not bring it."""
    error = future.exception()
    if error is None:
        found: Ended = future.result()
        return found
    why = f"its worker did not end it: {type(error).__name__} (BB-FLEET-WORKER). Run it by itself, with -v."
    return Ended(member.name, ExitCode.ERROR, why)


@contextmanager
def _client(workers: int, scheduler: str) -> Iterator[Any]:
    """A client of Dask, which has no types."""
    try:
        dask, distributed = import_module("dask"), import_module("distributed")  # an extra, and slow to load
    except ImportError:
        raise FleetError(
            "a fleet needs Dask, which is not installed",
            next_step='Install it with bbsync: pip install "bbsync[fleet]".',
            code="BB-FLEET-EXTRA",
        ) from None
    if scheduler:
        with _connected(distributed, scheduler) as client:
            yield client
        return
    # A worker that dies is told of, and its work not begun again: it may be half done.
    once = dask.config.set({"distributed.scheduler.allowed-failures": 0})
    here = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": logging.CRITICAL}
    with once, distributed.LocalCluster(**here) as cluster, distributed.Client(cluster) as client:
        yield client


def _connected(distributed: Any, scheduler: str) -> Any:
    try:
        return distributed.Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise FleetError(
            "the scheduler of the fleet does not answer",
            why=f"{type(error).__name__}. Nothing was begun.",
            next_step='Correct --scheduler, as in "tcp://host:8786", or leave it out for workers on this machine.',
            code="BB-FLEET-SCHEDULER",
        ) from error
