"""Sentinels and protection: what is not believed, or not carried out, whatever Bitbucket shows.

Both work on the observation, by taking proofs out of it: without its proof, nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from bbsync.addresses import named, unseen
from bbsync.belonging import with_ancestors
from bbsync.coverage import Gap, Listing
from bbsync.graph import Graph
from bbsync.kinds import Kinds
from bbsync.observation import Observation


def heed_sentinels(observation: Observation, sentinels: Iterable[str], kinds: Kinds) -> Observation:
    """The observation as it may be believed: if a sentinel was not seen, nothing in it proves an absence, or is
    remembered as known.

    Sentinels are addresses of entities that are known to be there. One that is not visible means that the consumers
    see less than they should.
    """
    missing = unseen(sentinels, observation.graph, kinds)
    if not missing:
        return observation
    names = ", ".join(missing)
    gap = Gap(Listing("sentinel"), "BB-SENTINEL", f"{names}: not visible, so nothing is deleted", item=names)
    everything = frozenset(kinds.relationships)
    unknown = {key: observation.unknown.get(key, frozenset()) | everything for key in observation.graph.entities}
    return evolve(_noting([gap], observation), gone={}, unknown=unknown, listed={}, fingerprints={})


def heed_protection(observation: Observation, snapshot: Graph, protect: Iterable[str], kinds: Kinds) -> Observation:
    """The observation without the proofs that would delete a protected entity, or something that it belongs to."""
    protected = named(protect, snapshot, kinds)
    if not protected:
        return observation
    untouchable = with_ancestors(protected, snapshot, kinds)
    spared = [(listing, key) for listing, key in observation.gone if key in untouchable]
    gaps = [Gap(listing, "BB-PROTECTED", _because(key, protected), item=key, known=True) for listing, key in spared]
    gone = {place: proof for place, proof in observation.gone.items() if place not in set(spared)}
    return evolve(_noting(gaps, observation), gone=gone)


def _because(key: str, protected: frozenset[str]) -> str:
    return "it is protected" if key in protected else "something protected belongs to it"


def _noting(gaps: Iterable[Gap], observation: Observation) -> Observation:
    coverage = observation.coverage
    return evolve(observation, coverage=evolve(coverage, gaps=(*coverage.gaps, *gaps)))
