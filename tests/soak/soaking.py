"""Run after run against a Bitbucket that changes and fails, and what that leaves behind."""

from __future__ import annotations

import gc
import resource
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from attrs import frozen

from tests.soak.life import Life, lived

#: Memory is compared with what it was after so many runs: until then, modules are loaded and caches filled.
WARM = 20

#: So much more memory than then, in percent, is not called growth: the world itself is in this process, and grows.
MARGIN = 15

#: And so many bytes of records for each run: a line of the audit trail, and what is known of what is new.
RECORDS = 2_000


@frozen
class Left:
    """What there is after a run: peak memory of the process, bytes of each file, lines of the journal."""

    peak_kib: int
    state: int
    graph: int
    journal: int
    changes: int
    failures: int
    crashes: int


def soak(place: Path, target: str, runs: int, seed: int) -> Iterator[Left]:
    """What is left after each run; the last one comes after a few runs more in which nothing fails.

    Raises:
        AssertionError: something wrong was deleted, or done by half, or the graph did not end as the truth.
    """
    chance = Random(seed)  # noqa: S311 - a world is made up, no secret
    told: list[str] = []
    with lived(place, target, seed=seed, concurrency=4) as life:
        for _ in range(runs):
            _run(life, chance)
            told += life.told
            _forget(life)
            yield _left(place, told)
        life.settle_quietly()
        yield _left(place, told)
        life.require_truth()


def _run(life: Life, chance: Random) -> None:
    steps: list[tuple[float, Callable[[], None]]] = [
        *[(0.5, lambda: life.change(chance))] * 4,
        (0.1, lambda: life.change_meanwhile(chance)),
        (0.25, life.calm),
        (0.5, lambda: life.trouble(chance)),
        (0.6, lambda: life.pass_time(chance)),
        (0.1, life.change_cadence),
        (0.2, lambda: life.plan(chance.randrange(80))),
        (1.0, life.plan),
        (0.2, lambda: life.apply(chance.choice(life.saved), chance.randrange(80))),
        (0.9, lambda: life.apply(life.saved[-1])),
    ]
    for likely, step in steps:
        if chance.random() < likely:
            step()


def _forget(life: Life) -> None:
    """What the stand-ins and the rig write down for tests is no memory of bbsync's."""
    life.told.clear()
    life.wires.seen.clear()
    life.rig.said.clear()
    life.rig.bitbucket.reset_calls()
    life.rig.jupiterone.calls.clear()
    for job in life.rig.jupiterone.jobs.values():
        if job.done:
            job.uploads.clear()


def _left(place: Path, told: list[str]) -> Left:
    gc.collect()
    return Left(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        sum(file.stat().st_size for file in place.glob("state.db*")),
        sum(file.stat().st_size for file in place.glob("graph.db*")),
        _journal(place / "state.db"),
        sum(line.startswith(("change ", "meanwhile ")) for line in told),
        sum(line.startswith("failed") for line in told),
        sum(line.startswith("crashed") for line in told),
    )


def _journal(state: Path) -> int:
    connection = sqlite3.connect(state)
    try:
        return int(connection.execute("SELECT count(*) FROM bbsync_journal").fetchone()[0])
    finally:
        connection.close()


def growth(left: list[Left]) -> list[str]:
    """What grew although nothing should; the first runs are not looked at."""
    warm, last = left[min(WARM, len(left)) - 1], left[-1]
    runs = len(left) - min(WARM, len(left))
    found = []
    if last.peak_kib > warm.peak_kib * (100 + MARGIN) / 100:
        found.append(f"peak memory grew from {warm.peak_kib:,} to {last.peak_kib:,} KiB")
    if last.state > warm.state + RECORDS * runs + 65_536:
        found.append(f"records grew from {warm.state:,} to {last.state:,} bytes in {runs} runs")
    if last.journal:
        found.append(f"{last.journal} lines of the journal are left")
    return found
