"""How many queries an account may ask within two minutes, and the headers that say what is left."""

from __future__ import annotations

import math
import re
import threading
from collections import deque
from collections.abc import Callable

from attrs import define, field

from bbsync.sandbox.jupiterone.answers import Refused

#: Queries are counted over so many seconds.
WINDOW = 120

_QUERY = re.compile(r"\bqueryV1\b")


@define(eq=False)
class QueryLimit:
    """The queries of the last two minutes. A refused request counts for nothing."""

    limit: int
    clock: Callable[[], float]
    _asked: deque[float] = field(factory=deque)
    _lock: threading.Lock = field(factory=threading.Lock)

    def take(self, text: str) -> dict[str, str]:
        """Count the queries of a GraphQL request; the headers of its answer. A request is taken whole or refused."""
        wanted = len(_QUERY.findall(text))
        if not self.limit or not wanted:
            return {}
        with self._lock:
            now = self.clock()
            while self._asked and self._asked[0] <= now - WINDOW:
                self._asked.popleft()
            if len(self._asked) + wanted > self.limit:
                raise Refused(429, "TOO_MANY_REQUESTS", "Rate limit exceeded", self._headers(wanted, now))
            self._asked.extend([now] * wanted)
            return self._headers(wanted, now)

    def _headers(self, wanted: int, now: float) -> dict[str, str]:
        """Limit, what is left, whole seconds until nothing is counted any more, and what was asked for."""
        reset = math.ceil(self._asked[-1] + WINDOW - now) if self._asked else 0
        return {
            "RateLimit-Limit": f"{self.limit}, {self.limit};window={WINDOW}",
            "RateLimit-Remaining": str(self.limit - len(self._asked)),
            "RateLimit-Reset": str(reset),
            "RateLimit-Requested": str(wanted),
        }
