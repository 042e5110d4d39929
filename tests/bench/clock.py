"""What pieces of work took inside one process: seconds, CPU, memory, and where the time went."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from attrs import define, field, frozen

from tests.bench.sampling import sampled

R = TypeVar("R")


@frozen
class Spent:
    """Seconds and seconds of CPU, megabytes before and at most, and how often the thread was met in which function."""

    wall: float
    cpu: float
    before: float
    looks: dict[str, int] = field(factory=dict)
    largest: float = 0


@define
class Clock:
    """Adds up pieces of work; looks at where the time goes, if it is to."""

    watched: bool = False
    wall: float = 0
    cpu: float = 0
    before: float = 0
    looks: Counter[str] = field(factory=Counter)

    def start(self) -> None:
        """What was done up to now does not count."""
        self.wall = self.cpu = 0
        self.before = _megabytes()

    def time(self, piece: Callable[[], R]) -> R:
        """Do it, and add what it took."""
        wall, cpu = time.perf_counter(), time.process_time()
        outcome, looks = sampled(piece) if self.watched else (piece(), Counter())
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu
        self.looks.update(looks)
        return outcome

    @property
    def spent(self) -> Spent:
        """What it came to."""
        return Spent(self.wall, self.cpu, self.before, dict(self.looks.most_common()))


def _megabytes() -> float:
    """Of this process, in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
