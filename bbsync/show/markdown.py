"""A plan as Markdown for the comments of pull requests: what needs a human first, within a number of bytes.

Without HTML, which Bitbucket shows as text, and without folding, which it does not have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from bbsync.plan import Plan
from bbsync.rules import Finding, worth_a_look
from bbsync.show.attention import ALL_NEW, counted, is_all_new
from bbsync.show.cascade import largest_cause
from bbsync.show.markdown_rows import Rows
from bbsync.show.marks import marked
from bbsync.show.safe import safe
from bbsync.show.shedding import Section, size, within
from bbsync.show.summary import coverage, entities, left_out, readings, relationships, verdict
from bbsync.show.words import moment, times

#: Bitbucket does not say how long a comment may be; the strictest of its peers takes 32,768 bytes.
LARGEST_COMMENT = 32_000

#: Any plan can be shown in so many.
SMALLEST = 2_000

#: What the names of workspaces, that of the graph, and what all of it is for take at most, in bytes.
LONGEST_NAME = 160

SHORTENED = "Rows are left out, counts are whole. Everything: `bbsync show PLAN --format markdown --full`"

THREE = ("what", "where", "why")


class GuardFinding(Protocol):
    """What a guard said of the plan."""

    @property
    def id(self) -> str:
        """Which guard."""
        ...

    @property
    def tripped(self) -> bool:
        """Whether it stands in the way."""
        ...

    @property
    def sentence(self) -> str:
        """What it found, with numbers."""
        ...


def markdown(
    plan: Plan,
    guards: Iterable[GuardFinding] = (),
    identity: str = "",
    *,
    limit: int | None = LARGEST_COMMENT,
    full: bool = False,
) -> str:
    """The plan as Markdown: the same plan, the same bytes.

    Args:
        plan: what is shown.
        guards: what the guards said of it.
        identity: how people name the plan; empty for one that has no file.
        limit: how many bytes at most, and at least `SMALLEST`; None for no limit. Where it does not suffice, rows go,
            in this order: remarks, what is kept, what else was not read, relationships, other changes, what is
            withheld, deletes, what is worth a look, what guards said. Totals and the counts of guards and rules stay.
        full: whether long values and lists of names are shown whole.
    """
    findings = worth_a_look(plan)
    tripped = [guard for guard in guards if guard.tripped]
    head = "\n\n".join(_head(plan, tripped, findings, identity))
    sections = [section for section in _sections(plan, tripped, findings, full=full) if section.rows]
    return within(head, sections, _foot(plan, can_be_applied=not tripped), limit=limit, shortened=SHORTENED)


def _head(plan: Plan, tripped: Sequence[GuardFinding], findings: Sequence[Finding], identity: str) -> Iterator[str]:
    facts = ["**bbsync plan**", short(", ".join(plan.origin.workspaces)), f"`{identity}`" if identity else ""]
    yield " · ".join(fact for fact in facts if fact)
    if plan.origin.description:
        yield short(plan.origin.description)
    yield f"**{verdict(plan)}**"
    if tripped:
        named = ", ".join(f"{marked(name)} {count}" for name, count in Counter(one.id for one in tripped).items())
        yield f"**Blocked by {times(len(tripped), 'guard', 'guards')}** ({named}), not applied as it stands."
    if findings:
        yield f"**Worth a look:** {counted(findings)}."
    numbers = [*entities(plan), *(() if plan.is_empty else relationships(plan.relationship_totals))]
    yield " ".join([*numbers, coverage(plan)])


def _sections(
    plan: Plan, tripped: Sequence[GuardFinding], findings: Sequence[Finding], *, full: bool
) -> Iterator[Section]:
    """In the order of the document."""
    rows = Rows.of(plan, full=full)
    changes, ties = rows.changes(), rows.relationships()
    withheld, kept = sum(len(one.keys) for one in plan.withheld), sum(one.count for one in plan.kept)
    yield Section("**Blocked**", 9, rows=rows.sentences(_reasons(plan, tripped)))
    yield Section(f"**Worth a look** ({len(findings)})", 8, THREE, rows.findings(findings))
    yield Section(f"**Delete** ({rows.deleted})", 7, ("what", "why"), rows.deletes())
    yield Section(f"**Replace, change, move, add** ({rows.listed})", 5, ("", "what", "change"), changes)
    between = "" if full else " between what stays"
    yield Section(f"**Relationships{between}** ({len(ties)})", 4, ("", "what", "change"), ties)
    yield Section(f"**Withheld** ({withheld}), could not be looked at, so not deleted", 6, THREE, rows.withheld())
    yield Section("**Not read**", 3, THREE, rows.gaps())
    yield Section(f"**Kept** ({kept})", 2, ("what", "where"), rows.kept())
    yield Section("**Remarks**", 1, rows=rows.sentences(_remarks(plan, findings)))


def _reasons(plan: Plan, tripped: Sequence[GuardFinding]) -> list[str]:
    said = [*(guard.sentence for guard in tripped), largest_cause(plan)]
    return [sentence for sentence in said if tripped and sentence]


def _remarks(plan: Plan, findings: Sequence[Finding]) -> list[str]:
    all_new = [ALL_NEW] if findings and is_all_new(plan) else []
    return [*all_new, *readings(plan), *left_out(plan)]


def _foot(plan: Plan, *, can_be_applied: bool) -> str:
    origin = plan.origin
    into = f"Into {short(origin.target)}, read" if origin.target else "Read"
    command = " with `bbsync apply PLAN`" if can_be_applied else ""
    until = f"; {'can be applied' if can_be_applied else 'valid'} until {moment(origin.expires_at)}{command}"
    return f"{into} {moment(origin.created_at)}{'' if plan.is_empty else until}."


def short(name: str) -> str:
    """As much of the name as fits, marked; most names fit whole."""
    shown = safe(name)
    counts = range(min(len(shown), LONGEST_NAME), -1, -1)
    fits = next(count for count in counts if size(marked(shown[:count])) <= LONGEST_NAME)
    return marked(shown) if fits == len(shown) else f"{marked(shown[:fits])}…"
