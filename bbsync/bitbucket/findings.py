"""What a run has found so far. It is filled between levels, in a fixed order, and read by the threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from attrs import evolve, field, frozen, mutable

from bbsync.bitbucket.walk import Result
from bbsync.coverage import Coverage, Extent, Gap, Listing, Read
from bbsync.graph import Entity, Graph, Relationship
from bbsync.kinds import Kinds
from bbsync.observation import Observation, Proof


@frozen
class Made:
    """An entity made from an item, its relationships, and what was not looked at.

    `listing` is where it was found; `fingerprint` tells whether its further listings are worth reading again.
    """

    listing: Listing
    entity: Entity
    links: tuple[Relationship, ...] = ()
    unknown: frozenset[str] = frozenset()
    fingerprint: str | None = None


@mutable
class Findings:
    """Entities by key (one for each place they were found in), coverage, gaps and proofs."""

    kinds: Kinds
    made: dict[str, list[Made]] = field(factory=dict)
    listed: dict[Listing, frozenset[str]] = field(factory=dict)
    read: dict[Listing, Read] = field(factory=dict)
    gaps: dict[Gap, None] = field(factory=dict)
    gone: dict[tuple[Listing, str], Proof] = field(factory=dict)
    workspaces: set[str] = field(factory=set)
    passed_over: Counter[str] = field(factory=Counter)

    def add(self, result: Result) -> None:
        """Note how far a listing was read."""
        listing = result.task.listing
        self.listed[listing] = frozenset(result.items)
        self.passed_over[listing.kind] += result.passed_over
        self.miss(result.gaps)
        if result.covered:
            self.read[listing] = result.covered

    def hold(self, listing: Listing, count: int, at: int) -> None:
        """Note a listing that was read in an earlier run, at that time (epoch milliseconds), and is not due yet."""
        self.read[listing] = Read(Extent.EARLIER, count, watermark=at)

    def make(self, made: Made) -> None:
        """Note an entity."""
        self.made.setdefault(made.entity.key, []).append(made)

    def miss(self, gaps: Iterable[Gap]) -> None:
        """Note gaps; the same one counts once."""
        self.gaps.update(dict.fromkeys(gaps))

    def is_complete(self, listing: Listing) -> bool:
        """Whether the listing was read to its end."""
        return listing in self.read and self.read[listing].extent is Extent.COMPLETE

    def observation(
        self,
        out_of_scope: frozenset[str],
        elsewhere: frozenset[str] = frozenset(),
        refreshed: frozenset[str] = frozenset(),
    ) -> Observation:
        """Everything that was found, as a value.

        Args:
            out_of_scope: names of the kinds that configuration switched off.
            elsewhere: keys of what also belongs to places that were not read.
            refreshed: names of the kinds whose listings need not be read in every run.
        """
        unread = {gap.listing.kind for gap in self.gaps}
        merged = [self._merge(found, unread, elsewhere) for found in self.made.values()]
        return Observation(
            graph=Graph.of(
                (entity for entity, _unknown in merged),
                (tie for found in self.made.values() for made in self._where(found) for tie in self._links(made)),
            ),
            coverage=Coverage(self.read, tuple(self.gaps)),
            workspaces=frozenset(self.workspaces),
            gone=self.gone,
            unknown={entity.key: unknown for entity, unknown in merged if unknown},
            out_of_scope=out_of_scope,
            passed_over={kind: count for kind, count in sorted(self.passed_over.items()) if count},
            fingerprints={
                key: found[-1].fingerprint for key, found in self.made.items() if found[-1].fingerprint is not None
            },
            listed={
                place: keys for place, keys in self.listed.items() if place.kind in refreshed and place in self.read
            },
        )

    def graph(self) -> Graph:
        """What was found so far; of what belongs to several places, as it was in the first."""
        return Graph.of(
            (found[0].entity for found in self.made.values()),
            (tie for found in self.made.values() for made in self._where(found) for tie in self._links(made)),
        )

    def _links(self, made: Made) -> Iterator[Relationship]:
        """Its relationships, but for those with an end of another type than declared.

        A workspace that acts as an account has the uuid of the workspace, and is no user for that.
        """
        for tie in made.links:
            declared = self.kinds.relationships[tie.type][1]
            if self._may_be(tie.source, declared.source) and self._may_be(tie.target, declared.target):
                yield tie

    def _may_be(self, key: str, entity_type: str) -> bool:
        found = self.made.get(key)
        return found is None or found[0].entity.type == entity_type

    def _where(self, found: list[Made]) -> list[Made]:
        """The places that an entity belongs to: all it was found in, or the last where it can be in one only."""
        return found if self.kinds.by_type[found[0].entity.type].shared else found[-1:]

    def _merge(self, found: list[Made], unread: set[str], elsewhere: frozenset[str]) -> tuple[Entity, frozenset[str]]:
        """One entity from every place it belongs to, and what is unknown of it."""
        places = self._where(found)
        first = places[0].entity
        kind = self.kinds.by_type[first.type]
        unknown = frozenset().union(*(made.unknown for made in places))
        if kind.shared and (first.key in elsewhere or unread & {kind.name, kind.parent}):
            unknown |= kind.merged
        properties = kind.merge(tuple(made.entity.properties for made in places))
        return evolve(first, properties=properties), unknown
