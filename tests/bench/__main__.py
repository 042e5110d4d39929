"""Measure bbsync: `python -m tests.bench [NAME]...`. Ratios tell more than seconds, which depend on the machine.

Without names all benches run but those of `LONG`, which take minutes and gigabytes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

from tests.bench.applying import applying
from tests.bench.figures import Figure, table
from tests.bench.memory import memory
from tests.bench.million import million
from tests.bench.planning import planning
from tests.bench.reading import calls, wall
from tests.bench.runs import runs
from tests.bench.snapshots import snapshots
from tests.bench.starting import starting

BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "starting": starting,
    "calls": calls,
    "applying": applying,
    "planning": planning,
    "wall": wall,
    "memory": memory,
    "runs": runs,
    "million": million,
    "snapshots": snapshots,
}

LONG = ("runs", "million", "snapshots")


def main(names: list[str]) -> int:
    """Run the named benches, or all; 1 if a figure was missed."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.stderr.write(f"There is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}.\n")
        return 64
    missed = False
    for name in names or (name for name in BENCHES if name not in LONG):
        busy = os.getloadavg()[0]
        figures = list(BENCHES[name]())
        missed = missed or not all(figure.reached for figure in figures)
        sys.stdout.write(f"{name} (load {busy:.2f} before, {os.cpu_count()} cores)\n{table(figures)}\n")
        sys.stdout.flush()
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
