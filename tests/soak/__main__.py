"""Live long: `python -m tests.soak [--runs N] [--examples N] [--seed N]`.

First the runs, one after the other, over each target: the graph must end as the truth, and neither memory nor records
may grow. Then the examples of the stateful test, in any order of changes, failures, crashes, plans and applies.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.soaking import WARM, Left, growth, soak

TARGETS = ("local", "jupiterone")


def main() -> int:
    """Soak, and say what is left."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=TARGETS)
    asked = parser.parse_args()
    if asked.target:
        return _soaked(asked.target, asked.runs, asked.seed)
    return max(*(_alone(target, asked.runs, asked.seed) for target in TARGETS), _examples(asked.examples))


def _alone(target: str, runs: int, seed: int) -> int:
    """In a process of its own, as memory is measured."""
    command = [sys.executable, "-m", "tests.soak", "--target", target, "--runs", f"{runs}", "--seed", f"{seed}"]
    return subprocess.run(command, check=False).returncode if runs else 0  # noqa: S603 - our own interpreter


def _soaked(target: str, runs: int, seed: int) -> int:
    began = time.process_time()
    left: list[Left] = []
    with tempfile.TemporaryDirectory(prefix="bbsync-soak-") as place:
        for number, one in enumerate(soak(Path(place), target, runs, seed), start=1):
            left.append(one)
            if number == WARM or number % 50 == 0 or number == runs + 1:
                sys.stdout.write(f"{target}, run {min(number, runs)}: {_words(one)}\n")
                sys.stdout.flush()
    grown = growth(left)
    ended = "; ".join(grown) or "the graph equals the truth, and nothing grew"
    sys.stdout.write(f"{target}: {ended}; {time.process_time() - began:.0f} s of CPU\n")
    return int(bool(grown))


def _words(left: Left) -> str:
    return (
        f"{left.changes} changes, {left.failures} failures, {left.crashes} crashes so far; peak {left.peak_kib:,} KiB,"
        f" records {left.state:,} bytes, graph {left.graph:,} bytes, {left.journal} lines in the journal"
    )


def _examples(count: int) -> int:
    if not count:
        return 0
    tests = ["-q", "-p", "no:cacheprovider", "tests/soak/test_stateful.py"]
    around = {**os.environ, "BBSYNC_SOAK_EXAMPLES": f"{count}"}
    return subprocess.run([sys.executable, "-m", "pytest", *tests], env=around, check=False).returncode  # noqa: S603 - as above


if __name__ == "__main__":
    sys.exit(main())
