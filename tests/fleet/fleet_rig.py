"""`bbsync fleet` in a process of its own, and a cluster that is there already."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bbsync.sandbox.bitbucket import Consumer
from tests.tested_package import HOME

CONSUMER = Consumer("fleet-key", "fleet-secret-0123456789")
SECRETS = {"BITBUCKET_CLIENT_KEY": CONSUMER.key, "BITBUCKET_CLIENT_SECRET": CONSUMER.secret}


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


@contextmanager
def running(place: Path, environ: dict[str, str], *arguments: str) -> Iterator[IO[str]]:
    """What a part of the cluster says; it ends with the block."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(HOME), **environ},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stderr
            yield process.stderr
        finally:
            process.kill()


@contextmanager
def cluster(place: Path, environ: dict[str, str]) -> Iterator[str]:
    """Its address. The worker alone has the secrets."""
    with running(place, {}, "scheduler", "--port", "0") as said:
        address = next(found[0] for line in said if (found := re.search("tcp://[0-9.:]+", line)))
        with running(place, environ, "worker", address, "--nthreads", "1", "--no-nanny"):
            yield address
