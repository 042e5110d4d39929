"""How long Bitbucket asks to be left alone, in the few answers that say so."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

#: Nobody is believed who asks for more, in seconds: the limits are by the hour.
LONGEST = 86_400.0


def retry_after(response: httpx.Response, now: float) -> float | None:
    """Seconds to wait from now on by the Retry-After header, or None when there is none that makes sense.

    The header holds seconds or a date; `now` is epoch seconds.
    """
    text = response.headers.get("retry-after", "").strip()
    return _until_date(text, now) if _seconds(text) is None else _seconds(text)


def told_to_rest(response: httpx.Response, now: float) -> float | None:
    """Seconds to rest after a 429: by Retry-After, or else by x-ratelimit-reset, which holds seconds and not a time."""
    asked = retry_after(response, now)
    return asked if asked is not None else _seconds(response.headers.get("x-ratelimit-reset", "").strip())


def _seconds(text: str) -> float | None:
    return min(float(text), LONGEST) if text.isascii() and text.isdigit() else None


def _until_date(text: str, now: float) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        # A date without a zone is meant as GMT, as HTTP says.
        left = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, left), LONGEST)
