"""The history of audits as a table: one line an audit, the latest last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bbsync.drift import Audit
from bbsync.show.drift_words import percent
from bbsync.show.pen import Pen
from bbsync.show.words import moment, times

#: More lines than this are not listed, but for `full`.
LONGEST = 30

BARS = "▁▂▃▄▅▆▇█"

_COUNTS = ("pending", "tampered", "missing", "unmanaged", "ignored")


def trend_text(
    audits: Sequence[Audit], target: str, *, width: int, colour: bool, unicode: bool, full: bool = False
) -> str:
    """The history of one target as text; the same history, the same bytes."""
    pen = Pen(width, colour, unicode, full)
    return "\n".join(_lines(audits, target, pen)) + "\n"


def _lines(audits: Sequence[Audit], target: str, pen: Pen) -> Iterator[str]:
    yield from pen.prose(f"bbsync drift {pen.glyphs.dot} history of {pen.safe(target)}")
    yield ""
    if not audits:
        yield "No audit yet. Make one: bbsync drift"
        return
    shown = audits if pen.full else audits[-LONGEST:]
    if len(shown) < len(audits):
        dots = pen.glyphs.ellipsis
        yield f"{dots} {len(audits) - len(shown)} earlier {dots} --full lists them"
    yield pen.heading(f"{'when':20}  {'  '.join(_COUNTS)}      read")
    highest = max((audit.total for audit in audits if not audit.only), default=0)
    for audit in shown:
        yield _line(audit, highest, pen).rstrip(" ")
    yield from _notes(shown, pen)


def _line(audit: Audit, highest: int, pen: Pen) -> str:
    counts = "  ".join(f"{getattr(audit, name):>{len(name)}}" for name in _COUNTS)
    read = "part" if audit.only else percent(audit.complete, audit.listings).removeprefix(", ")
    doubt = " " if audit.conclusive else "!"
    bar = _bar(audit.total, highest) if pen.unicode and not audit.only else ""
    return f"{moment(audit.at // 1000 * 1000):20}  {counts}  {read:>8}{doubt}{bar}"


def _bar(total: int, highest: int) -> str:
    """A bar as high as the share of the highest; none where nothing differed."""
    return BARS[-(-total * len(BARS) // highest) - 1] if total else ""


def _notes(shown: Sequence[Audit], pen: Pen) -> Iterator[str]:
    notes = []
    if any(not audit.conclusive for audit in shown):
        notes.append("! not everything could be compared")
    if any(audit.only for audit in shown):
        notes.append("part: restricted by --only")
    if notes:
        yield ""
        yield from pen.prose(f"{'; '.join(notes)} ({times(len(shown), 'audit', 'audits')} shown).")
