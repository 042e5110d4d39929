"""The deletion policy: what becomes of everything that Bitbucket did not show.

Silence is not absence. An entity is deleted only when its parent goes, or when its listing was read to the end and it
was proven gone from there; a relationship only with one of its ends, or when its subject was read without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cached_property

from attrs import field, frozen

from bbsync.belonging import Belonging
from bbsync.coverage import Gap, Listing
from bbsync.graph import Graph, Relationship
from bbsync.kinds import Absence, AnyKind, Kinds, RelationshipType, Subject
from bbsync.mapped import leads_elsewhere
from bbsync.observation import Observation, Proof


class Fate(Enum):
    """What becomes of an element of the snapshot."""

    SEEN = "seen"
    """Bitbucket showed it: it is compared."""
    FOREIGN = "foreign"
    """Not ours: left alone."""
    CASCADE = "cascade"
    """Deleted, because its parent (or an end) goes."""
    HISTORY = "outside_window"
    """Kept: its kind shows only what changed lately."""
    OUT_OF_SCOPE = "out_of_scope"
    """Kept: configuration does not look there."""
    ABSENT = "absent"
    """Deleted: proven gone."""
    EARLIER = "earlier"
    """Kept: its listing was read in an earlier run, and is not due yet."""
    WITHHELD = "withheld"
    """Kept: it could not be looked at."""

    # Each fate is there once, and Enum's own hash is slow: fates of millions of elements are counted.
    __hash__ = object.__hash__

    @property
    def goes(self) -> bool:
        """Whether the element is deleted."""
        return self in (Fate.CASCADE, Fate.ABSENT)


@frozen
class Sentence:
    """A fate and what it rests on: the proof of an absence, the key that a cascade starts from, the gap."""

    fate: Fate
    proof: Proof | None = None
    root: str = ""
    gap: Gap | None = None


SEEN = Sentence(Fate.SEEN)
FOREIGN = Sentence(Fate.FOREIGN)
HISTORY = Sentence(Fate.HISTORY)
OUT_OF_SCOPE = Sentence(Fate.OUT_OF_SCOPE)
EARLIER = Sentence(Fate.EARLIER)


class TieSentences(Mapping[str, Sentence]):
    """The sentence on every relationship of the snapshot, by key; passed when it is asked for."""

    def __init__(self, ties: Mapping[str, Relationship], on: Callable[[Relationship], Sentence]) -> None:
        self._ties = ties
        self.on = on

    def __getitem__(self, key: str) -> Sentence:
        return self.on(self._ties[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._ties)

    def __len__(self) -> int:
        return len(self._ties)


@frozen
class Judgement:
    """The sentence on every element of the snapshot, by key; `belonging` is who belongs to whom in it."""

    entities: Mapping[str, Sentence]
    relationships: TieSentences
    belonging: Belonging = field(eq=False, repr=False)


def judge(snapshot: Graph, foreign: frozenset[str], observation: Observation, kinds: Kinds) -> Judgement:
    """Decide what becomes of every entity and relationship of the snapshot.

    Args:
        snapshot: the graph as it is, within our scope.
        foreign: keys of elements in it that carry somebody else's owner marker.
        observation: Bitbucket as this run saw it.
        kinds: what is synchronised; elements of other types are foreign.
    """
    return _Court(snapshot, foreign, observation, kinds).judge()


class _Court:
    def __init__(self, snapshot: Graph, foreign: frozenset[str], observation: Observation, kinds: Kinds) -> None:
        self.snapshot = snapshot
        self.foreign = foreign
        self.seen = observation.graph
        self.coverage = observation.coverage
        self.observation = observation
        self.kinds = kinds
        self.belonging = Belonging.of(snapshot, kinds)
        self.sentences: dict[str, Sentence] = {}
        self.going: frozenset[str] = frozenset()
        self.gaps: dict[Listing, Gap] = {}
        self.item_gaps: dict[str, Gap] = {}
        for gap in sorted(self.coverage.gaps, key=_position):  # answers arrive in any order
            if gap.item:
                self.item_gaps.setdefault(gap.item, gap)
            else:
                self.gaps.setdefault(gap.listing, gap)

    def judge(self) -> Judgement:
        by_type: dict[str, list[str]] = {}
        for key, entity in self.snapshot.entities.items():
            by_type.setdefault(entity.type, []).append(key)
        for found in sorted(by_type, key=self.kinds.rank):  # a cascade is known before its children are judged
            kind = self.kinds.by_type.get(found)
            for key in by_type[found]:
                self.sentences[key] = self._entity(key, kind)
        self.going = frozenset(key for key, sentence in self.sentences.items() if sentence.fate.goes)
        ties = TieSentences(self.snapshot.relationships, self._relationship)
        return Judgement(self.sentences, ties, self.belonging)

    def _entity(self, key: str, kind: AnyKind | None) -> Sentence:
        if kind is None or key in self.foreign:
            return FOREIGN
        if key in self.seen.entities:
            return SEEN
        parents = self.belonging.homes(key, kind) if kind.parent else ("",)
        staying = tuple(parent for parent in parents if not self._goes(parent))
        if parents and not staying:
            cascade = Sentence(Fate.CASCADE, root=self._root(parents[0]))
            return (self._perhaps_elsewhere(key, kind, parents) if kind.shared else None) or cascade
        if kind.absence is Absence.HISTORY and key not in self.item_gaps:
            return HISTORY
        if kind.name in self.observation.out_of_scope or not self._in_run(key, kind, staying):
            return OUT_OF_SCOPE
        return self._absent_or_withheld(key, kind, staying)

    def _goes(self, key: str) -> bool:
        sentence = self.sentences.get(key)
        return sentence is not None and sentence.fate.goes

    def _root(self, key: str) -> str:
        return self.sentences[key].root or key

    def _in_run(self, key: str, kind: AnyKind, parents: tuple[str, ...]) -> bool:
        """Whether configuration covers it: its workspace is one that this run looks at."""
        if kind.parent is None:
            return key in self.observation.workspaces
        above = [parent for parent in parents if parent in self.sentences]
        return not above or not all(self._is_out_of_scope(parent) for parent in above)

    def _absent_or_withheld(self, key: str, kind: AnyKind, parents: tuple[str, ...]) -> Sentence:
        looked_at = tuple(parent for parent in parents if not self._is_out_of_scope(parent))
        proofs = []
        for parent in looked_at:
            listing = Listing(kind.name, parent)
            if key not in self.item_gaps and self.coverage.is_earlier(listing):
                return EARLIER
            proof = self._proof(listing, key)
            if proof is None:
                return Sentence(Fate.WITHHELD, gap=self._gap(key, kind, parent))
            proofs.append(proof)
        if not proofs:
            return Sentence(Fate.WITHHELD, gap=self._gap(key, kind, ""))
        if looked_at != parents:  # gone from where this run looked; it still belongs elsewhere
            return OUT_OF_SCOPE
        return self._perhaps_elsewhere(key, kind, parents) or Sentence(Fate.ABSENT, proof=proofs[0])

    def _perhaps_elsewhere(self, key: str, kind: AnyKind, parents: tuple[str, ...]) -> Sentence | None:
        """Withheld, if it turned up unreadable, or may have turned up in another workspace whose listing was not read.

        A key that begins with its parent's can turn up nowhere else.
        """
        if key in self.item_gaps:
            return Sentence(Fate.WITHHELD, gap=self.item_gaps[key])
        above = self.kinds.by_name[kind.parent] if kind.parent else None
        if above is None or above.parent is not None or "/" in key:
            return None
        if unfound := self.gaps.get(Listing(above.name)):
            return Sentence(Fate.WITHHELD, gap=unfound)
        for other in sorted(self._tops - set(parents)):
            read = self.coverage.complete(Listing(kind.name, other))
            if not (read or self._goes(other) or self._is_out_of_scope(other)):
                off = kind.name in self.observation.out_of_scope
                return OUT_OF_SCOPE if off else Sentence(Fate.WITHHELD, gap=self._gap(key, kind, other))
        return None

    @cached_property
    def _tops(self) -> frozenset[str]:
        """The keys of every workspace that anybody knows of."""
        types = {kind.entity.type for kind in self.kinds if kind.parent is None}
        graphs = (self.snapshot, self.seen)
        known = (key for graph in graphs for key, one in graph.entities.items() if one.type in types)
        return self.observation.workspaces.union(known)

    def _is_out_of_scope(self, key: str) -> bool:
        return self.sentences.get(key, SEEN).fate is Fate.OUT_OF_SCOPE

    def _proof(self, listing: Listing, key: str) -> Proof | None:
        return self.observation.gone.get((listing, key)) if self.coverage.complete(listing) else None

    def _gap(self, key: str, kind: AnyKind, parent: str) -> Gap:
        """The gap that explains best why it could not be judged: its own, its listing's, or one further up."""
        found = (
            self.item_gaps.get(key) or self.gaps.get(Listing(kind.name, parent)) or self.gaps.get(Listing(kind.name))
        )
        if found:
            return found
        above = self.sentences.get(parent)
        if above and above.gap:
            return above.gap
        return Gap(Listing(kind.name, parent), "BB-UNPROVEN", "it is not listed, and nothing proves that it is gone")

    def _relationship(self, tie: Relationship) -> Sentence:
        for end in (tie.source, tie.target):
            if end in self.going:
                return Sentence(Fate.CASCADE, root=self._root(end))
        declared = self.kinds.relationships.get(tie.type)
        if declared is None or tie.key in self.foreign or leads_elsewhere(tie, self.kinds):
            return FOREIGN
        for end in (tie.source, tie.target):
            if end not in self.sentences and end not in self.seen.entities:
                return Sentence(Fate.CASCADE, root=end)
        if tie.key in self.seen.relationships:
            return SEEN
        kind, found = declared
        if found == kind.belongs and kind.shared:
            return self._membership(tie, kind)
        return self._as_subject(tie, kind, found)

    def _membership(self, tie: Relationship, kind: AnyKind) -> Sentence:
        """One of several parents: what counts is that parent's own listing."""
        if self._is_out_of_scope(tie.source) or kind.name in self.observation.out_of_scope:
            return OUT_OF_SCOPE
        proof = self._proof(Listing(kind.name, tie.source), tie.target)
        if proof:
            return Sentence(Fate.ABSENT, proof=proof)
        return Sentence(Fate.WITHHELD, gap=self._gap(tie.target, kind, tie.source))

    def _as_subject(self, tie: Relationship, kind: AnyKind, found: RelationshipType) -> Sentence:
        subject = tie.source if found.subject is Subject.SOURCE else tie.target
        if subject not in self.seen.entities:
            above = self.sentences.get(subject)
            return above or Sentence(Fate.WITHHELD, gap=self._gap(subject, kind, ""))
        unknown = self.observation.unknown.get(subject)
        if unknown and tie.type in unknown:
            return OUT_OF_SCOPE
        return Sentence(Fate.ABSENT)


def _position(gap: Gap) -> tuple[Listing, str, str, str]:
    return (gap.listing, gap.item, gap.code, gap.detail)
