"""How many requests a run may send."""

from __future__ import annotations

from attrs import define

from bbsync.errors import BitbucketError


class BudgetSpent(BitbucketError):
    """The run has sent as many requests as it may."""

    def __init__(self, calls: int) -> None:
        super().__init__(
            f"the run has made the {calls:,} calls that it may",
            why="The setting calls_budget in [limits] of bbsync.toml says so.",
            next_step="Raise calls_budget, or remove it, and run again.",
            code="BB-BUDGET",
        )


@define
class Budget:
    """The requests of one run, those for tokens and repetitions included. Not thread-safe; the pool locks.

    `calls` is how many may be sent; 0 sets no bound.
    """

    calls: int = 0
    spent: int = 0

    def require(self) -> None:
        """Raise BudgetSpent unless one more may be sent."""
        if 0 < self.calls <= self.spent:
            raise BudgetSpent(self.calls)

    def spend(self) -> None:
        """Count one more, or raise BudgetSpent."""
        self.require()
        self.spent += 1
