"""observe(): walk the kinds from the workspaces down, and say what was seen and how far one looked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from bbsync.belonging import listed_before
from bbsync.bitbucket.absence import confirm, read_again
from bbsync.bitbucket.answers import Unreadable
from bbsync.bitbucket.findings import Findings, Made
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.walk import Result, Task, forgets, read_details, read_listing, same_tip, without_empty
from bbsync.bitbucket.workspaces import NOWHERE, find_workspaces
from bbsync.coverage import Gap, Listing
from bbsync.graph import EMPTY, Entity, Graph, Properties, Relationship, same
from bbsync.kinds import KINDS, Absence, AnyKind, Confirm, Kinds, Place
from bbsync.observation import Observation, Proof

E = TypeVar("E", Entity, Relationship)
T = TypeVar("T")
R = TypeVar("R")

#: How far a window reaches back before the watermark, in milliseconds: answers may lag behind.
OVERLAP = 5 * 60 * 1000

#: Told about progress: what is read, how much of it is done, and how much there is.
Report = Callable[[str, int, int], None]


@frozen
class Wishes:
    """What a run is asked to look at.

    Attributes:
        workspaces: slugs or uuids.
        switched_off: names of kinds that are not read; the kinds below them are not read either.
        granted: OAuth scopes that every consumer has, implied ones included.
        enriched: whether reviewers are wanted.
        window: how far back pull requests are read, in seconds.
        now: epoch milliseconds.
        watermarks: by parent key, the time (epoch milliseconds) up to which its history is known.
        account_tag: written as `tag.AccountName` on every entity; empty to leave it out.
        concurrency: how many requests at once.
    """

    workspaces: tuple[str, ...]
    switched_off: frozenset[str] = frozenset()
    granted: frozenset[str] = frozenset()
    enriched: bool = False
    window: int = 86_400
    now: int = 0
    watermarks: Mapping[str, int] = field(factory=dict)
    account_tag: str = ""
    concurrency: int = 16


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
) -> Observation:
    """Bitbucket as it is now.

    Args:
        reader: asks Bitbucket.
        wishes: what to look at.
        snapshot: the graph as it is: what it holds and Bitbucket does not show is asked for once more.
        kinds: what is synchronised.
        report: told about progress.

    Raises:
        BbsyncError: there can be no plan: an unknown workspace, no accepted consumer, no calls left.
    """
    pool = ThreadPoolExecutor(max_workers=wishes.concurrency, thread_name_prefix="bbsync-read")
    try:
        return _Walk(reader, wishes, snapshot, kinds, pool, report).observe()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Walk:
    def __init__(
        self, reader: Reader, wishes: Wishes, snapshot: Graph, kinds: Kinds, pool: ThreadPoolExecutor, report: Report
    ) -> None:
        self.reader = reader
        self.wishes = wishes
        self.kinds = kinds
        self.pool = pool
        self.report = report
        self.snapshot = snapshot
        self.before = listed_before(snapshot, kinds)
        self.off = _with_children(wishes.switched_off, kinds)
        self.found = Findings(kinds)

    def observe(self) -> Observation:
        sites = self._workspaces()
        while sites:
            sites = self._level(sites)
        return self.found.observation(self.off, self._elsewhere())

    def _workspaces(self) -> list[Site]:
        root = next(kind for kind in self.kinds if kind.parent is None)
        held = self.before.get(Listing(root.name), ())
        workspaces = find_workspaces(self.reader, root, self.wishes.workspaces, held, self.found)
        return [site for key, item in workspaces.items() if (site := self._workspace(root, key, item)) is not None]

    def _workspace(self, root: AnyKind, key: str, item: Any) -> Site | None:
        above = Task(root, evolve(NOWHERE, enriched=self.wishes.enriched), {})
        return self._note(above, self._finish(above, key, item, above.place))

    def _level(self, sites: Iterable[Site]) -> list[Site]:
        """Read every listing directly below these sites; returns the sites that were found."""
        tasks = [
            task
            for site in sites
            for kind in self.kinds.children(site.kind.name)
            if kind.name not in self.off and (task := self._task(kind, site)) is not None
        ]
        results = self._each("listings", lambda task: read_listing(self.reader, task), tasks)
        for result in results:
            self.found.add(result)
        below = self._make(results)
        self._confirm(results)
        return below

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
        """Where the window opens: at its length, or earlier if a run was missed."""
        if kind.absence is not Absence.HISTORY:
            return None
        opening = self.wishes.now - self.wishes.window * 1000
        watermark = self.wishes.watermarks.get(place.parent.key)
        return opening if watermark is None else min(opening, watermark - OVERLAP)

    def _make(self, results: Iterable[Result]) -> list[Site]:
        """Make the entities of everything listed, read what more they need, and note what cannot be made."""
        wanted = [(result.task, key, *held) for result in results for key, held in result.items.items()]
        finished = self._each("details", lambda item: self._finish(*item), wanted)
        noted = [self._note(task, made) for (task, *_), made in zip(wanted, finished, strict=True)]
        sites = {site.place.parent.key: site for site in noted if site is not None}
        return list(sites.values())  # what moved while it was read shows in two places, and is read below once

    def _note(self, task: Task, made: Made | Gap) -> Site | None:
        """Note what came of an item; where there is an entity now, listings lie below it."""
        if isinstance(made, Gap):
            self.found.miss([made])
            return None
        self.found.make(made)
        top = made.entity if task.kind.parent is None else task.place.workspace
        place = evolve(task.place, parent=made.entity, workspace=top)
        return Site(task.kind, place, {**task.ancestors, task.kind.name: made.entity})

    def _finish(self, task: Task, key: str, item: Any, place: Place) -> Made | Gap:
        """The entity of one item, or the gap that withholds it as a whole."""
        try:
            return self._whole(task, key, item, place)
        except Unreadable as failure:
            return Gap(task.listing, failure.code, failure.detail, item=key)
        except ValueError as error:
            return Gap(task.listing, "BB-FETCH-SCHEMA", f"a value is not as documented: {error}", item=key)

    def _whole(self, task: Task, key: str, item: Any, place: Place) -> Made:
        """The entity of one item with its details; they are read again where it would lose something by them."""
        whole = read_details(self.reader, task, item, place)
        made = self._made(task, key, item, whole)
        before = self.snapshot.entities.get(key)
        if before is None or not forgets(task.kind, whole, before, made.entity):
            return made
        whole = read_details(self.reader, task, item, place)
        made = self._made(task, key, item, whole)
        if not forgets(task.kind, whole, before, made.entity):
            return made
        if same_tip(task.kind, before, made.entity):
            return self._made(task, key, item, without_empty(whole))
        if task.kind.is_over(made.entity.properties):
            return made
        raise Unreadable("BB-FETCH-EMPTY", "one of its own listings reads empty, which cannot be")

    def _made(self, task: Task, key: str, item: Any, place: Place) -> Made:
        kind = task.kind
        entity = self._entity(kind, key, kind.properties(item, place))
        tie = (kind.belongs.between(place.parent.key, key),) if kind.belongs else ()
        return Made(
            task.listing,
            _once(entity, self.snapshot.entities),
            tuple(_once(link, self.snapshot.relationships) for link in (*tie, *kind.links(item, place))),
            kind.unknown(place),
        )

    def _entity(self, kind: AnyKind, key: str, properties: Properties) -> Entity:
        tag = {"tag.AccountName": self.wishes.account_tag} if self.wishes.account_tag else {}
        return Entity(key, kind.entity.type, kind.entity.classes, {**properties, **tag})

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


def _once(element: E, known: Mapping[str, E]) -> E:
    """The element as the snapshot has it, if that is equal: a graph that did not change is in memory once."""
    held = known.get(element.key)
    return held if held is not None and same(held, element) else element


def _is_read_again(result: Result) -> bool:
    return result.task.kind.confirm is Confirm.READ_AGAIN


def _with_children(names: frozenset[str], kinds: Kinds) -> frozenset[str]:
    """The kinds and everything below them; parents come first in `kinds`."""
    off = set(names)
    for kind in kinds:
        if kind.parent in off:
            off.add(kind.name)
    return frozenset(off)
