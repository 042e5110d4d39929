"""`bbsync fleet` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.tested_package import HOME


def fleet(environ: dict[str, str], place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "bbsync", "fleet", *arguments, "--workers", "1"],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(HOME), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
