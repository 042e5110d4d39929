"""Make the entity of an item: from what its listing told, its further listings, and what the graph knows by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import frozen

from bbsync import __version__
from bbsync.bitbucket.answers import Unreadable
from bbsync.bitbucket.findings import Made
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.walk import Task, forgets, read_details, same_tip, without_details, without_empty
from bbsync.coverage import Gap
from bbsync.graph import Entity, Graph, Properties, Relationship, same
from bbsync.kinds import AnyKind, Place
from bbsync.observation import mark_of
from bbsync.tagging import tagged

E = TypeVar("E", Entity, Relationship)


@frozen
class Maker:
    """Makes entities; several threads may use it.

    Attributes:
        reader: asks Bitbucket.
        snapshot: the graph as it is.
        marks: by key, what the entity was made from and what it was then.
        account_tag: written as `tag.AccountName` on every entity; empty to leave it out.
    """

    reader: Reader
    snapshot: Graph
    marks: Mapping[str, str]
    account_tag: str

    def make(self, task: Task, key: str, item: Any, place: Place) -> Made | Gap:
        """The entity of one item, or the gap that withholds it as a whole."""
        try:
            return self._from_anew_or_known(task, key, item, place)
        except Unreadable as failure:
            return Gap(task.listing, failure.code, failure.detail, item=key)
        except ValueError as error:
            return Gap(task.listing, "BB-FETCH-SCHEMA", f"a value is not as documented: {error}", item=key)

    def _from_anew_or_known(self, task: Task, key: str, item: Any, place: Place) -> Made:
        """Further listings are read only if they may tell something else, or if the graph forgot what they told."""
        before = self.snapshot.entities.get(key)
        fingerprint = _fingerprint(task.kind, item, place)
        if before is not None and fingerprint is not None and self.marks.get(key) == mark_of(fingerprint, before):
            return self._made(task, key, item, without_details(task, item, place), fingerprint)
        return self._whole(task, key, item, place, fingerprint)

    def _whole(self, task: Task, key: str, item: Any, place: Place, fingerprint: str | None) -> Made:
        """The entity of one item with its details; they are read again where it would lose something by them."""
        whole = read_details(self.reader, task, item, place)
        made = self._made(task, key, item, whole, fingerprint)
        before = self.snapshot.entities.get(key)
        if before is None or not forgets(task.kind, whole, before, made.entity):
            return made
        whole = read_details(self.reader, task, item, place)
        made = self._made(task, key, item, whole, fingerprint)
        if not forgets(task.kind, whole, before, made.entity):
            return made
        if same_tip(task.kind, before, made.entity):
            return self._made(task, key, item, without_empty(whole), fingerprint)
        if task.kind.is_over(made.entity.properties):
            return made
        raise Unreadable("BB-FETCH-EMPTY", "one of its own listings reads empty, which cannot be")

    def _made(self, task: Task, key: str, item: Any, place: Place, fingerprint: str | None) -> Made:
        kind = task.kind
        entity = self._entity(kind, key, kind.properties(item, place))
        tie = (kind.belongs.between(place.parent.key, key),) if kind.belongs else ()
        return Made(
            task.listing,
            _once(entity, self.snapshot.entities),
            tuple(_once(link, self.snapshot.relationships) for link in (*tie, *kind.links(item, place))),
            kind.unknown(place),
            fingerprint,
        )

    def _entity(self, kind: AnyKind, key: str, properties: Properties) -> Entity:
        return Entity(key, kind.entity.type, kind.entity.classes, tagged(properties, self.account_tag))


def _fingerprint(kind: AnyKind, item: Any, place: Place) -> str | None:
    """The item's own, and that of who reads it: another version may make something else of the same."""
    told = kind.fingerprint(item, place)
    return None if told is None else f"{__version__} {told}"


def _once(element: E, known: Mapping[str, E]) -> E:
    """The element as the snapshot has it, if that is equal: a graph that did not change is in memory once."""
    held = known.get(element.key)
    return held if held is not None and same(held, element) else element
