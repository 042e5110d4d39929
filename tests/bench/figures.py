"""Figures: what was measured, beside what it may be."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen


@frozen
class Figure:
    """One measured number. `least` says that the limit is a minimum."""

    what: str
    measured: float
    limit: float
    unit: str = ""
    least: bool = False

    @property
    def reached(self) -> bool:
        """Whether it is as it should be."""
        return self.measured >= self.limit if self.least else self.measured <= self.limit

    def row(self) -> tuple[str, ...]:
        """The figure as text: what, measured, limit, their ratio, and whether that is enough."""
        bound = f"{'at least' if self.least else 'at most'} {self.limit:,.4g} {self.unit}".strip()
        ratio = self.measured / self.limit if self.limit else float(self.measured > 0)
        measured = f"{self.measured:,.4g} {self.unit}".strip()
        return self.what, measured, bound, f"{ratio:.2f}", "reached" if self.reached else "MISSED"


def table(figures: Iterable[Figure]) -> str:
    """The figures in columns."""
    rows = [("", "measured", "limit", "ratio", ""), *(figure.row() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"
