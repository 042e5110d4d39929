"""Read listings, and what more their items need: item by item, before the next listing is begun."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from functools import partial
from typing import Any

from attrs import define, field, frozen

from bbsync.bitbucket.crew import Job, do
from bbsync.bitbucket.findings import Made
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.making import Maker
from bbsync.bitbucket.reckoning import Reckoning
from bbsync.bitbucket.walk import Result, Task, read_listing
from bbsync.coverage import Gap

#: Told about progress: what is read, how much of it is done, and how much there is.
Report = Callable[[str, int, int], None]


@frozen
class Harvest:
    """What came of a listing: the listing itself, and by key the entities of its items, or why there is none."""

    result: Result
    made: dict[str, Made | Gap] = field(factory=dict)


@define
class Gathering:
    """A number of listings that are read at once.

    Attributes:
        reader: asks Bitbucket.
        maker: makes entities of items.
        report: told about progress.
        reckoning: told what is there, and tells what each kind came to.
        harvests: what came of the listings so far, in the order of the answers.
    """

    reader: Reader
    maker: Maker
    report: Report
    reckoning: Reckoning = field(factory=Reckoning)
    harvests: list[Harvest] = field(factory=list)
    _done: int = 0
    _all: int = 0

    def gather(self, tasks: Iterable[Task], pool: Executor, room: int) -> None:
        """Read these listings, which begin in this order; `room` is how many jobs the pool is given at once."""
        tasks = list(tasks)
        jobs = [Job(partial(read_listing, self.reader, task), self._listed) for task in tasks]
        self.reckoning.begin(task.kind.name for task in tasks)
        self._all += len(jobs)
        do(pool, room, jobs)

    def _listed(self, result: Result) -> Iterable[Job[Any]]:
        harvest = Harvest(result)
        self.harvests.append(harvest)
        self._all += len(result.items)
        self._told()
        self.reckoning.listed(result)
        for key, (item, place) in result.items.items():
            yield Job(partial(self.maker.make, result.task, key, item, place), partial(self._made, harvest, key))

    def _made(self, harvest: Harvest, key: str, made: Made | Gap) -> Iterable[Job[Any]]:
        harvest.made[key] = made
        self._told()
        self.reckoning.closed(harvest.result.task.kind.name)
        return ()

    def _told(self) -> None:
        self._done += 1
        self.report("listings and their items", self._done, self._all)
