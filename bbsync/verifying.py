"""Look at the graph once more: is it what the plan promised?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from bbsync.current_graph import readings
from bbsync.errors import Unfinished
from bbsync.graph import Element, Graph, differing, same
from bbsync.kinds import Kinds
from bbsync.labels import Labels
from bbsync.steps import Around
from bbsync.target import Target

#: How many of the elements that differ are named.
NAMED = 5


def verify(target: Target, promised: Graph, around: Around, kinds: Kinds) -> None:
    """Read the scope, and compare all of it with what was promised.

    Raises:
        Unfinished: it differs.
    """
    found = Graph()
    for snapshot in readings(target, around.sleep, around.say, target.lag):
        found = snapshot.graph
        if next(_differing(promised, found), None) is None:
            return
    labels = Labels.between(promised, found, kinds)
    named = [_named(key, promised, found, labels) for key in _differing(promised, found)]
    more = f"; and {len(named) - NAMED} more" if len(named) > NAMED else ""
    raise Unfinished(
        "the graph is not what the plan promised",
        why=f"It was written and read again, and differs: {'; '.join(named[:NAMED])}{more}.",
        next_step="See what is left with bbsync plan; if somebody else writes to the same scope, give bbsync its own.",
        code="BB-APPLY-VERIFY",
    )


def _differing(promised: Graph, found: Graph) -> Iterator[str]:
    return chain(_unequal(promised.entities, found.entities), _unequal(promised.relationships, found.relationships))


def _unequal(promised: Mapping[str, Element], found: Mapping[str, Element]) -> Iterator[str]:
    yield from (key for key, element in promised.items() if key not in found or not same(element, found[key]))
    yield from (key for key in found if key not in promised)


def _named(key: str, promised: Graph, found: Graph, labels: Labels) -> str:
    wanted, held = _element(key, promised), _element(key, found)
    if wanted is None or held is None:
        element = wanted or held
        assert element is not None  # noqa: S101 - the key comes from one of the two
        return f"{labels.of(element)} ({'is missing' if held is None else 'should be gone'})"
    return f"{labels.of(wanted)} (other: {', '.join(differing(wanted, held)) or 'type or classes'})"


def _element(key: str, graph: Graph) -> Element | None:
    return graph.entities.get(key) or graph.relationships.get(key)
