"""Promises of the account of what was looked at."""

from __future__ import annotations

import pytest

from bbsync.coverage import Coverage, Extent, Gap, Listing, Read

PROJECTS = Listing("project", "{acme}")
REPOSITORIES = Listing("repository", "{acme}")


@pytest.mark.parametrize(
    ("extent", "complete"), [(Extent.COMPLETE, True), (Extent.WINDOW, False), (Extent.EARLIER, False)]
)
def test_absence_counts_only_in_a_complete_listing(extent: Extent, *, complete: bool) -> None:
    """A window and an earlier reading say nothing of what they do not show."""
    coverage = Coverage({PROJECTS: Read(extent)})

    assert coverage.complete(PROJECTS) is complete


def test_absence_from_an_unread_listing_counts_for_nothing() -> None:
    """What nobody looked at is not absent."""
    assert not Coverage().complete(PROJECTS)


def test_planned_counts_every_listing_once() -> None:
    """A listing with two gaps is one listing; a gap of an item belongs to a listing that was read."""
    gaps = (
        Gap(PROJECTS, "BB-FETCH-500", "500"),
        Gap(PROJECTS, "BB-FETCH-403", "403"),
        Gap(REPOSITORIES, "BB-FETCH-500", "500", item="{web}"),
    )
    coverage = Coverage({REPOSITORIES: Read(Extent.COMPLETE)}, gaps)

    assert coverage.planned == 2


def test_a_listing_with_an_unread_item_is_not_read_in_full() -> None:
    """One pull request whose commits failed keeps the watermark of its repository back."""
    gap = Gap(REPOSITORIES, "BB-FETCH-500", "500", item="{web}")
    read = {PROJECTS: Read(Extent.COMPLETE), REPOSITORIES: Read(Extent.COMPLETE)}

    coverage = Coverage(read, (gap,))

    assert coverage.read_in_full == frozenset({PROJECTS})
    assert coverage.complete(REPOSITORIES)
