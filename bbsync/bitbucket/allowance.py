"""An OAuth consumer, and what is left of its calls."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from attrs import field, frozen

from bbsync.errors import RateLimitSpent
from bbsync.secret import Secret


@frozen
class Consumer:
    """One OAuth consumer; `position` counts from 1, as in the settings, and `of` is how many there are."""

    position: int
    of: int
    key: str = field(repr=False)
    secret: Secret

    @property
    def id(self) -> str:
        """What the ledger calls it: the same in every run, wherever it stands in the list, and not its key."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"consumer {self.position} of {self.of} (its key ends in {self.key[-4:]})"


@frozen
class Allowance:
    """How a consumer stands: calls of the last hour, and when it may be used again (epoch seconds).

    A consumer that is not `free` has nothing left even when our own count is below the limit: somebody else used it.
    """

    consumer: Consumer
    used: int
    limit: int
    free: bool
    free_at: float

    @property
    def left(self) -> int:
        """Calls that may be made now."""
        return max(0, self.limit - self.used) if self.free else 0

    def __str__(self) -> str:
        refused = "" if self.used >= self.limit else ", was told to stop,"
        return (
            f"{self.consumer} made {self.used:,} of {self.limit:,} calls within the hour{refused}"
            f" and is free again at {utc(self.free_at)}"
        )


class AllSpent(RateLimitSpent):
    """Every consumer has used up its hour; the first may be used again at `free_at` (epoch seconds)."""

    def __init__(self, allowances: Sequence[Allowance]) -> None:
        self.free_at = min(allowance.free_at for allowance in allowances)
        count = len(allowances)
        super().__init__(
            "the OAuth consumer has no calls left" if count == 1 else f"all {count} OAuth consumers have no calls left",
            why="; ".join(map(str, allowances)) + ".",
            next_step=f"Run again after {utc(self.free_at)}, add a consumer to the comma-separated lists, which gives"
            f" {allowances[0].limit:,} more calls at once and in every hour,"
            ' or set on_exhausted = "wait" or "partial" in [limits] of bbsync.toml.',
        )


def utc(seconds: float) -> str:
    """A time as people read it: "2026-01-31 09:41:20Z"."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}Z"
