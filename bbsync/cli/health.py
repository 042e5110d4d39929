"""The health file of `bbsync watch`: how the last run ended, and when the next one begins."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal

from attrs import asdict, frozen

from bbsync import __version__
from bbsync.cli.files import write_private
from bbsync.errors import BbsyncError, ExitCode
from bbsync.planfile.reading import write_moment

State = Literal["running", "waiting", "ended"]


@frozen
class Round:
    """One run: when it began and ended (epoch seconds), and with which exit code."""

    began: float
    ended: float
    code: ExitCode


@frozen
class Health:
    """How the process is. `runs` counts all of them, `failures` those that failed since the last one that did not."""

    state: State
    runs: int = 0
    failures: int = 0
    last: Round | None = None
    last_success: float | None = None
    next: float | None = None

    def document(self) -> bytes:
        """As JSON; times are RFC 3339 in UTC."""
        last = self.last and {
            "began_at": _moment(self.last.began),
            "ended_at": _moment(self.last.ended),
            "exit_code": int(self.last.code),
            "outcome": self.last.code.name.lower(),
        }
        counted = {name: held for name, held in asdict(self).items() if name in ("state", "runs", "failures")}
        told = {
            "v": 1,
            "bbsync": __version__,
            "pid": os.getpid(),
            **counted,
            "last": last,
            "last_success_at": _moment(self.last_success),
            "next_run_at": _moment(self.next),
        }
        return json.dumps(told, indent=2).encode("ascii") + b"\n"

    def write(self, path: Path) -> str:
        """Put the file in the place of the one before, whole; why that failed, or nothing."""
        try:
            write_private(path, lambda stream: stream.write(self.document()))
        except BbsyncError as error:
            return f"{error.what}: {error.why}"
        return ""


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else write_moment(int(seconds * 1000))
