"""Workers of Dask: processes on this machine, or those of a scheduler that knows others."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from bbsync.errors import BbsyncError

#: Seconds within which a scheduler has to answer.
PATIENCE = 20


class FleetError(BbsyncError):
    """The work of a fleet could not be handed out, or did not come back."""

    default_code = "BB-FLEET"


@contextmanager
def client_of(workers: int, scheduler: str) -> Iterator[Any]:
    """A client of Dask, which has no types.

    Raises:
        FleetError: Dask is not installed, or the scheduler does not answer.
    """
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
    # Whatever was at a worker that died comes back at once, to be handed out again by itself.
    at_once = dask.config.set({"distributed.scheduler.allowed-failures": 0})
    here = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": logging.CRITICAL}
    with at_once, distributed.LocalCluster(**here) as cluster, distributed.Client(cluster) as client:
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
