"""Markdown as whoever reads it sees it: rendered by the two dialects that count, and taken apart again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html.parser import HTMLParser

import markdown as python_markdown
from attrs import define, field
from markdown_it import MarkdownIt

#: All that a plan needs; whatever else is in the output, a name has put there.
TAGS = frozenset({"p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"})

APART = "\u200b"


def commonmark(source: str) -> str:
    """As GitHub and GitLab render it, with links made of everything that looks like one."""
    return str(MarkdownIt("gfm-like", {"linkify": True, "html": True}).render(source))


def bitbucket(source: str) -> str:
    """As Python-Markdown renders it, from which Bitbucket's dialect stems."""
    return python_markdown.markdown(source, extensions=["tables", "fenced_code", "sane_lists"])


DIALECTS: Mapping[str, Callable[[str], str]] = {"commonmark": commonmark, "bitbucket": bitbucket}


@define
class Rendered(HTMLParser):
    """What is seen of a document, and of what elements it is made."""

    tags: list[str] = field(factory=list)
    cells: list[str] = field(factory=list)
    words: list[str] = field(factory=list)
    attributes: list[str] = field(factory=list)
    is_in_cell: bool = False

    def __attrs_post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs if name not in ("style", "align")]
        if tag in ("td", "th"):
            self.cells.append("")
            self.is_in_cell = True

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.is_in_cell:
            self.cells[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.is_in_cell = False

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"<!--{data}-->")


def rendered(source: str, dialect: str) -> Rendered:
    """The document as the dialect renders it."""
    found = Rendered()
    found.feed(DIALECTS[dialect](source))
    found.close()
    return found


def seen(text: str) -> str:
    """The text as the eye sees it: what keeps apart has no width, and a blank that does not break is a blank."""
    return text.replace(APART, "").replace("\u00a0", " ")
