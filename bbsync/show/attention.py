"""What is worth a look, as the first section of a plan's text and as one line of its summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from bbsync.plan import Plan
from bbsync.rules import Finding
from bbsync.show.pen import FIRST, LONGEST_LIST, Pen
from bbsync.show.safe import pad, safe

SYMBOL = "*"

#: Where a snapshot held nothing, "new" tells nothing of when.
ALL_NEW = "The graph was empty, so what has been so for long is new here, too."


def attention(plan: Plan, findings: Sequence[Finding], pen: Pen) -> Iterator[str]:
    """One row for each finding; of many of one rule the first ones, how many there are between, and the last."""
    if not findings:
        return
    yield pen.heading(f"Worth a look ({len(findings)})")
    if is_all_new(plan):
        yield from pen.prose(ALL_NEW, indent=2)
    titles = max(len(finding.rule.title) for finding in findings)
    for rule, alike in groupby(findings, key=lambda finding: finding.rule):
        listed = list(alike)
        shown = listed if pen.full or len(listed) <= LONGEST_LIST else [*listed[:FIRST], listed[-1]]
        title = pad(rule.title, titles)
        rows = [(SYMBOL, title, pen.label(finding.label), pen.safe(finding.note)) for finding in shown]
        if len(shown) < len(listed):
            dots, hidden = pen.glyphs.ellipsis, len(listed) - len(shown)
            rows.insert(FIRST, (" ", title, safe(f"{dots} {hidden} more {dots}"), safe("show --full lists them")))
        yield from pen.table(rows)


def counted(findings: Sequence[Finding]) -> str:
    """How many there are of each rule: "2 made public, 1 admin granted"."""
    counts = Counter(finding.rule.title for finding in findings)
    return ", ".join(f"{count} {title}" for title, count in counts.items())


def is_all_new(plan: Plan) -> bool:
    """Whether the graph held nothing before."""
    return not sum(plan.population.values())
