"""Sections of Markdown within a number of bytes: which rows stay, and what is said of those that do not.

Every section keeps its title, with its count. Rows go from the end of the least important section first; a section
whose rows do not all fit ends with how many more there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import field, frozen

#: Makes the finished cells of a row: of a large plan few rows are ever made.
Row = Callable[[], tuple[str, ...]]


@frozen
class Section:
    """A table, or a list where it has no columns. What has the highest importance stays longest."""

    title: str
    importance: int
    columns: tuple[str, ...] = ()
    rows: Sequence[Row] = field(factory=tuple, repr=False)

    def shown(self, count: int) -> str:
        """The section with its first rows; with none of them it is one line."""
        if count == 0:
            return f"{self.title}: left out"
        hidden = len(self.rows) - count
        rows = (self._line(row()) for row in self.rows[:count])
        return "\n".join([*self._opening(), *rows, *self._ending(hidden)])

    def that_fit(self, room: int) -> int:
        """How many rows there may be so that the section takes no more bytes than that, all of them or fewer."""
        count = self._first(room - size("\n".join(self._opening())))
        if count == len(self.rows):
            return count
        return self._first(room - size("\n".join([*self._opening(), *self._ending(len(self.rows))])))

    def _first(self, room: int) -> int:
        for count, row in enumerate(self.rows):
            room -= size(self._line(row())) + 1
            if room < 0:
                return count
        return len(self.rows)

    def _opening(self) -> Iterator[str]:
        yield f"{self.title}\n"
        if self.columns:
            yield self._line(self.columns)
            yield self._line(("---",) * len(self.columns))

    def _ending(self, hidden: int) -> Iterator[str]:
        if hidden:
            yield self._line((f"… {hidden} more", *[""] * (len(self.columns) - 1)))

    def _line(self, cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |" if self.columns else f"- {' '.join(cells)}"


def size(text: str) -> int:
    """The bytes of the text."""
    return len(text.encode())


def within(head: str, sections: Sequence[Section], foot: str, *, limit: int | None, shortened: str) -> str:
    """Head, sections and foot, in not more bytes than the limit if head, titles and foot alone do not take more.

    `shortened` is said at the end of what is.
    """
    whole = [len(section.rows) for section in sections]
    counts = whole if limit is None else _counts(sections, limit - _least(head, sections, foot))
    if counts != whole and limit is not None:
        foot = f"{foot}\n\n{shortened}"
        counts = _counts(sections, limit - _least(head, sections, foot))
    shown = (section.shown(count) for section, count in zip(sections, counts, strict=True))
    return _document([head, *shown, foot])


def _least(head: str, sections: Sequence[Section], foot: str) -> int:
    return size(_document([head, *(section.shown(0) for section in sections), foot]))


def _counts(sections: Sequence[Section], left: int) -> list[int]:
    """How many rows each section shows with so many bytes beside the titles, the most important first."""
    counts = [0] * len(sections)
    for number, section in sorted(enumerate(sections), key=lambda pair: -pair[1].importance):
        title = size(section.shown(0))
        counts[number] = section.that_fit(left + title)
        left -= size(section.shown(counts[number])) - title
    return counts


def _document(blocks: Sequence[str]) -> str:
    return "\n\n".join(blocks) + "\n"
