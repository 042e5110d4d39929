"""An observation: what Bitbucket showed, how far one looked, and what was proven gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from bbsync.coverage import Coverage, Listing
from bbsync.graph import EMPTY, Entity, Graph, canonical, mark


@frozen
class Proof:
    """Evidence that an item is gone: it was not in the complete listing, and the second look agreed.

    `seen` is how many items the listing showed over `pages` pages. `status` is what Bitbucket answered when the item
    was asked for by itself (404 or 410); None when the listing itself, read a second time where need be, is the proof.
    """

    listing: Listing
    seen: int
    pages: int
    status: int | None = None


@frozen
class Observation:
    """Bitbucket as one run saw it.

    Attributes:
        graph: what was seen. A relationship may have an end that only the snapshot knows, or nobody.
        coverage: which listings were read.
        workspaces: keys of the workspaces that the run was asked to look at, as far as they are known.
        gone: a listing and the key of an item that used to be in it, with the proof that it is gone from there.
        unknown: by entity key, the names of properties and relationship types that were not looked at although the
            entity was seen: what the graph knows of them holds.
        out_of_scope: names of the kinds that configuration switched off.
        passed_over: how many items had no identity (closed accounts), by kind.
        fingerprints: by key of an entity with further listings, what tells whether they are worth reading again.
        raw: by type and key of an entity, its item as Bitbucket answered it, packed, where somebody asked for it.
        listed: the keys in each listing that need not be read in every run, as far as it was read to its end.
    """

    graph: Graph = EMPTY
    coverage: Coverage = field(factory=Coverage)
    workspaces: frozenset[str] = frozenset()
    gone: Mapping[tuple[Listing, str], Proof] = field(factory=dict)
    unknown: Mapping[str, frozenset[str]] = field(factory=dict)
    out_of_scope: frozenset[str] = frozenset()
    passed_over: Mapping[str, int] = field(factory=dict)
    fingerprints: Mapping[str, str] = field(factory=dict)
    listed: Mapping[Listing, frozenset[str]] = field(factory=dict)
    raw: Mapping[tuple[str, str], bytes] = field(factory=dict, repr=False)


def mark_of(fingerprint: str, entity: Entity) -> str:
    """What stands for an entity that was made when its item had that fingerprint. See `Known.marks`."""
    return mark(fingerprint.encode(), canonical(entity))


def mark_of_all(entities: Iterable[Entity]) -> str:
    """What stands for everything that a listing holds, in whichever order. See `Reading.mark`."""
    return mark(*(canonical(entity) for entity in sorted(entities, key=lambda entity: entity.key)))
