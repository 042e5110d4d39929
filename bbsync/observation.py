"""An observation: what Bitbucket showed, how far one looked, and what was proven gone."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from bbsync.coverage import Coverage, Listing
from bbsync.graph import EMPTY, Graph


@frozen
class Proof:
    """Evidence that an item is gone: it was not in the complete listing, and the second look agreed.

    `seen` is how many items the listing showed over `pages` pages. `status` is what Bitbucket answered when the item
    was asked for by itself (404 or 410); None when the listing was read a second time instead.
    """

    listing: Listing
    seen: int
    pages: int
    status: int | None = None


@frozen
class Unknown:
    """What was not looked at about an entity that was otherwise seen: what the graph knows of it holds."""

    properties: frozenset[str] = frozenset()
    relationship_types: frozenset[str] = frozenset()


@frozen
class Observation:
    """Bitbucket as one run saw it.

    `gone` maps a listing and the key of an item that used to be in it to the proof that it is gone from there.
    `unknown` maps an entity's key to what was not looked at. `out_of_scope` names the kinds that configuration
    switched off. `calls` counts requests by endpoint, for the report.
    """

    graph: Graph = EMPTY
    coverage: Coverage = field(factory=Coverage)
    gone: Mapping[tuple[Listing, str], Proof] = field(factory=dict)
    unknown: Mapping[str, Unknown] = field(factory=dict)
    out_of_scope: frozenset[str] = frozenset()
    diagnostics: Mapping[str, int] = field(factory=dict)
