"""What a kind declares. The engine derives the walk, coverage, cascade, ordering and reports from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Generic, TypeVar

from attrs import evolve, field, frozen

from bbsync.graph import NO_PROPERTIES, Entity, Properties, Relationship, Scalar

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Item = TypeVar("Item")


class Paging(Enum):
    """How Bitbucket hands out a listing."""

    PAGES = "pages"
    """`values`, and `next` until the end."""
    ARRAY = "array"
    """A bare JSON array, all at once (API 1.0)."""
    SINGLE = "single"
    """One object, which is the only item."""


@frozen
class Request:
    """One listing to ask for.

    `path` is a template: `{workspace}` is the slug and `{workspace_id}` the uuid of the ancestor of that kind, both
    quoted. `page_length` is the largest page the endpoint takes. `query` is a function because a window opens at a
    time that is only known when the run starts (epoch milliseconds; None where there is no window). `instead` is what
    to read where Bitbucket refuses (403, 404, 410) this one; its answers may know less.
    """

    path: str
    page_length: int | None = None
    paging: Paging = Paging.PAGES
    query: Callable[[int | None], Mapping[str, str]] = lambda _since: {}
    instead: Request | None = None


class Absence(Enum):
    """What it means that an item is not in the listing."""

    COMPLETE = "complete"
    """The listing shows all there is."""
    HISTORY = "history"
    """The listing shows what changed lately; older items stay in the graph."""


class Confirm(Enum):
    """How an item that is missing from a complete listing is proven gone."""

    ASK = "ask"
    """It is asked for by itself, at `Kind.address`; only 404 or 410 proves it."""
    READ_AGAIN = "read again"
    """It has no address: the listing is read again and must agree."""
    LISTING = "listing"
    """The complete listing is proof enough, because its parent was seen."""


@frozen
class EntityType:
    """The JupiterOne `_type` and `_class` of a kind's entities."""

    type: str
    classes: tuple[str, ...]


class Subject(Enum):
    """The end whose reading tells whether a relationship holds."""

    SOURCE = "source"
    TARGET = "target"


@frozen
class RelationshipType:
    """A type of relationship between two entity types.

    `subject` is the end that declares it: once that end was read without the relationship, the relationship is gone.
    """

    source: str
    verb: str
    target: str
    subject: Subject = Subject.TARGET

    @property
    def type(self) -> str:
        """JupiterOne's spelling: the target's name without the words it shares with the source's."""
        source, target = self.source.split("_"), self.target.split("_")
        while len(target) > 1 and source and source[0] == target[0]:
            source, target = source[1:], target[1:]
        return "_".join((self.source, self.verb.lower(), *target))

    def between(self, source: str, target: str) -> Relationship:
        """The relationship from one key to another."""
        verb = self.verb.upper()
        return Relationship(
            key=f"{source}|{verb.lower()}|{target}",
            type=self.type,
            verb=verb,
            source=source,
            target=target,
            properties={"displayName": verb},
        )


@frozen
class Mapped:
    """A relationship to something that is not ours: JupiterOne looks for it in all of the account, and never makes it.

    `sought` is its class. `found_by` tells the properties that it is known by, any of them, from those of our entity;
    it is empty where nothing is known. It sees nothing else, so that what was asked for can be told from the entity.
    """

    type: RelationshipType
    sought: str
    found_by: Callable[[Properties], Properties]

    def of(self, entity: Entity) -> Relationship | None:
        """The relationship of this entity, which ends where it begins; None where there is nothing to look for."""
        known_by = self.found_by(entity.properties)
        if not known_by:
            return None
        tie = self.type.between(entity.key, entity.key)
        return evolve(tie, properties={**tie.properties, **known_by})


@frozen
class Detail:
    """A further listing that one item needs, such as the commits of a pull request.

    `path` is a template as in `Request`. Where the detail `may_be_missing`, an answer of 404 or 410 is known to be
    permanent: the item is made without it, and what it would tell is unknown. One that is `never_empty` is not
    believed when it reads empty.
    """

    name: str
    path: str
    item: type
    page_length: int | None = None
    paging: Paging = Paging.PAGES
    may_be_missing: bool = False
    never_empty: bool = False


@frozen
class Place:
    """Where an item was found, and what may be known about it there.

    `neighbours` are the keys of the workspace's entities of the kinds that `Kind.needs` names; a kind that is switched
    off is not in it. `details` are the item's own further listings by name, None for one that is missing for good.
    `limited` is true where the answer came from `Request.instead`.
    """

    workspace: Entity
    parent: Entity
    neighbours: Mapping[str, frozenset[str]] = field(factory=dict)
    details: Mapping[str, tuple[Any, ...] | None] = field(factory=dict)
    limited: bool = False
    enriched: bool = False


@frozen(kw_only=True)
class Kind(Generic[Item]):
    """A Bitbucket resource that is synchronised.

    Args:
        name: singular, as in `Listing.kind`; also the module's name.
        plural: as in the `[kinds]` table of bbsync.toml and in reports.
        item: attrs class of the API fields that are used. Unmodelled fields are ignored; a missing one without a
            default makes the item unreadable, which is a gap.
        parent: name of the kind under whose entities the listings lie; None for workspaces.
        requests: the listings to ask for under each parent; together they are one `Listing`.
        entity: JupiterOne type and classes.
        key: the entity's key; None for an item that has no identity (a closed account), which is passed over.
        properties: everything but `displayName` defaults and the account tag, which the engine adds.
        label: how reports name an entity of this kind, from its properties.
        belongs: the relationship between parent and entity.
        links: the item's other relationships; ends that are not in the graph are dropped and counted.
        lies_in: of `link_types` the one whose source the entity lies in besides, as a repository does in its project.
        link_types: every type that `links` can make. A type that is not declared could never be cleaned up.
        mapped: the relationship to something that is not ours, if entities of this kind have one.
        scopes: OAuth scopes that the listings need.
        absence: what a missing item means.
        confirm: how a missing item is proven gone.
        address: path template for `Confirm.ASK`; `{address}` is filled from `located`.
        located: the part of the address that is the item's own, from its entity in the graph.
        never_empty: whether an empty listing is never believed.
        shared: whether one entity may belong to several parents.
        merge: of a shared entity seen under several parents, one set of properties from all of them.
        merged: names of the properties that `merge` makes; unknown when one of the listings was not read.
        details: what must be read of an item before its entity can be made.
        fingerprint: of an item with details, a text that changes whenever they may tell something else; None when
            nobody can say. As long as it stays the same, what the graph knows by them holds.
        needs: kinds under the same workspace that must have been read for this kind to be judged.
        unknown: names of properties and relationship types not looked at in this place; the graph keeps its own.
        tip: names of the properties that must be what they were for what details once told to hold still.
        is_over: whether an entity with these properties is at its end, so that its details may have gone for good.
        moved_by: names of the properties whose change is a rename or a move.
        rank: where reports put the kind among its level, lowest first.
    """

    name: str
    plural: str
    item: type[Item]
    parent: str | None
    requests: tuple[Request, ...]
    entity: EntityType
    key: Callable[[Item, Place], str | None]
    properties: Callable[[Item, Place], Properties]
    label: Callable[[Properties], str]
    belongs: RelationshipType | None = None
    links: Callable[[Item, Place], Iterable[Relationship]] = lambda _item, _place: ()
    lies_in: RelationshipType | None = None
    link_types: tuple[RelationshipType, ...] = ()
    mapped: Mapped | None = None
    scopes: tuple[str, ...] = ()
    absence: Absence = Absence.COMPLETE
    confirm: Confirm = Confirm.LISTING
    address: str = ""
    located: Callable[[Entity], str] = lambda entity: entity.key
    never_empty: bool = False
    shared: bool = False
    merge: Callable[[tuple[Properties, ...]], Properties] = lambda found: found[0]
    merged: frozenset[str] = frozenset()
    details: Callable[[Item, Place], tuple[Detail, ...]] = lambda _item, _place: ()
    fingerprint: Callable[[Item, Place], str | None] = lambda _item, _place: None
    needs: tuple[str, ...] = ()
    unknown: Callable[[Place], frozenset[str]] = lambda _place: frozenset()
    tip: tuple[str, ...] = ()
    is_over: Callable[[Properties], bool] = lambda _properties: True
    moved_by: tuple[str, ...] = ()
    rank: int = 99

    @property
    def relationship_types(self) -> tuple[RelationshipType, ...]:
        """Every relationship type of this kind, the tie to the parent first."""
        belongs = (self.belongs,) if self.belongs else ()
        return (*belongs, *self.link_types, *((self.mapped.type,) if self.mapped else ()))


#: JupiterOne's search takes no longer strings (protocol: 4,096 characters); longer ones end in three dots.
LONGEST_STRING = 4096


def known(properties: Mapping[str, object], *, null: Iterable[str] = ()) -> Properties:
    """The properties as they are written: nothing is left out but None, and `null` names where None is written.

    Strings over `LONGEST_STRING` characters are cut, lists become tuples.
    """
    wanted = set(null)
    written = {name: _cut(held) for name, held in properties.items() if held is not None or name in wanted}
    return written or NO_PROPERTIES


def _cut(held: Any) -> Any:
    if isinstance(held, str) and len(held) > LONGEST_STRING:
        return held[: LONGEST_STRING - 3] + "..."
    if isinstance(held, list | tuple):
        return tuple(_cut(part) for part in held)
    return held


def milliseconds(moment: str | None) -> int | None:
    """An ISO 8601 time of Bitbucket's as epoch milliseconds; a time without a zone is UTC. None stays None.

    Raises:
        ValueError: it is not a time.
    """
    return None if moment is None else (instant(moment) - EPOCH) // timedelta(milliseconds=1)


def instant(moment: str) -> datetime:
    """An ISO 8601 time of Bitbucket's; a time without a zone is UTC.

    Raises:
        ValueError: it is not a time.
    """
    parsed = datetime.fromisoformat(moment)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def optional(held: object, name: str) -> Scalar:
    """An attribute of something that may be missing altogether."""
    found: Scalar = None if held is None else getattr(held, name)
    return found
