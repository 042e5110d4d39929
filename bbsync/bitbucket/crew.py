"""Do jobs at once: what a finished job brings goes before what waits already."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from attrs import frozen

R = TypeVar("R")


@frozen
class Job(Generic[R]):
    """Work, and what follows from what came of it. `then` is called by who waits, never by two threads at once."""

    work: Callable[[], R]
    then: Callable[[R], Iterable[Job[Any]]] = lambda _result: ()


def do(pool: Executor, room: int, jobs: Iterable[Job[Any]]) -> None:
    """Do these jobs and those that they bring; depth first, so that a run that ends early has whole things to show.

    Args:
        pool: does the work.
        room: how many jobs it is given at once.
        jobs: in the order in which they begin.

    Raises:
        BaseException: what a job raised; those that wait are not begun then.
    """
    waiting = deque(jobs)
    running: dict[Future[Any], Job[Any]] = {}
    finished: SimpleQueue[Future[Any]] = SimpleQueue()
    while waiting or running:
        while waiting and len(running) < room:
            job = waiting.popleft()
            future = pool.submit(job.work)
            running[future] = job
            future.add_done_callback(finished.put)
        done = finished.get()
        waiting.extendleft(reversed([*running.pop(done).then(done.result())]))
