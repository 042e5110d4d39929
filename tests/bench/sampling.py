"""Where the time goes: what the program is doing, looked at after every few milliseconds of CPU."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TypeVar

R = TypeVar("R")

#: Seconds of CPU between two looks.
EVERY = 0.004


def sampled(work: Callable[[], R]) -> tuple[R, Counter[str]]:
    """The outcome of the work, and how often each function of ours was met at it, or at what it calls elsewhere."""
    looks: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _signal, frame: looks.update([_ours(frame)]))
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        return work(), looks
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _ours(frame: FrameType | None) -> str:
    """The innermost function of bbsync that is running."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if "bbsync" in path.parts and "tests" not in path.parts:
            return f"{path.parent.name}/{path.name} {frame.f_code.co_qualname}"
        frame = frame.f_back
    return "elsewhere"
