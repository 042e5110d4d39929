"""observe(): walk the kinds from the workspaces down, and say what was seen and how far one looked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, TypeVar

from attrs import evolve, frozen

from bbsync.belonging import listed_before
from bbsync.bitbucket.absence import confirm, read_again
from bbsync.bitbucket.findings import Findings, Made
from bbsync.bitbucket.harvest import Gathering, Harvest, Report
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.making import Maker
from bbsync.bitbucket.reckoning import Reckoning
from bbsync.bitbucket.refresh import Refresh, in_turn
from bbsync.bitbucket.walk import Result, Task
from bbsync.bitbucket.wishes import Wishes
from bbsync.bitbucket.workspaces import NOWHERE, find_workspaces
from bbsync.coverage import Gap, Listing
from bbsync.events import Happened, unheard
from bbsync.graph import EMPTY, Entity, Graph
from bbsync.kinds import KINDS, Absence, AnyKind, Confirm, Kinds, Place
from bbsync.observation import Observation, Proof
from bbsync.selection import Selection

T = TypeVar("T")
R = TypeVar("R")

#: How far a window reaches back before the watermark, in milliseconds: answers may lag behind.
OVERLAP = 5 * 60 * 1000


@frozen
class Site:
    """An entity below which listings lie: its kind, its place, and itself among its ancestors by kind name."""

    kind: AnyKind
    place: Place
    ancestors: Mapping[str, Entity]


def observe(
    reader: Reader,
    wishes: Wishes,
    *,
    snapshot: Graph = EMPTY,
    kinds: Kinds = KINDS,
    report: Report = lambda _what, _done, _total: None,
    happened: Happened = unheard,
) -> Observation:
    """Bitbucket as it is now.

    Args:
        reader: asks Bitbucket.
        wishes: what to look at.
        snapshot: the graph as it is: what it holds and Bitbucket does not show is asked for once more.
        kinds: what is synchronised.
        report: told about progress.
        happened: told when everything of a kind is read.

    Raises:
        BbsyncError: there can be no plan: an unknown workspace, no accepted consumer, no calls left.
    """
    pool = ThreadPoolExecutor(max_workers=wishes.concurrency, thread_name_prefix="bbsync-read")
    try:
        return _Walk(reader, wishes, snapshot, kinds, pool, report, happened).observe()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Walk:
    def __init__(
        self,
        reader: Reader,
        wishes: Wishes,
        snapshot: Graph,
        kinds: Kinds,
        pool: ThreadPoolExecutor,
        report: Report,
        happened: Happened,
    ) -> None:
        self.reader = reader
        self.wishes = wishes
        self.kinds = kinds
        self.pool = pool
        self.report = report
        self.happened = happened
        self.snapshot = snapshot
        self.before = listed_before(snapshot, kinds)
        self.selection = Selection(wishes.only, kinds)
        self.off = _with_children(wishes.switched_off, kinds)
        self.found = Findings(kinds)
        self.maker = Maker(reader, snapshot, wishes.known.marks, wishes.account_tag)
        self.now = wishes.now
        marks = wishes.known.watermarks
        self.horizon = min((at for parent, at in marks.items() if parent in snapshot.entities), default=None)

    def observe(self) -> Observation:
        sites = self._workspaces()
        while sites:
            sites = self._level(sites)
        return self.found.observation(self.off, self._elsewhere(), frozenset(self.wishes.refresh))

    def _workspaces(self) -> list[Site]:
        root = next(kind for kind in self.kinds if kind.parent is None)
        held = self.before.get(Listing(root.name), ())
        workspaces = find_workspaces(self.reader, root, self.wishes.workspaces, held, self.found)
        self.now = self.found.read[Listing(root.name)].watermark or self.now
        return [site for key, item in workspaces.items() if (site := self._workspace(root, key, item)) is not None]

    def _workspace(self, root: AnyKind, key: str, item: Any) -> Site | None:
        above = Task(root, evolve(NOWHERE, enriched=self.wishes.enriched), {})
        return self._note(above, self.maker.make(above, key, item, above.place))

    def _level(self, sites: Iterable[Site]) -> list[Site]:
        """Read every listing directly below these sites; returns the sites that were found."""
        tasks = [
            task
            for site in self._selected(sites)
            for kind in self.kinds.children(site.kind.name)
            if kind.name not in self.off and (task := self._task(kind, site)) is not None
        ]
        refresh = Refresh(self.wishes.refresh, self.wishes.known, self.snapshot, self.now)
        held = refresh.held(tasks)
        for task in tasks:
            if task.listing in held:
                self.found.hold(task.listing, len(task.before), held[task.listing])
        harvests = self._gather([task for task in tasks if task.listing not in held])
        for harvest in harvests:
            self.found.add(harvest.result)
        below = [site for harvest in harvests for site in self._sites(harvest)]
        self._confirm([harvest.result for harvest in harvests])
        return list({site.place.parent.key: site for site in below}.values())  # what moved meanwhile is read once

    def _selected(self, sites: Iterable[Site]) -> Iterable[Site]:
        """The sites to go below: all of a workspace's own listings are read, for names and absences."""
        if not self.wishes.only:
            return sites
        ways = self.selection.ways(self.found.graph(), self.snapshot)
        return [site for site in sites if site.kind.parent is None or site.place.parent.key in ways]

    def _gather(self, tasks: list[Task]) -> list[Harvest]:
        """Read these listings with everything that their items need; in the order of the tasks."""
        gathering = Gathering(self.reader, self.maker, self.report, Reckoning(self.happened))
        gathering.gather(in_turn(tasks, self.wishes.known, self.snapshot), self.pool, room=2 * self.wishes.concurrency)
        by_listing = {harvest.result.task.listing: harvest for harvest in gathering.harvests}
        return [by_listing[task.listing] for task in tasks]

    def _sites(self, harvest: Harvest) -> Iterator[Site]:
        """Note what came of the items of a listing, in their order."""
        for key in harvest.result.items:
            site = self._note(harvest.result.task, harvest.made[key])
            if site is not None:
                yield site

    def _task(self, kind: AnyKind, site: Site) -> Task | None:
        """What to read, or None where it is known beforehand that it cannot be: then there is a gap."""
        listing = Listing(kind.name, site.place.parent.key)
        if not set(kind.scopes) <= self.wishes.granted:
            lacking = ", ".join(kind.scopes)
            self.found.miss([Gap(Listing(kind.name), "BB-SCOPE", f"the consumers lack {lacking}", known=True)])
            return None
        neighbours: dict[str, frozenset[str]] = {}
        for needed in (name for name in kind.needs if name not in self.off):
            near = Listing(needed, site.place.workspace.key)
            if not self.found.is_complete(near):
                plural = self.kinds.by_name[needed].plural
                self.found.miss([Gap(listing, "BB-FETCH-NEEDS", f"the workspace's {plural} could not be read")])
                return None
            neighbours[needed] = self.found.listed[near]
        place = evolve(site.place, neighbours=neighbours)
        return Task(kind, place, site.ancestors, self.before.get(listing, ()), self._since(kind, place))

    def _since(self, kind: AnyKind, place: Place) -> int | None:
        """Where the window opens: at its length, or earlier if a run was missed.

        What turned up since the last run has no watermark of its own, and may be as old as the oldest of the others.
        """
        if kind.absence is not Absence.HISTORY:
            return None
        opening = min(self.now, self.wishes.now) - self.wishes.window * 1000
        watermark = self.wishes.known.watermarks.get(place.parent.key, self.horizon)
        return opening if watermark is None else min(opening, watermark - OVERLAP)

    def _note(self, task: Task, made: Made | Gap) -> Site | None:
        """Note what came of an item; where there is an entity now, listings lie below it."""
        if isinstance(made, Gap):
            self.found.miss([made])
            return None
        self.found.make(made)
        top = made.entity if task.kind.parent is None else task.place.workspace
        place = evolve(task.place, parent=made.entity, workspace=top)
        return Site(task.kind, place, {**task.ancestors, task.kind.name: made.entity})

    def _confirm(self, results: Iterable[Result]) -> None:
        """Ask for everything that complete listings used to hold and do not show."""
        missing = [(result, entity) for result in results for entity in self._missing(result)]
        twice = {result.task.listing: result.task for result, _ in missing if _is_read_again(result)}
        again = dict(
            zip(twice, self._each("listings", lambda task: read_again(self.reader, task), twice.values()), strict=True)
        )
        verdicts = self._each(
            "absences",
            lambda pair: confirm(self.reader, pair[0], pair[1], again.get(pair[0].task.listing)),
            missing,
        )
        for (result, entity), verdict in zip(missing, verdicts, strict=True):
            if isinstance(verdict, Proof):
                self.found.gone[(result.task.listing, entity.key)] = verdict
            else:
                self.found.miss([verdict])

    def _missing(self, result: Result) -> Iterator[Entity]:
        kind = result.task.kind
        if result.covered is None or kind.absence is Absence.HISTORY:
            return
        for entity in result.task.before:
            if entity.key not in result.items and (kind.shared or entity.key not in self.found.made):
                yield entity

    def _elsewhere(self) -> frozenset[str]:
        """Keys of what also belongs to places that were not read in this run."""
        shared = {kind.name for kind in self.kinds if kind.shared}
        unread = [listing for listing in self.before if listing.kind in shared and listing not in self.found.read]
        return frozenset(entity.key for listing in unread for entity in self.before[listing])

    def _each(self, what: str, work: Callable[[T], R], on: Iterable[T]) -> list[R]:
        """The work done on each, at once as far as that is wished; in the order of what it was done on."""
        futures: list[Future[R]] = [self.pool.submit(work, one) for one in on]
        for done, future in enumerate(as_completed(futures), start=1):
            future.result()  # what ends the run ends it now, not after everything else
            self.report(what, done, len(futures))
        return [future.result() for future in futures]


def _is_read_again(result: Result) -> bool:
    return result.task.kind.confirm is Confirm.READ_AGAIN


def _with_children(names: frozenset[str], kinds: Kinds) -> frozenset[str]:
    """The kinds and everything below them; parents come first in `kinds`."""
    off = set(names)
    for kind in kinds:
        if kind.parent in off:
            off.add(kind.name)
    return frozenset(off)
