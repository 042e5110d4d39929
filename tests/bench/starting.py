"""How long `bbsync --help` takes against a Python that does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from tests.bench.child import run
from tests.bench.figures import Figure

RUNS = 9


def starting() -> Iterator[Figure]:
    """Medians of several, taken in turns."""
    helps, nothings = zip(
        *((run("-m", "bbsync", "--help").wall, run("-c", "pass").wall) for _ in range(RUNS)), strict=True
    )
    yield Figure("bbsync --help against python -c pass", median(helps) / median(nothings), 4)
