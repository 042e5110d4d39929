"""Tables of the generated pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: Below the title of every generated page.
GENERATED = "*Made from the source by `python -m tests.regenerate_pages`: change that, not this page.*\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_escaped, line))} |\n" for line in lines)


def code(text: str) -> str:
    """The text as code, or nothing for no text."""
    return f"`{text}`" if text else ""


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")
