"""One million entities and three million relationships: written, planned, and a hundredth of it changed.

It takes minutes, and the graph that is written some gigabytes.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator

from tests.bench.clock import Spent
from tests.bench.figures import Figure
from tests.bench.planning import SHAPES, figures, measured, ratio

SIZE = 1_000_000
COSTLIEST = 3


def million() -> Iterator[Figure]:
    """Plan at this size and at a tenth of it, say where the time goes, and carry the plan out."""
    with tempfile.TemporaryDirectory() as large, tempfile.TemporaryDirectory() as small:
        wrote = measured(large, SIZE, doing="write")
        yield Figure(f"writing {SIZE:,} entities and {3 * SIZE:,} relationships to a new file, CPU", wrote.cpu, 60, "s")
        yield Figure("its largest size beyond the graph that is written", wrote.largest - wrote.before, 2048, "MB")
        measured(small, SIZE // 10, doing="write")
        for shape in SHAPES:
            cost = measured(large, SIZE, shape)
            yield from figures(shape, cost, SIZE, seconds=60, megabytes=2048)
            yield ratio(shape, cost, measured(small, SIZE // 10, shape))
        _say(measured(large, SIZE, doing="watch"))
        applied = measured(large, SIZE, doing="apply")
    yield Figure("writing what that plan leads to, CPU", applied.cpu, 60, "s")
    yield Figure("largest size of planning and writing", applied.largest, 2048, "MB")


def _say(watched: Spent) -> None:
    """The largest costs, by function of ours, with what it calls elsewhere."""
    total = sum(watched.looks.values())
    costliest = sorted(watched.looks.items(), key=lambda found: -found[1])[:COSTLIEST]
    lines = (f"  {count / total:5.1%}  {where}\n" for where, count in costliest)
    sys.stdout.writelines((f"largest costs at {SIZE:,} entities:\n", *lines))
