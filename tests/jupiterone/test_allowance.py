"""The allowance of queries: never more than the account has, and never a wait without end."""

from __future__ import annotations

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from bbsync.jupiterone.allowance import WINDOW, QueryAllowance


@define
class Book:
    """A ledger in memory, a clock that moves when somebody sleeps, and what was said."""

    now: float = 1_000_000.0
    runs: bool = True
    at: list[int] = field(factory=list)
    said: list[str] = field(factory=list)

    def take(self, _consumer: str, at: int, *, since: int, limit: int) -> bool:
        """Write one down, if there is room."""
        if len([one for one in self.at if one > since]) >= limit:
            return False
        self.at.append(at)
        return True

    def record(self, _consumer: str, at: int) -> None:
        """Write one down."""
        self.at.append(at)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds * self.runs

    def allowance(self, limit: int) -> QueryAllowance:
        """The allowance that keeps this book."""
        return QueryAllowance("acme", limit, lambda: self.now, self.sleep, self.said.append, lambda: self)


@given(st.integers(1, 9), st.lists(st.floats(0, 50), max_size=40))
def test_no_two_minutes_hold_more_than_the_limit(limit: int, gaps: list[float]) -> None:
    """However queries come, and at any moment that one looks."""
    book = Book()
    allowance = book.allowance(limit)

    for gap in gaps:
        book.now += gap
        allowance()

    assert all(len([one for one in book.at if at - WINDOW * 1000 < one <= at]) <= limit for at in book.at)
    assert len(book.at) == len(gaps)


def test_waiting_is_said() -> None:
    """Whoever watches learns why nothing moves, and for how long at most."""
    book = Book()
    allowance = book.allowance(2)

    for _ in range(3):
        allowance()

    assert book.said[0] == "2 queries in 2 minutes are all that JupiterOne allows: waiting 120 s at most"


def test_wait_has_an_end() -> None:
    """With a clock that stands, JupiterOne itself is asked after one window."""
    book = Book(runs=False)
    allowance = book.allowance(1)

    for _ in range(3):
        allowance()

    assert len(book.at) == 3


def test_runs_share_what_is_left() -> None:
    """A run after another one does not begin with a full purse."""
    book = Book()
    book.allowance(2)()
    book.allowance(2)()

    book.allowance(2)()

    assert book.now >= 1_000_000.0 + WINDOW
