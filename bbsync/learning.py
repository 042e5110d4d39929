"""What later runs need not find out again, once a plan is applied."""

from __future__ import annotations

from collections.abc import Mapping

from bbsync.coverage import Coverage, Extent, Known, Reading
from bbsync.graph import Entity
from bbsync.kinds import Kinds
from bbsync.observation import Observation, mark_of, mark_of_all


def learned(observation: Observation, entities: Mapping[str, Entity], kinds: Kinds) -> Known:
    """What the observation tells once these are the entities of the graph."""
    coverage = observation.coverage
    in_full = coverage.read_in_full
    return Known(
        watermarks=_watermarks(coverage, kinds),
        readings={
            listing: Reading(read.watermark, mark_of_all(entities[key] for key in keys if key in entities))
            for listing, keys in sorted(observation.listed.items())
            if (read := coverage.read[listing]).watermark is not None and listing in in_full
        },
        marks={
            key: mark_of(fingerprint, entities[key])
            for key, fingerprint in sorted(observation.fingerprints.items())
            if key in entities
        },
    )


def _watermarks(coverage: Coverage, kinds: Kinds) -> dict[str, int]:
    """By parent: the watermarks of listings of which nothing is missing, not even one item."""
    in_full = coverage.read_in_full
    return {
        listing.parent: read.watermark
        for listing, read in sorted(coverage.read.items())
        if read.extent is Extent.WINDOW
        and read.watermark is not None
        and listing in in_full
        and listing.kind in kinds.by_name
    }
