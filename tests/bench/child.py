"""Run a command in a process of its own, and measure what it cost."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

ROOT = Path(__file__).parents[2]


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
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [sys.executable, *arguments], cwd=place, env=environment, stdout=output, stderr=errors
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for already
        if process.returncode not in (0, 2, 3, 4):
            errors.seek(0)
            raise RuntimeError(
                f"{' '.join(arguments)} ended with {process.returncode}: {errors.read().decode()[-2000:]}"
            )
        output.seek(0)
        said = output.read().decode()
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode, said)
