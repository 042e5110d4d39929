"""Part of a workspace: what `plan --only` compares, and what it leaves as the graph has it."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, frozen

from bbsync.addresses import named, unseen
from bbsync.belonging import parents_of, reached, with_ancestors
from bbsync.coverage import Coverage, Extent, Gap, Read
from bbsync.errors import SettingsError
from bbsync.graph import Graph, Relationship
from bbsync.kinds import Kinds
from bbsync.observation import Observation


@frozen
class Selection:
    """What addresses name, and what hangs below it: of a project, its repositories with everything of theirs.

    Without an address, all of it.
    """

    addresses: tuple[str, ...]
    kinds: Kinds

    def keys(self, *graphs: Graph) -> frozenset[str]:
        """The keys of the entities of the graphs that are selected: what hangs below one in any of them is."""
        below: dict[str, list[str]] = {}
        for graph in graphs:
            for parent, key in self._hanging(graph):
                below.setdefault(parent, []).append(key)
        return reached((key for graph in graphs for key in named(self.addresses, graph, self.kinds)), below)

    def _hanging(self, graph: Graph) -> Iterator[tuple[str, str]]:
        """Keys, each after the key of what it hangs below."""
        for key, parents in parents_of(graph, self.kinds).items():
            for parent in parents:
                yield parent, key
        lying = {kind.lies_in.type for kind in self.kinds if kind.lies_in}
        for tie in graph.relationships.values():
            if tie.type in lying:
                yield tie.source, tie.target

    def ways(self, seen: Graph, snapshot: Graph) -> frozenset[str]:
        """The keys of what is selected in either graph, and of everything above what is selected in the snapshot."""
        return self.keys(seen, snapshot) | with_ancestors(self.keys(snapshot), snapshot, self.kinds)

    def require_known(self, *graphs: Graph) -> None:
        """Refuse an address that names nothing in any of the graphs: that nothing changes there would be no news.

        Raises:
            SettingsError: the first such address.
        """
        unknown: set[str] = set(self.addresses)
        for graph in graphs:
            unknown &= set(unseen(unknown, graph, self.kinds))
        if unknown:
            raise SettingsError(
                f"--only {min(unknown)} names nothing in Bitbucket or in the graph",
                next_step='Name what is there, such as --only "repo:acme/web"; * stands for other characters.',
                code="BB-ONLY",
            )

    def of(self, observation: Observation, snapshot: Graph) -> Observation:
        """The observation as far as it is selected; of the rest it shows what the snapshot holds, as if it were so.

        No listing in it counts as read for later runs: something in it may wait for a plan of everything.
        """
        if not self.addresses:
            return observation
        selected = self.keys(observation.graph, snapshot)
        above = with_ancestors(selected, observation.graph, self.kinds)
        keys = selected | (above - snapshot.entities.keys())  # without them what is new would hang in the air
        ways = above | with_ancestors(selected, snapshot, self.kinds)
        ties = frozenset(self.kinds.relationships)
        return evolve(
            observation,
            graph=_blend(observation.graph, snapshot, keys),
            coverage=_about(observation.coverage, selected, ways, self.kinds),
            gone={place: proof for place, proof in observation.gone.items() if place[1] in keys},
            unknown={**observation.unknown, **dict.fromkeys(_unread(observation.graph, snapshot, keys), ties)},
            raw={place: item for place, item in observation.raw.items() if place[1] in keys},
            fingerprints={key: told for key, told in observation.fingerprints.items() if key in keys},
            listed={},
        )


def _unread(seen: Graph, snapshot: Graph, keys: frozenset[str]) -> frozenset[str]:
    """What was neither selected nor seen, and is tied to what is: nobody can say of it whether that still holds."""
    ends = ({tie.source, tie.target} for tie in snapshot.relationships.values())
    tied = {end for pair in ends if pair & keys for end in pair - keys}
    return frozenset(tied - seen.entities.keys())


def _blend(seen: Graph, snapshot: Graph, keys: frozenset[str]) -> Graph:
    entities = [entity for key, entity in seen.entities.items() if key in keys]
    entities += [entity for key, entity in snapshot.entities.items() if key not in keys]
    there = {entity.key for entity in entities}
    return Graph.of(entities, _ties(seen, snapshot, keys, there))


def _ties(seen: Graph, snapshot: Graph, keys: frozenset[str], there: set[str]) -> Iterator[Relationship]:
    """What was seen of what is selected, and what the snapshot holds of the rest.

    An end that was not selected is compared with nothing: where it is gone from Bitbucket, or new there, the
    relationship waits for a plan of everything.
    """
    for tie in seen.relationships.values():
        ends = {tie.source, tie.target}
        if ends & keys and ends - keys <= there:
            yield tie
    for tie in snapshot.relationships.values():
        ends = {tie.source, tie.target}
        selected = ends & keys
        if not selected or (selected <= there and not ends - keys <= seen.entities.keys()):
            yield tie


def _about(coverage: Coverage, selected: frozenset[str], ways: frozenset[str], kinds: Kinds) -> Coverage:
    """Only the gaps that matter to what is selected, and no watermark: who looks later must look as far back."""
    tops = {kind.name for kind in kinds if kind.parent is None}

    def matters(gap: Gap) -> bool:
        kind = kinds.by_name.get(gap.listing.kind)
        if gap.item and kind is not None:
            return gap.item in selected or gap.listing.parent in selected
        return kind is None or kind.parent is None or kind.parent in tops or gap.listing.parent in ways

    return Coverage(
        {listing: _unmarked(read) for listing, read in coverage.read.items()},
        tuple(gap for gap in coverage.gaps if matters(gap)),
    )


def _unmarked(read: Read) -> Read:
    return evolve(read, watermark=None) if read.extent is Extent.WINDOW else read
