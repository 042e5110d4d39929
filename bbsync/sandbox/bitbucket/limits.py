"""The rolling hour: how many calls a consumer may still make."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import httpx
from attrs import define, field

from bbsync.sandbox.bitbucket.answers import Refusal, plain

HOUR = 3600.0

#: The whole body of a 429. It does not say how long to wait, and neither do the headers.
SENTENCE = "Rate limit for this resource has been exceeded"


@define
class RollingHour:
    """Counts calls by whoever makes them; the hour slides with the clock."""

    clock: Callable[[], float]
    count_refused: bool = False
    rate_headers: bool = False
    _calls: dict[str, deque[float]] = field(factory=dict, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def take(self, who: str, allowed: int) -> dict[str, str]:
        """Count one call, or refuse it; gives the headers that tell what is left, where they are on."""
        with self._lock:
            now = self.clock()
            calls = self._calls.setdefault(who, deque())
            while calls and calls[0] <= now - HOUR:
                calls.popleft()
            spent = len(calls) >= allowed
            if not spent or self.count_refused:
                calls.append(now)
            headers = self._headers(calls, allowed, now)
        if spent:
            raise Refusal(too_many(headers))
        return headers

    def spend(self, who: str, allowed: int) -> None:
        """Use up the whole hour at once."""
        with self._lock:
            self._calls.setdefault(who, deque()).extend([self.clock()] * allowed)

    def _headers(self, calls: deque[float], allowed: int, now: float) -> dict[str, str]:
        if not self.rate_headers:
            return {}
        oldest = calls[0] if calls else now
        return {
            "x-ratelimit-limit": f"{allowed}, {allowed};w={int(HOUR)}",
            "x-ratelimit-remaining": str(max(allowed - len(calls), 0)),
            "x-ratelimit-reset": str(max(int(oldest + HOUR - now), 0)),
        }


def too_many(headers: dict[str, str] | None = None) -> httpx.Response:
    return plain(429, SENTENCE, {"cache-control": "no-cache, no-store", **(headers or {})})
