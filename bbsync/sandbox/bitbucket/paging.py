"""Pages: numbered ones, cursors, and page tokens that only look like numbers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from bbsync.sandbox.bitbucket.answers import Refusal, refusal
from bbsync.sandbox.bitbucket.call import Call

#: Parameters that may be given once only.
_SINGLE = ("page", "pagelen", "fields", "q", "sort", "ctx")


@frozen
class Lengths:
    """How many items a page of an endpoint holds, and may hold."""

    default: int = 10
    maximum: int = 100

    def read(self, call: Call) -> int:
        """The page length asked for; too much is refused, never clamped."""
        length = _whole(call.query.get("pagelen", str(self.default)))
        if length is None or not 1 <= length <= self.maximum:
            raise refusal(400, "Invalid pagelen")
        return length


@frozen
class Page:
    """The items of one page, and what its document says beside them."""

    items: Sequence[Any]
    members: dict[str, object]


Style = Callable[[Call, Sequence[Any], Lengths], Page]


def check_parameters(call: Call) -> None:
    """Refuse a parameter that was given twice."""
    for name in _SINGLE:
        if len(call.query.get_list(name)) > 1:
            raise refusal(400, f"Invalid {name}", "The parameter was given more than once.")


def numbered(call: Call, items: Sequence[Any], lengths: Lengths) -> Page:
    """Pages by number, with the size of the whole. They shift when the list changes between two of them."""
    length = lengths.read(call)
    number = _whole(call.query.get("page", "1"))
    if number is None or number < 1:
        raise bad_page()
    start = (number - 1) * length
    members: dict[str, object] = {"pagelen": length, "size": len(items), "page": number}
    if start + length < len(items):
        members["next"] = call.page_link(number + 1)
    if number > 1:
        members["previous"] = call.page_link(number - 1)
    return Page(items[start : start + length], members)


def cursor(call: Call, items: Sequence[Any], lengths: Lengths) -> Page:
    """Pages by an opaque context that counts from the old end, so that news in front shifts nothing."""
    length = lengths.read(call)
    left = _untoken(call.query["ctx"], "x") if "ctx" in call.query else len(items)
    start = max(len(items) - left, 0)
    members: dict[str, object] = {"pagelen": length}
    if start + length < len(items):
        members["next"] = call.page_link(_token(len(items) - start - length, "x"), "ctx")
    return Page(items[start : start + length], members)


def tokens(call: Call, items: Sequence[Any], lengths: Lengths) -> Page:
    """Pages by a token in `page`; a made-up number, or one beyond the end, is refused."""
    length = lengths.read(call)
    start = _untoken(call.query["page"], "c") if "page" in call.query else 0
    if start >= max(len(items), 1):
        raise bad_page()
    members: dict[str, object] = {"pagelen": length}
    if start + length < len(items):
        members["next"] = call.page_link(_token(start + length, "c"))
    return Page(items[start : start + length], members)


def bad_page() -> Refusal:
    return refusal(400, "Invalid page")


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None


def _token(number: int, mark: str) -> str:
    return base64.urlsafe_b64encode(f"{mark}{number}".encode()).decode().rstrip("=")


def _untoken(token: str, mark: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise bad_page() from None
    number = _whole(text.removeprefix(mark)) if text.startswith(mark) else None
    if number is None:
        raise bad_page()
    return number
