"""One step of the walk: read a listing of one kind under one parent, and the details of its items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from attrs import evolve, field, frozen

from bbsync.bitbucket.answers import MISSING, Unreadable
from bbsync.bitbucket.items import structure
from bbsync.bitbucket.listing import Read, Reader
from bbsync.coverage import Extent, Gap, Listing
from bbsync.coverage import Read as Covered
from bbsync.graph import Entity
from bbsync.kinds import Absence, AnyKind, Detail, Place, Request

#: What a refused first page may be answered with for `Request.instead` to be tried.
REFUSED = (403, *MISSING)


@frozen
class Task:
    """A listing to read, with everything that is needed to read it.

    `ancestors` maps kind names to entities, the parent included. `before` are the entities that the listing held when
    the graph was written. `since` opens the window, in epoch milliseconds.
    """

    kind: AnyKind
    place: Place
    ancestors: Mapping[str, Entity]
    before: tuple[Entity, ...] = ()
    since: int | None = None

    @property
    def listing(self) -> Listing:
        """The listing, by name."""
        return Listing(self.kind.name, self.place.parent.key)

    def path(self, template: str, **parts: str) -> str:
        """A path template with slugs and uuids filled in, quoted as Bitbucket wants them (`%7B…%7D`)."""
        named = {name: str(entity.properties.get("slug", entity.key)) for name, entity in self.ancestors.items()}
        uuids = {f"{name}_id": entity.key for name, entity in self.ancestors.items()}
        return template.format_map({name: quote(part, safe="") for name, part in {**named, **uuids, **parts}.items()})


@frozen
class Result:
    """What came of a task: items by key, how far the listing was read (None: not to its end), and what was not."""

    task: Task
    items: Mapping[str, tuple[Any, Place]] = field(factory=dict)
    covered: Covered | None = None
    gaps: tuple[Gap, ...] = ()
    passed_over: int = 0


def read_listing(reader: Reader, task: Task) -> Result:
    """Read the listing; where the answer is doubtful, once more, and believe it only if it is sound then.

    Doubtful is a number of items that is not the announced one, a change while reading, or nothing at all where there
    was something. Items of a doubtful listing are used; that one is missing from it means nothing.
    """
    try:
        reads = _read_all(reader, task)
        if _doubtful(reads, task):
            reads = _read_all(reader, task)
    except Unreadable as failure:
        return Result(task, gaps=(Gap(task.listing, failure.code, failure.detail),))
    return _result(task, reads)


def _read_all(reader: Reader, task: Task) -> list[Read]:
    return [_read_one(reader, task, request) for request in task.kind.requests]


def _read_one(reader: Reader, task: Task, request: Request) -> Read:
    def take(raw: Any) -> tuple[str | None, Any]:
        item = structure(raw, task.kind.item)
        key = task.kind.key(item, task.place)
        if key == "":  # as part of an address it would lead somewhere else
            raise Unreadable("BB-FETCH-SCHEMA", "an item is not as documented: its identity is empty")
        if key is not None:
            reader.keep(task.kind.entity.type, key, raw)
        return key, item

    try:
        return reader.read(
            task.path(request.path), request.query(task.since), request.paging, take, request.page_length
        )
    except Unreadable as failure:
        if request.instead is None or failure.status not in REFUSED:
            raise
        return evolve(_read_one(reader, task, request.instead), limited=True)


def _doubtful(reads: list[Read], task: Task) -> bool:
    if not all(read.consistent for read in reads):
        return True
    empty = not any(read.items for read in reads)
    return empty and task.kind.absence is Absence.COMPLETE and (task.kind.never_empty or bool(task.before))


def _result(task: Task, reads: list[Read]) -> Result:
    limited = any(read.limited for read in reads)
    place = evolve(task.place, limited=limited)
    items = {key: (item, place) for read in reads for key, item in read.items if key is not None}
    passed_over = sum(key is None for read in reads for key, _ in read.items)
    gaps = [Gap(task.listing, broken.code, broken.detail) for read in reads for broken in read.broken[:1]]
    if not all(read.consistent for read in reads):
        gaps.append(
            Gap(task.listing, "BB-FETCH-SIZE", "its number of items is not the announced one, or changed while reading")
        )
    if task.kind.never_empty and not items:
        gaps.append(Gap(task.listing, "BB-FETCH-EMPTY", "it reads empty, which cannot be"))
    covered = None if gaps else _covered(task, reads, len(items) + passed_over)
    return Result(task, items, covered, tuple(gaps), passed_over)


def _covered(task: Task, reads: list[Read], count: int) -> Covered:
    pages = sum(read.pages for read in reads)
    if task.kind.absence is Absence.COMPLETE:
        return Covered(Extent.COMPLETE, count, pages, watermark=reads[0].asked_at)
    return Covered(Extent.WINDOW, count, pages, since=task.since, watermark=reads[0].asked_at)


def read_details(reader: Reader, task: Task, item: Any, place: Place) -> Place:
    """The place, with the further listings that the item needs.

    Raises:
        Unreadable: one of them could not be read to its end, so nothing can be said of the item.
    """
    found = {detail.name: _read_or_miss(reader, task, detail) for detail in task.kind.details(item, place)}
    return evolve(place, details=found) if found else place


def without_details(task: Task, item: Any, place: Place) -> Place:
    """The place of an item whose further listings are not read, because they would tell what is known."""
    return evolve(place, details={detail.name: None for detail in task.kind.details(item, place)})


def without_empty(place: Place) -> Place:
    """The place, as if the further listings that read empty were missing for good: they tell nothing."""
    return evolve(place, details={name: found or None for name, found in place.details.items()})


def forgets(kind: AnyKind, place: Place, before: Entity, now: Entity) -> bool:
    """Whether the entity would lose something that is known of it only because a further listing reads empty.

    What a further listing tells is what would be unknown without it. Bitbucket shows no commits once a branch is
    gone, and shows nothing at all by mistake: neither is a reason to forget them.
    """
    if all(place.details.values()):
        return False
    told = kind.unknown(evolve(place, details=dict.fromkeys(place.details))) - kind.unknown(place)
    return any(_holds_something(before, name) and not now.properties.get(name) for name in told)


def same_tip(kind: AnyKind, before: Entity, now: Entity) -> bool:
    """Whether what further listings told before is about what there is now: an approval must not outlive a push."""
    return all(before.properties.get(name) == now.properties.get(name) for name in kind.tip)


def _holds_something(entity: Entity, name: str) -> bool:
    held = entity.properties.get(name)
    return isinstance(held, tuple) and bool(held)


def _read_or_miss(reader: Reader, task: Task, detail: Detail) -> tuple[Any, ...] | None:
    try:
        return _read_detail(reader, task, detail)
    except Unreadable as failure:
        if detail.may_be_missing and failure.status in MISSING:
            return None
        raise


def _read_detail(reader: Reader, task: Task, detail: Detail) -> tuple[Any, ...]:
    def take(raw: Any) -> tuple[str | None, Any]:
        item: Any = structure(raw, detail.item)
        return getattr(item, "hash", None), item

    path = task.path(detail.path)
    read = reader.read(path, {}, detail.paging, take, detail.page_length)
    if _what_is_wrong(read, detail):
        read = reader.read(path, {}, detail.paging, take, detail.page_length)
    wrong = _what_is_wrong(read, detail)
    if wrong:
        raise Unreadable(wrong.code, f"{detail.name}: {wrong.detail}")
    return tuple(item for _key, item in read.items)


def _what_is_wrong(read: Read, detail: Detail) -> Unreadable | None:
    """Why a further listing cannot be used as it was read."""
    if read.broken:
        return read.broken[0]
    if not read.consistent:
        return Unreadable("BB-FETCH-SIZE", "the number of items is not the announced one")
    if detail.never_empty and not read.items:
        return Unreadable("BB-FETCH-EMPTY", "it reads empty, which cannot be")
    return None
