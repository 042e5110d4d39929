"""The pen: how wide, in which colours and with which characters a plan is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import field, frozen

from bbsync.show.safe import Safe, clip, columns, pad, safe, wrapped

#: Symbol to SGR code. Every symbol carries its meaning without colour, too.
COLOURS = {
    "*": "1",
    "+": "32",
    "~": "33",
    ">": "36",
    "-/+": "31",
    "-": "31",
    "=": "2",
    "!": "35",
    " ": "2",
    "bold": "1",
}

NARROWEST, WIDEST = 80, 120

#: Where notes begin, in parts of a hundred of the width.
NOTE_COLUMN = 52

#: A list that is not shown in full shows this many from its beginning, and its last.
FIRST = 3

#: More rows of one sort than this are not listed one by one, but for `full`.
LONGEST_LIST = 20


@frozen
class Glyphs:
    """The characters beyond names: for terminals that know Unicode, and for those that do not."""

    arrow: str = "→"
    dot: str = "·"
    ellipsis: str = "…"
    branch: str = "├─ "
    corner: str = "└─ "
    trunk: str = "│  "
    gap: str = "   "


ASCII = Glyphs(arrow="->", dot="-", ellipsis="...", branch="+- ", corner="`- ", trunk="|  ")


@frozen
class Pen:
    """How to write. `full` leaves nothing out, however long it gets."""

    width: int
    colour: bool
    unicode: bool
    full: bool
    glyphs: Glyphs = field(init=False)

    def __attrs_post_init__(self) -> None:
        set_once = object.__setattr__  # frozen: both follow from what was given
        set_once(self, "width", min(max(self.width, NARROWEST), WIDEST))
        set_once(self, "glyphs", Glyphs() if self.unicode else ASCII)

    def safe(self, text: str) -> Safe:
        """Remote text, made harmless."""
        return safe(text, ascii_only=not self.unicode)

    def label(self, text: str) -> Safe:
        """The label of an element, made harmless; its dot is one of ours."""
        return self.safe(text if self.unicode else text.replace(" · ", f" {self.glyphs.dot} "))

    def paint(self, text: str, style: str) -> str:
        """The text in the colour of a symbol, or in bold."""
        return f"\x1b[{COLOURS[style]}m{text}\x1b[0m" if self.colour else text

    def heading(self, text: str) -> str:
        """A section's first line."""
        return self.paint(text, "bold")

    def row(self, symbol: str, text: str, note: str = "", *, column: int = 0) -> Iterator[str]:
        """A line for one thing, with a note in its column; a note that does not fit has the next line."""
        start = max(column or self.width * NOTE_COLUMN // 100, columns(text) + len(symbol) + 5)
        if not note or start + columns(note) > self.width:
            yield from self._line(symbol, text)
            yield from self.prose(note, indent=6)
        else:
            yield from self._line(symbol, pad(text, start - 3 - len(symbol)) + note)

    def table(self, rows: Sequence[tuple[str, str, str, str]]) -> Iterator[str]:
        """Rows of symbol, count, place and note, each in its column."""
        counts = max((columns(count) for _, count, _, _ in rows), default=0)
        column = 8 + counts + max((columns(place) for _, _, place, _ in rows), default=0)
        for symbol, count, place, note in rows:
            text = f"{pad(count, counts)}  {place}".rstrip(" ")
            yield from self.row(symbol, text, note, column=min(column, self.width * 2 // 3))

    def _line(self, symbol: str, text: str) -> Iterator[str]:
        painted, room = self.paint(symbol, symbol), self.width - 3 - len(symbol)
        if self.full:
            first, *rest = wrapped(text, room) if columns(text) > room else (text,)
            yield f"  {painted} {first}".rstrip(" ")
            yield from (f"      {line}" for each in rest for line in wrapped(each, self.width - 6))
        else:
            yield f"  {painted} {clip(text, room, self.glyphs.ellipsis)}".rstrip(" ")

    def prose(self, text: str, *, indent: int = 0) -> Iterator[str]:
        """The text in lines within the width."""
        return (" " * indent + line for line in wrapped(text, self.width - indent))

    def names(self, names: Iterable[str], room: int | None = None) -> str:
        """Names separated by commas: all of them, or the first and the last and how many there are between.

        In little room, fewer of the first.
        """
        listed = list(names)
        whole = ", ".join(listed)
        fits = len(listed) <= FIRST + 2 and (room is None or columns(whole) <= room)
        if self.full or fits or len(listed) < FIRST:
            return whole
        tried = [self._some(listed, first) for first in range(min(FIRST, len(listed) - 2), 0, -1)]
        return next((some for some in tried if room is None or columns(some) <= room), tried[-1])

    def _some(self, listed: Sequence[str], first: int) -> str:
        more = f"{self.glyphs.ellipsis} {len(listed) - first - 1} more {self.glyphs.ellipsis}"
        return f"{', '.join(listed[:first])} {more} {listed[-1]}"
