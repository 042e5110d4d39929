"""What differs between an element before and after, as the page shows it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from itertools import islice

from attrs import frozen

from bbsync.graph import Element, Value
from bbsync.show.explain import Difference, differences
from bbsync.show.page.listed import PEN, called
from bbsync.show.rows import AnyChange
from bbsync.show.values import first_difference, is_text, shorten, shown, unified, written

#: A longer value is cut around the first difference.
LONGEST_VALUE = 300

#: Of the items of a list, and of the lines of a text, no more than this are shown.
MOST = 40

#: Where less than this many letters are the same at both ends, pointing out the rest helps nobody.
SAME_ENOUGH = 6


@frozen
class Marked:
    """A value: what differs in it, between what does not."""

    head: str
    middle: str
    tail: str


@frozen
class Property:
    """A property that differs: as values, as items of a list, or as lines of a text."""

    name: str
    before: Marked
    after: Marked
    items: tuple[tuple[str, str], ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    more: int = 0


def properties_of(change: AnyChange) -> tuple[Property, ...]:
    """The properties that an update changes."""
    if change.before is None or change.after is None:
        return ()
    return tuple(map(_property, shown(differences(change.before, change.after))))


def properties_between(one: Element | None, other: Element | None, names: Container[str]) -> tuple[Property, ...]:
    """The properties of these names that differ; none where there is but one of both."""
    if one is None or other is None:
        return ()
    return tuple(_property(found) for found in differences(one, other) if found.name in names)


def _property(difference: Difference) -> Property:
    name, nothing = called(difference.name), Marked("", "", "")
    if difference.added or difference.removed:
        items = (*_items("+", difference.added, difference.name), *_items("-", difference.removed, difference.name))
        more = len(difference.added) + len(difference.removed) - len(items)
        return Property(name, nothing, nothing, items=items, more=more)
    if is_text(difference):
        lines = list(unified(str(difference.before), str(difference.after), PEN))[1:]
        return Property(name, nothing, nothing, lines=tuple(map(_line, lines[:MOST])), more=max(0, len(lines) - MOST))
    return Property(name, *_marked(difference))


def _line(line: str) -> tuple[str, str]:
    """Its sign, and what it says; dots where lines are left out that do not differ."""
    return ("", PEN.glyphs.ellipsis) if line.startswith("@@") else (line[:1], _cut(line[1:], 0))


def _items(symbol: str, items: Iterable[Value], name: str) -> tuple[tuple[str, str], ...]:
    return tuple((symbol, _cut(written(item, name, PEN), 0)) for item in islice(items, MOST))


def _cut(text: str, focus: int) -> str:
    return shorten(text, LONGEST_VALUE, focus, PEN.glyphs.ellipsis)


def _marked(difference: Difference) -> tuple[Marked, Marked]:
    before, after = (written(value, difference.name, PEN) for value in (difference.before, difference.after))
    focus = first_difference(before, after)
    one, other = _cut(before, focus), _cut(after, focus)
    head = first_difference(one, other)
    tail = first_difference(one[head:][::-1], other[head:][::-1])
    if head + tail < SAME_ENOUGH:
        return Marked("", one, ""), Marked("", other, "")
    return _split(one, head, tail), _split(other, head, tail)


def _split(text: str, head: int, tail: int) -> Marked:
    end = len(text) - tail
    return Marked(text[:head], text[head:end], text[end:])
