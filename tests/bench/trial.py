"""A place to try bbsync in: the stand-ins in a process of their own, settings, and an empty graph."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from tests.bench.child import ROOT, Cost, run

_SETTINGS = """\
[pull_requests]
enriched = true
[limits]
concurrency = {concurrency}
calls_per_hour = 10000000
"""


@frozen
class Trial:
    """A directory with settings, and the variables that lead to the stand-ins."""

    place: Path
    environ: dict[str, str]

    def bbsync(self, *arguments: str, concurrency: int = 16, toml: str = "") -> Cost:
        """Run bbsync here and measure it; `toml` is put under the settings that every trial has."""
        (self.place / "bbsync.toml").write_text(_SETTINGS.format(concurrency=concurrency) + toml)
        return run("-m", "bbsync", *arguments, place=self.place, environ=self.environ)

    @property
    def graph_file(self) -> Path:
        """The local graph."""
        return self.place / ".bbsync" / "graph.db"

    def calls(self) -> dict[str, int]:
        """Calls by endpoint since the stand-ins were started."""
        address = f"{self.environ['BITBUCKET_API_URL']}/_sandbox/calls"
        with urllib.request.urlopen(address) as answer:  # noqa: S310 - loopback
            counted: dict[str, int] = json.load(answer)
        return counted


@contextlib.contextmanager
def trial(*sizes: str) -> Iterator[Trial]:
    """Serve stand-ins of these sizes until the block ends."""
    command = [sys.executable, "-m", "bbsync", "sandbox", "--calls-per-hour", "10000000", *sizes]
    with tempfile.TemporaryDirectory() as place:
        served = subprocess.Popen(  # noqa: S603 - our own command, no shell
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            yield Trial(Path(place), _exported(served))
        finally:
            served.send_signal(signal.SIGINT)
            served.communicate()


def _exported(served: subprocess.Popen[str]) -> dict[str, str]:
    """The variables that it prints, up to those of JupiterOne: the graph stays a local file."""
    found: dict[str, str] = {}
    for line in served.stdout or ():
        if line.startswith("#"):
            return found
        name, _, value = line.strip().removeprefix("export ").partition("=")
        found[name] = value.strip("'\"")
    raise RuntimeError(f"the stand-ins did not start (process {served.pid})")
