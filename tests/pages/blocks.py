"""The pages that people read, and the blocks of code on them, each with what is said above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]

#: A block of code, its language, and the comment right above it, if there is one.
_BLOCK = re.compile(
    r"(?:^<!-- (?P<marker>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@frozen
class Block:
    """A block of code.

    Attributes:
        page: the file, as seen from the root.
        line: where it begins.
        language: what follows the three backticks.
        text: the lines in it.
        marker: the comment above it. `output of: COMMAND` is printed by that command; `run by: FILE` is run by
            another test; `not run: WHY` is run by none; `file: NAME` is what a file of that name holds, for the other
            blocks of the page; `picture` is to be looked at.
    """

    page: str
    line: int
    language: str
    text: str
    marker: str = ""

    @property
    def place(self) -> str:
        """Where to find it."""
        return f"{self.page}:{self.line}"

    @property
    def marked(self) -> tuple[str, str]:
        """The two parts of the marker."""
        kind, _, rest = self.marker.partition(": ")
        return kind, rest


def pages() -> tuple[str, ...]:
    """Every page, as seen from the root."""
    found = [*ROOT.glob("*.md"), *(ROOT / "specs").rglob("*.md")]
    return tuple(sorted(str(path.relative_to(ROOT)) for path in found))


def text_of(page: str) -> str:
    """What is on the page."""
    return (ROOT / page).read_text("utf-8")


def blocks(page: str) -> Iterator[Block]:
    """The blocks of code on a page."""
    text = text_of(page)
    for found in _BLOCK.finditer(text):
        line = text[: found.start()].count("\n") + 1
        yield Block(page, line, found["language"], found["text"], found["marker"] or "")


def write_files(page: str, place: Path) -> None:
    """Put the files there that the page shows."""
    for block in blocks(page):
        kind, name = block.marked
        if kind == "file":
            (place / name).write_text(block.text, encoding="utf-8")


def every_block() -> tuple[Block, ...]:
    """The blocks of code on all pages."""
    return tuple(block for page in pages() for block in blocks(page))


def spans(page: str) -> Iterator[str]:
    """What stands as code in the sentences of a page."""
    without_blocks = _BLOCK.sub("", text_of(page))
    for found in re.finditer(r"`([^`]+)`", without_blocks):
        yield re.sub(r"\s+", " ", found[1])
