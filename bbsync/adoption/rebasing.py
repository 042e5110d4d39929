"""From a difference to the adopted graph to one from the graph that is there: what has another key now moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeVar

from bbsync.adoption.adopting import Arrivals
from bbsync.difference import Difference
from bbsync.fate import Fate, Sentence
from bbsync.graph import Entity, Relationship

E = TypeVar("E", Entity, Relationship)


def rebased(
    difference: Difference[E],
    held: Mapping[str, E],
    adopted: Mapping[str, E],
    arrivals: Arrivals[E],
    sentence_on: Callable[[E], Sentence],
) -> Difference[E]:
    """The difference from what we hold, where it is the difference from the adopted graph.

    Whatever arrives and stays is moved to its key, or made there; whatever goes, goes from where it is. What Bitbucket
    showed would have been made anyway.
    """
    after, new = difference.over(adopted), arrivals.new
    fates = Counter(sentence_on(adopted[key]).fate for key in new)
    made: tuple[E, ...] = tuple(after[key] for key in sorted(new - arrivals.was.keys()) if key in after)
    shown: tuple[E, ...] = tuple(one for one in made if sentence_on(adopted[one.key]).fate is Fate.SEEN)
    seen = {one.key for one in shown}
    pairs = [(old, key) for key, olds in arrivals.was.items() for old in olds]
    return Difference(
        created=difference.created + shown,
        updated=tuple(pair for pair in difference.updated if pair[0].key not in new),
        deleted=tuple(pair for pair in difference.deleted if pair[0].key not in new),
        fates=Counter(difference.fates) - fates,
        left_out=difference.left_out,
        types=Counter(element.type for element in held.values()),
        moved=tuple((old, after[key]) for old, key in pairs if key in after),
        arrived=tuple(one for one in made if one.key not in seen),
        gone=tuple((old, adopted[key], sentence_on(adopted[key])) for old, key in pairs if key not in after),
        theirs=arrivals.theirs,
    )
