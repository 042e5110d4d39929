"""What was looked at: listings, how far each was read, and why one was not."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen


@frozen(order=True)
class Listing:
    """The unit of looking: the items of one kind under one parent, as in "the pull requests of repository X".

    `parent` is the parent's entity key; it is empty for a kind that has no parent (workspaces).
    """

    kind: str
    parent: str = ""


class Extent(Enum):
    """How far a listing was read."""

    COMPLETE = "complete"
    """To its end: what is not in it was not listed."""
    WINDOW = "window"
    """To its end, but by design only items that changed lately: absence says nothing."""
    EARLIER = "earlier"
    """Not in this run: it was read completely a while ago and is not due yet. Absence says nothing."""


@frozen
class Gap:
    """A listing, or one item of it, that could not be read. Silence is not absence.

    `code` is a stable message code such as `BB-FETCH-403`; `detail` is a sentence for people; `item` is the key of
    the one entity concerned, empty when it is the whole listing. A `known` gap was announced beforehand (no admin
    scope) and is said once.
    """

    listing: Listing
    code: str
    detail: str
    item: str = ""
    known: bool = False


@frozen
class Read:
    """A listing that was read: how far, how many items, over how many pages.

    `since` is the opening of the window and `watermark` the server's time before which nothing was missed, both in
    epoch milliseconds; both are None where the listing has no window.
    """

    extent: Extent
    items: int = 0
    pages: int = 0
    since: int | None = None
    watermark: int | None = None


@frozen
class Coverage:
    """Every listing that the run meant to read: either read, or a gap."""

    read: Mapping[Listing, Read] = field(factory=dict)
    gaps: tuple[Gap, ...] = ()

    def complete(self, listing: Listing) -> bool:
        """Whether absence from the listing means something."""
        found = self.read.get(listing)
        return found is not None and found.extent is Extent.COMPLETE

    @property
    def planned(self) -> int:
        """How many listings the run meant to read."""
        return len(self.read) + len({gap.listing for gap in self.gaps if not gap.item} - set(self.read))

    @property
    def read_in_full(self) -> frozenset[Listing]:
        """The listings of which nothing is missing, not even one item."""
        return frozenset(self.read) - {gap.listing for gap in self.gaps}
