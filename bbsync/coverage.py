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

    `since` is the opening of the window, None where the listing has none; `watermark` is the server's time before
    which nothing was missed, None where it did not tell. Both are epoch milliseconds.
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

    def is_earlier(self, listing: Listing) -> bool:
        """Whether the listing was read in an earlier run, and not in this one."""
        found = self.read.get(listing)
        return found is not None and found.extent is Extent.EARLIER

    @property
    def planned(self) -> int:
        """How many listings the run meant to read."""
        return len(self.read) + len({gap.listing for gap in self.gaps if not gap.item} - set(self.read))

    @property
    def earlier(self) -> Mapping[str, tuple[int, int]]:
        """By kind, how many listings were read in an earlier run, and when the oldest was (epoch milliseconds)."""
        found: dict[str, tuple[int, int]] = {}
        for listing, read in sorted(self.read.items()):
            if read.extent is Extent.EARLIER and read.watermark is not None:
                count, oldest = found.get(listing.kind, (0, read.watermark))
                found[listing.kind] = (count + 1, min(oldest, read.watermark))
        return found

    @property
    def windows(self) -> Mapping[str, int]:
        """The earliest opening (epoch milliseconds) of the window of each kind that has one."""
        opened: dict[str, int] = {}
        for listing, read in sorted(self.read.items()):
            if read.extent is Extent.WINDOW and read.since is not None:
                opened[listing.kind] = min(read.since, opened.get(listing.kind, read.since))
        return opened

    @property
    def read_in_full(self) -> frozenset[Listing]:
        """The listings of which nothing is missing, not even one item."""
        return frozenset(self.read) - {gap.listing for gap in self.gaps}


@frozen
class Reading:
    """A listing that an earlier run read to its end, and whose plan was applied.

    `at` is the server's time (epoch milliseconds). `mark` is the digest of what the listing held in the graph then: if
    it holds something else now, the reading is worth nothing.
    """

    at: int
    mark: str


@frozen
class Known:
    """What earlier runs found out, as far as their plans were applied.

    Attributes:
        watermarks: by parent key, the time (epoch milliseconds) before which nothing of its history was missed.
        readings: by listing, when it was read to its end.
        marks: by key of an entity that took further listings to make, the digest of what it was made from and of what
            it was in the graph.
    """

    watermarks: Mapping[str, int] = field(factory=dict)
    readings: Mapping[Listing, Reading] = field(factory=dict)
    marks: Mapping[str, str] = field(factory=dict)
