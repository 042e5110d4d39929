"""When `bbsync watch` runs next, and whether it does."""

from __future__ import annotations

from attrs import frozen

from bbsync.errors import ExitCode

#: Seconds until a run that failed is tried again the first time; each further time takes twice as long.
SOONEST = 60.0

#: Runs that ended so did what they are for; a plan with gaps did, as far as Bitbucket let it.
GOOD = frozenset({ExitCode.OK, ExitCode.CHANGES, ExitCode.INCOMPLETE})

#: Whoever ends a run by a signal ends the watching with it.
STOPPED = frozenset({ExitCode.INTERRUPTED, ExitCode.TERMINATED})

#: What a later run may well get past by itself. Guards and gaps wait for people, or for Bitbucket, as long as ever.
PASSING = frozenset({ExitCode.ERROR, ExitCode.STALE, ExitCode.LOCKED, ExitCode.UNFINISHED})

#: A run comes later by up to this part of the time between two, so that not everybody's comes at the full hour.
JITTER = 0.1


@frozen
class Schedule:
    """Runs `every` so many seconds, counted from the beginning of one to the beginning of the next."""

    every: float

    def next(self, began: float, now: float, failures: int, chance: float) -> float:
        """When the next run begins.

        Args:
            began: when the last one did.
            now: when it ended; a run that took longer than the time between two is followed at once.
            failures: how many failed one after the other, the last one included.
            chance: a number from 0 up to 1, drawn anew each time.
        """
        later = chance * JITTER
        if failures:
            doubled = float(2 ** min(failures - 1, 30))
            pause = min(SOONEST * doubled, self.every)
            return now + pause * (1 + later)
        return max(now, began + self.every * (1 + later))
