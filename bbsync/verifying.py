"""Look at the graph once more: is it what the plan promised?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bbsync.current_graph import is_shown, readings
from bbsync.errors import Unfinished
from bbsync.graph import Element, Graph, same
from bbsync.kinds import Kinds
from bbsync.labels import Labels
from bbsync.planfile.document import difference
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
        if is_shown(promised, found):
            return
    labels = Labels.between(promised, found, kinds)
    differing = [
        *_differing(promised.entities, found.entities, labels),
        *_differing(promised.relationships, found.relationships, labels),
    ]
    more = f"; and {len(differing) - NAMED} more" if len(differing) > NAMED else ""
    raise Unfinished(
        "the graph is not what the plan promised",
        why=f"It was written and read again, and differs: {'; '.join(differing[:NAMED])}{more}.",
        next_step="See what is left with bbsync plan; if somebody else writes to the same scope, give bbsync its own.",
        code="BB-APPLY-VERIFY",
    )


def _differing(promised: Mapping[str, Element], found: Mapping[str, Element], labels: Labels) -> Iterator[str]:
    """What differs, by its label, and how."""
    for key, wanted in promised.items():
        held = found.get(key)
        if held is None:
            yield f"{labels.of(wanted)} (is missing)"
        elif not same(wanted, held):
            names = [str(row["path"]) for row in difference(wanted, held)]
            yield f"{labels.of(wanted)} (other: {', '.join(names)})"
    for key, held in found.items():
        if key not in promised:
            yield f"{labels.of(held)} (should be gone)"
