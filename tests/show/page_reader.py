"""Reads a page as a browser without script and style would: its elements, and the text in each."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

from attrs import define, field

#: Elements without an end.
VOID = {"meta", "input"}


@define(eq=False)
class Element:
    """An element, what it holds, and its text with that of everything in it."""

    tag: str
    attributes: dict[str, str]
    held: list[Element | str] = field(factory=list)

    @property
    def text(self) -> str:
        """The text as it stands in the page."""
        return "".join(one if isinstance(one, str) else one.text for one in self.held)

    @property
    def classes(self) -> set[str]:
        """The names of its classes."""
        return set(self.attributes.get("class", "").split())

    def all(self) -> Iterator[Element]:
        """Everything in it, in order."""
        for one in self.held:
            if isinstance(one, Element):
                yield one
                yield from one.all()

    def of_class(self, name: str) -> list[Element]:
        """Everything in it that has the class."""
        return [one for one in self.all() if name in one.classes]

    def of_tag(self, tag: str) -> list[Element]:
        """Everything in it of that tag."""
        return [one for one in self.all() if one.tag == tag]

    def by_id(self, name: str) -> Element:
        """The one thing in it of that name."""
        (found,) = (one for one in self.all() if one.attributes.get("id") == name)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].held.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].held.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends a <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].held.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def read_page(page: str) -> Element:
    """The page as a tree; every element that is opened is closed, and nothing overlaps."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert len(reader.open) == 1
    return reader.open[0]
