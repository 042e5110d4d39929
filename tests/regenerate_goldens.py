"""Write the golden texts anew: `python -m tests.regenerate_goldens`. Read what changed before you commit it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from bbsync.guards import Limits, judge_guards
from bbsync.plan import Plan
from bbsync.show.html import html
from bbsync.show.text import text
from tests.show.worked_example import NOTHING, PLAN

FOLDER = Path(__file__).parent.parent / "fixtures" / "golden"
WIDTHS = (80, 100, 120)

#: So strict that the worked example trips it.
STRICT = Limits(delete_percent=1, delete_floor=0, delete_total=5)


@frozen
class Golden:
    """A plan, shown in one way, and the file that says how it must look."""

    plan: Plan
    name: str
    width: int
    colour: bool = False
    unicode: bool = True
    full: bool = False
    blocked: bool = False

    @property
    def path(self) -> Path:
        """The file."""
        parts = [self.name, str(self.width), "utf8" if self.unicode else "ascii"]
        marks = [mark for mark in ("colour", "full", "blocked") if getattr(self, mark)]
        return FOLDER / f"{'-'.join([*parts, *marks])}.txt"

    def text(self) -> str:
        """How it looks now."""
        guards = judge_guards(self.plan, STRICT) if self.blocked else ()
        return text(self.plan, guards, width=self.width, colour=self.colour, unicode=self.unicode, full=self.full)


def goldens() -> Iterator[Golden]:
    """Every golden there is."""
    for width in WIDTHS:
        for colour in (False, True):
            for unicode in (False, True):
                yield Golden(PLAN, "plan", width, colour, unicode)
    yield Golden(PLAN, "plan", 100, full=True)
    yield Golden(PLAN, "plan", 80, unicode=False, full=True)
    yield Golden(PLAN, "plan", 100, blocked=True)
    yield Golden(NOTHING, "nothing", 100)


#: The one page.
PAGE = FOLDER / "plan.html"


def page() -> str:
    """How the worked example looks as a page now."""
    return html(PLAN, judge_guards(PLAN, STRICT))


def main() -> None:
    """Write every golden."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for golden in goldens():
        golden.path.write_text(golden.text(), "utf-8", newline="\n")
    PAGE.write_text(page(), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
