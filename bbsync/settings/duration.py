"""Lengths of time as people write them: "24h", "30m", "1d"."""

from __future__ import annotations

import re

from bbsync.bitbucket.settings import Seconds

FORMS = 'a whole number and a unit, such as "90s", "30m", "24h" or "7d"'

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
#: Nine digits of days are more than anybody means, and keep every number small.
_DURATION = re.compile(r"([0-9]{1,9})\s*([smhd])")


def seconds(text: str) -> Seconds:
    """The length of time in seconds; raises ValueError for anything but the accepted forms."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(FORMS)
    return Seconds(int(found[1]) * _UNITS[found[2]])


def spelled(length: Seconds) -> str:
    """The length of time as people write it, in the largest unit that takes no fraction; a day is 24 hours."""
    unit = next((unit for unit in ("h", "m") if length and length % _UNITS[unit] == 0), "s")
    return f"{length // _UNITS[unit]}{unit}"
