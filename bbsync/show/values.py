"""How values are written: scalars, moments, lists, and two long ones so that the first difference is in view."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from bbsync.graph import Value
from bbsync.show.explain import Absent, Difference, Shown
from bbsync.show.pen import Pen
from bbsync.show.safe import clip, columns, pad, wrapped
from bbsync.show.words import moment

#: A longer value is cut, but for `full`.
LONGEST = 60

#: Indent of properties under the row of their element.
INDENT = " " * 6

#: Names of properties take no more columns than this before their values move on.
NAME_COLUMN = 24

#: Properties that others repeat, by the one that repeats them.
SAID_BY = {"displayName": ("name",), "name": ("title",)}


def shown(differing: Iterable[Difference]) -> list[Difference]:
    """The properties that are worth a line: `displayName` says what `name` says, and that what `title` says."""
    by_name = {one.name: one for one in differing}
    return [one for one in by_name.values() if not any(other in by_name for other in SAID_BY.get(one.name, ()))]


def written(value: Shown, name: str, pen: Pen) -> str:
    """The value as reports write it; a number whose property is called `…On` is a moment."""
    if isinstance(value, Absent):
        return "(none)"
    if isinstance(value, tuple):
        return f"[{pen.names(_scalar(one, name, pen) for one in value)}]"
    return _scalar(value, name, pen)


def _scalar(value: Value, name: str, pen: Pen) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and name.endswith("On"):
        return moment(value)
    return '"{}"'.format(pen.safe(value).replace('"', '\\"')) if isinstance(value, str) else str(value)


def shorten(text: str, limit: int, focus: int, ellipsis: str) -> str:
    """About `limit` columns of the text: its head and tail, or where that would hide `focus`, what is around it."""
    if columns(text) <= limit:
        return text
    room = max((limit - len(_hidden(len(text), ellipsis))) * len(text) // columns(text), 6)
    head, tail = room - room // 3, room // 3
    if focus < head or focus >= len(text) - tail:
        return f"{text[:head]}{_hidden(len(text) - head - tail, ellipsis)}{text[len(text) - tail :]}"
    room = max(room - len(_hidden(len(text), ellipsis)), 6)  # now something is hidden on both sides
    start = max(focus - room // 3, 0)
    end = start + room
    after = _hidden(len(text) - end, ellipsis) if end < len(text) else ""
    return f"{_hidden(start, ellipsis)}{text[start:end]}{after}"


def _hidden(count: int, ellipsis: str) -> str:
    return f"{ellipsis}[{count} more]{ellipsis}"


def first_difference(one: str, other: str) -> int:
    """The first place where two texts differ."""
    together = zip(one, other, strict=False)
    return next((place for place, (left, right) in enumerate(together) if left != right), min(len(one), len(other)))


def lines(difference: Difference, pen: Pen, *, names: int) -> Iterator[str]:
    """The difference as lines under the row of its element; `names` is the width of the column of names."""
    width = min(names, NAME_COLUMN)
    name = pad(clip(pen.safe(difference.name), width, pen.glyphs.ellipsis), width)
    room = pen.width - len(INDENT) - columns(name) - 2
    if difference.added or difference.removed:
        body = iter((_as_sets(difference, pen),))
    elif pen.full and is_text(difference):
        body = unified(str(difference.before), str(difference.after), pen)
    else:
        body = _pair(difference, pen, room)
    for number, line in enumerate(line for part in body for line in _fitted(part, room, pen)):
        yield f"{INDENT}{name if number == 0 else ' ' * columns(name)}  {line}"


def inline(difference: Difference, pen: Pen, room: int) -> str:
    """The difference in one line, name first; `room` is what its values may take, but for `full`."""
    if difference.added or difference.removed:
        body = _as_sets(difference, pen)
    else:
        body = "".join(_pair(difference, pen, room))
    return f"{pen.safe(difference.name)}: {body}"


def _fitted(text: str, room: int, pen: Pen) -> Iterator[str]:
    return wrapped(text, room) if pen.full else iter((clip(text, room, pen.glyphs.ellipsis),))


def _as_sets(difference: Difference, pen: Pen) -> str:
    moves = [
        (f"{symbol} ", listed) for symbol, listed in (("+", difference.added), ("-", difference.removed)) if listed
    ]
    return ", ".join(
        pen.names(symbol + _scalar(item, difference.name, pen) for item in listed) for symbol, listed in moves
    )


def is_text(difference: Difference) -> bool:
    """Whether both are texts, and one of them has lines."""
    ends = (difference.before, difference.after)
    return all(isinstance(value, str) for value in ends) and any("\n" in str(value) for value in ends)


def unified(before: str, after: str, pen: Pen) -> Iterator[str]:
    """The lines of two texts that differ, with those around them."""
    found = difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=1)
    return (pen.safe(line) for line in list(found)[2:])


def _pair(difference: Difference, pen: Pen, room: int) -> Iterator[str]:
    before, after = (written(value, difference.name, pen) for value in (difference.before, difference.after))
    arrow = f" {pen.glyphs.arrow} "
    if pen.full or columns(before + arrow + after) <= room:
        yield before + arrow + after
        return
    space = room - columns(arrow)
    focus = first_difference(before, after)
    half = max(space // 2, space - columns(after))
    cut = shorten(before, min(LONGEST, half), focus, pen.glyphs.ellipsis)
    rest = space - columns(cut)
    yield cut + arrow + shorten(after, min(LONGEST, rest), focus, pen.glyphs.ellipsis)
