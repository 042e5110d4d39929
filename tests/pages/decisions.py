"""The page that lists the decisions, from their titles."""

from __future__ import annotations

from pathlib import Path

from tests.pages.markup import GENERATED, table

FOLDER = Path(__file__).parents[2] / "specs" / "decisions"

_INTRODUCTION = """\
Why things are as they are, where something else would have been possible, too: the problem, what was decided, and its
price. A new one takes the next number; one that does not hold any more says which one replaces it.
"""


def decisions_page() -> str:
    """The whole page."""
    rows = ([str(number), f"[{title}]({path.name})"] for path in decisions() for number, title in [titled(path)])
    return "\n".join(["# Decisions\n", GENERATED, _INTRODUCTION, table(["", "decision"], rows)])


def decisions() -> list[Path]:
    """The files in their order."""
    return sorted(FOLDER.glob("[0-9]*.md"))


def titled(path: Path) -> tuple[int, str]:
    """The number and the title, as the first line says them."""
    number, _, title = path.read_text("utf-8").partition("\n")[0].removeprefix("# ").partition(". ")
    return int(number), title
