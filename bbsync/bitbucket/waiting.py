"""Wait until a consumer is free again, and let whoever watches know until when."""

from __future__ import annotations

import threading
from collections.abc import Callable

from attrs import define, field

from bbsync.bitbucket.allowance import AllSpent, utc
from bbsync.events import Happened, RateLimited, unheard
from bbsync.planfile.reading import write_moment

#: No sleep is longer, in seconds: the clock may be put right meanwhile, and CI systems end a job that is silent.
LONGEST_SLEEP = 60.0


@define(eq=False)
class Waiting:
    """What happens when all consumers are spent and the run may wait; every thread of it comes here.

    A call returns before the time if that is far away: who comes back sees whether there are calls, and waits on.
    """

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    say: Callable[[str], None]
    happened: Happened = unheard
    _said: str = field(default="", init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def __call__(self, spent: AllSpent) -> None:
        """Sleep until the first consumer is free again, a minute at most."""
        left = max(1.0, spent.free_at - self.clock())
        line = f"no calls left  going on at {utc(spent.free_at)}, in {-(-left // 60):.0f} min"
        self._tell(line, RateLimited(0, write_moment(int(spent.free_at * 1000))))
        self.sleep(min(left, LONGEST_SLEEP))

    def _tell(self, line: str, event: RateLimited) -> None:
        with self._lock:
            if line != self._said:
                self._said = line
                self.say(line)
                self.happened(event)
