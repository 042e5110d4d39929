"""Run a command in a process of its own, and measure what it cost.

`python -m tests.bench.child REPORT ARGUMENT...` stands between the bench and the command: a process is said to have
been as large as the one that started it, and the bench may be large.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

ROOT = Path(__file__).parents[2]

#: What `plan` may answer without having failed: nothing, changes, incomplete, blocked.
FINE = (0, 2, 3, 4)


@frozen
class Cost:
    """What a command cost: seconds, seconds of CPU, and its largest size in megabytes."""

    wall: float
    cpu: float
    memory: float
    code: int
    output: str = field(repr=False, default="")


def run(*arguments: str, place: Path = ROOT, environ: Mapping[str, str] | None = None) -> Cost:
    """Run Python with these arguments, wait for its end, and measure."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})}
    with tempfile.NamedTemporaryFile() as report:
        command = [sys.executable, "-m", "tests.bench.child", report.name, *arguments]
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            command, cwd=place, env=environment, capture_output=True, text=True, check=True
        )
        cost = Cost(**json.load(report), output=done.stdout)
    if cost.code not in FINE:
        raise RuntimeError(f"{' '.join(arguments)} ended with {cost.code}: {done.stderr[-2000:]}")
    return cost


def measure(report: Path, arguments: list[str]) -> None:
    """Run Python with these arguments, and write what it cost into the report."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments])  # noqa: S603 - our own command, no shell
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for already
    cpu = used.ru_utime + used.ru_stime
    figures = {"wall": wall, "cpu": cpu, "memory": used.ru_maxrss / 1024, "code": process.returncode}
    report.write_text(json.dumps(figures))


if __name__ == "__main__":
    measure(Path(sys.argv[1]), sys.argv[2:])
