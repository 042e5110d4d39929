"""How the made-up audits must look, and the files that say so."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from attrs import evolve, frozen

from bbsync.drift import Drift
from bbsync.show.drift import drift_text
from bbsync.show.drift_markdown import drift_markdown
from bbsync.show.page.drift import drift_html
from bbsync.show.trend import trend_text
from tests.show.drift_example import AGREED, DRIFT, HISTORY, UNKNOWN

FOLDER = Path(__file__).parents[2] / "fixtures" / "golden" / "drift"

#: What the history is shown of.
TARGET = "local .bbsync/graph.db, scope bbsync"


@frozen
class DriftGolden:
    """An audit, or the history where there is none, shown in one way, and the file that says how it must look."""

    drift: Drift | None
    name: str
    width: int
    colour: bool = False
    unicode: bool = True
    full: bool = False

    @property
    def path(self) -> Path:
        """The file."""
        parts = [self.name, str(self.width), "utf8" if self.unicode else "ascii"]
        marks = [mark for mark in ("colour", "full") if getattr(self, mark)]
        return FOLDER / f"{'-'.join([*parts, *marks])}.txt"

    def text(self) -> str:
        """How it looks now."""
        if self.drift is None:
            return trend_text(
                HISTORY, TARGET, width=self.width, colour=self.colour, unicode=self.unicode, full=self.full
            )
        return drift_text(self.drift, width=self.width, colour=self.colour, unicode=self.unicode, full=self.full)


@frozen
class DriftPage:
    """An audit as Markdown within a number of bytes (None: all of it), or as a page, and its file."""

    drift: Drift
    name: str
    shape: str
    limit: int | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return FOLDER / (f"{self.name}.html" if self.shape == "html" else f"{self.name}-{self.limit or 'full'}.md")

    def text(self) -> str:
        """How it looks now."""
        if self.shape == "html":
            return drift_html(self.drift)
        return drift_markdown(self.drift, limit=self.limit, full=self.limit is None)


def drift_pages() -> Iterator[DriftPage]:
    """Every golden of an audit as Markdown or as a page."""
    for limit in (None, 32_000, 2_000):
        yield DriftPage(DRIFT, "drift", "markdown", limit)
    yield DriftPage(AGREED, "agreed", "markdown")
    yield DriftPage(evolve(DRIFT, history=HISTORY), "drift", "html")


def drift_goldens() -> Iterator[DriftGolden]:
    """Every golden of an audit that there is."""
    for width, colour, unicode in product((80, 100, 120), (False, True), (False, True)):
        yield DriftGolden(DRIFT, "drift", width, colour, unicode)
        yield DriftGolden(None, "history", width, colour, unicode)
    yield DriftGolden(DRIFT, "drift", 80, full=True)
    yield DriftGolden(DRIFT, "drift", 100, unicode=False, full=True)
    yield DriftGolden(AGREED, "agreed", 100)
    yield DriftGolden(UNKNOWN, "unknown", 80)


def write_drift_goldens() -> None:
    """Write them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for golden in (*drift_goldens(), *drift_pages()):
        golden.path.write_text(golden.text(), "utf-8", newline="\n")
