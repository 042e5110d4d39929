"""Some of many: how much of a plan the page lists, so that a huge plan makes a page that still opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Generic, TypeVar

from attrs import field, frozen

from bbsync.show.pen import WIDEST, Pen
from bbsync.show.safe import clip

#: Of the changes of one type that do the same, the page lists this many and counts the others.
LISTED = 200

#: A name takes no more columns than this.
LONGEST_NAME = 400

#: The page writes values and names as text does: safely, and with long lists collapsed.
PEN = Pen(WIDEST, colour=False, unicode=True, full=False)

T = TypeVar("T")


@frozen
class Listed(Generic[T]):
    """The first of many, how many of them are not listed, and how many go with those."""

    shown: tuple[T, ...]
    hidden: int = 0
    following: int = 0


@frozen
class Allowance:
    """How many more of each type may be listed. It is used up by those who take from it."""

    taken: Counter[str] = field(factory=Counter)

    def first(self, entity_type: str, many: Sequence[T]) -> Listed[T]:
        """As many of the first ones as may still be listed."""
        some = tuple(many[: LISTED - self.taken[entity_type]])
        self.taken[entity_type] += len(some)
        return Listed(some, len(many) - len(some))


def called(name: str) -> str:
    """The name, harmless and not endless."""
    return clip(PEN.label(name), LONGEST_NAME, PEN.glyphs.ellipsis)
