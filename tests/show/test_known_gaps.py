"""A gap that was announced beforehand is said once."""

from __future__ import annotations

from bbsync.coverage import Gap, Listing
from bbsync.plan import LabelledGap, Origin, Plan
from bbsync.show.text import text


def test_a_scope_that_is_missing_for_two_kinds_is_one_line() -> None:
    """Without Repositories: Admin there is one line about it, and no sign of alarm."""
    gaps = tuple(
        LabelledGap(Gap(Listing(kind), "BB-SCOPE", "the consumers lack repository:admin", known=True), "")
        for kind in ("branch_restriction", "permission")
    )

    shown = text(Plan(Origin(), gaps=gaps), width=120, colour=False, unicode=True)

    lines = [line for line in shown.splitlines() if "BB-SCOPE" in line]
    assert len(lines) == 1
    assert "branch restrictions, permissions" in lines[0]
    assert lines[0].lstrip().startswith("=")
