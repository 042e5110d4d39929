"""Promises of refusing what cannot be kept, with the number that can."""

from __future__ import annotations

import pytest

from bbsync.cadence import require_cadence
from bbsync.errors import SettingsError
from bbsync.kinds import KINDS

HOUR = 3600
THREE_THOUSAND = {"bitbucket_repo": 3000, "bitbucket_user": 120}


@pytest.mark.parametrize(
    ("refresh", "calls_per_hour"),
    [
        ({}, 1),
        ({"permission": 6 * HOUR}, 1000),
        ({"permission": 9 * HOUR, "branch_restriction": 9 * HOUR}, 1000),
        ({"permission": HOUR}, 6000),
    ],
)
def test_what_can_be_kept_is_let_through(refresh: dict[str, int], calls_per_hour: int) -> None:
    """3,000 repositories have 6,000 listings of permissions and 3,000 of branch restrictions."""
    require_cadence(refresh, THREE_THOUSAND, calls_per_hour=calls_per_hour, kinds=KINDS)


@pytest.mark.parametrize(
    ("refresh", "message"),
    [
        (
            {"permission": HOUR},
            r'of permissions .* takes 6,000 calls .* have 1,000\. Set it to "6h" or more, or use 6 times as many',
        ),
        (
            {"permission": 6 * HOUR, "branch_restriction": 6 * HOUR},
            r'permissions and branch_restrictions .* 1,500 calls .* Set each to "9h" or more, or use 2 times',
        ),
    ],
)
def test_what_cannot_be_kept_is_refused(refresh: dict[str, int], message: str) -> None:
    """The cadence that can be kept is named, and the consumers that would do."""
    with pytest.raises(SettingsError, match=message):
        require_cadence(refresh, THREE_THOUSAND, calls_per_hour=1000, kinds=KINDS)


def test_what_is_proposed_can_be_kept() -> None:
    """Whoever follows the advice is not refused again."""
    require_cadence({"permission": 6 * HOUR}, THREE_THOUSAND, calls_per_hour=1000, kinds=KINDS)
    require_cadence({"permission": HOUR}, THREE_THOUSAND, calls_per_hour=6000, kinds=KINDS)
    require_cadence(
        {"permission": 9 * HOUR, "branch_restriction": 9 * HOUR}, THREE_THOUSAND, calls_per_hour=1000, kinds=KINDS
    )
