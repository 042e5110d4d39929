"""Write the golden reports anew: `python -m tests.regenerate_goldens`. Read what changed before you commit it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from attrs import frozen

from bbsync.guards import GuardResult, Limits, judge_guards
from bbsync.plan import Plan
from bbsync.show.html import html
from bbsync.show.markdown import markdown
from bbsync.show.text import text
from tests.adoption.moving_goldens import write_moving_goldens
from tests.show.drift_goldens import write_drift_goldens
from tests.show.worked_example import CASCADE, INCOMPLETE, NOTHING, PLAN

FOLDER = Path(__file__).parent.parent / "fixtures" / "golden"
WIDTHS = (80, 100, 120)

#: So strict that the worked example trips it.
STRICT = Limits(delete_percent=1, delete_floor=0, delete_total=5)

#: Each is shown in every width, with colour and without, in Unicode and in ASCII.
PLANS = {"plan": PLAN, "nothing": NOTHING, "incomplete": INCOMPLETE, "cascade": CASCADE}


@frozen
class Golden:
    """A plan, shown as text in one way, and the file that says how it must look."""

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
        guards = _guards(self.plan, blocked=self.blocked)
        return text(self.plan, guards, width=self.width, colour=self.colour, unicode=self.unicode, full=self.full)


@frozen
class MarkdownGolden:
    """A plan, shown as Markdown within a number of bytes (None: all of it), and its file."""

    plan: Plan
    name: str
    limit: int | None
    blocked: bool = False

    @property
    def path(self) -> Path:
        """The file."""
        return FOLDER / f"{self.name}-{self.limit or 'full'}{'-blocked' if self.blocked else ''}.md"

    def text(self) -> str:
        """How it looks now."""
        guards = _guards(self.plan, blocked=self.blocked)
        return markdown(self.plan, guards, "3f9a1c02", limit=self.limit, full=self.limit is None)


def _guards(plan: Plan, *, blocked: bool) -> tuple[GuardResult, ...]:
    return judge_guards(plan, STRICT) if blocked else ()


def goldens() -> Iterator[Golden]:
    """Every golden of text there is."""
    for (name, plan), width, colour, unicode in product(PLANS.items(), WIDTHS, (False, True), (False, True)):
        yield Golden(plan, name, width, colour, unicode)
    for width, colour, unicode in product(WIDTHS, (False, True), (False, True)):
        yield Golden(PLAN, "plan", width, colour, unicode, blocked=True)
    yield Golden(PLAN, "plan", 100, full=True)
    yield Golden(PLAN, "plan", 80, unicode=False, full=True)


def markdown_goldens() -> Iterator[MarkdownGolden]:
    """Every golden of Markdown there is."""
    for (name, plan), limit in product(PLANS.items(), (None, 32_000, 2_000)):
        yield MarkdownGolden(plan, name, limit)
    for limit in (None, 32_000, 2_000):
        yield MarkdownGolden(PLAN, "plan", limit, blocked=True)


#: The one page.
PAGE = FOLDER / "plan.html"


def page() -> str:
    """How the worked example looks as a page now."""
    return html(PLAN, judge_guards(PLAN, STRICT))


def main() -> None:
    """Write every golden."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for golden in (*goldens(), *markdown_goldens()):
        golden.path.write_text(golden.text(), "utf-8", newline="\n")
    write_drift_goldens()
    write_moving_goldens()
    PAGE.write_text(page(), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
