"""The end of a plan's text: Terraform's exact summary sentence, what it leaves out, and how much was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bbsync.plan import LabelledGap, Plan, Reason, Totals
from bbsync.rules import Finding
from bbsync.show.attention import counted
from bbsync.show.pen import Pen
from bbsync.show.words import moment, plural, spaced, span, times

INDENT = 6

#: How diagnostics begin that count relationships without an end.
DANGLING = "without_an_end.bitbucket_"


def summary(plan: Plan, findings: Sequence[Finding], pen: Pen) -> Iterator[str]:
    """Totals, what is worth a look, coverage, gaps and what else is worth knowing."""
    yield verdict(plan)
    for sentences in (entities(plan), () if plan.is_empty else relationships(plan.relationship_totals)):
        yield from pen.prose(" ".join(sentences), indent=INDENT)
    if findings:
        yield from pen.prose(f"Worth a look: {counted(findings)}.", indent=INDENT)
    yield coverage(plan)
    for sentence in readings(plan):
        yield from pen.prose(pen.safe(sentence), indent=INDENT)
    yield from pen.table(gap_rows(unexplained(plan, full=pen.full), pen))
    for sentence in left_out(plan):
        yield from pen.prose(pen.safe(sentence), indent=INDENT)


def readings(plan: Plan) -> Iterator[str]:
    """What was read in an earlier run, and what only since when."""
    for name, (count, oldest) in sorted(plan.earlier.items()):
        yield earlier(name, count, oldest, plan)
    for name, opened in sorted(plan.windows.items()):
        yield f"Of {plural(name)} only what changed since {moment(opened)} was read."


def left_out(plan: Plan) -> Iterator[str]:
    """What was left out and changes nothing, and which rules are off."""
    if plan.origin.only:
        yield f"Only {', '.join(plan.origin.only)} was compared, with what hangs below it."
    remarks = list(noted(plan.diagnostics))
    if remarks:
        yield f"Noted: {'; '.join(remarks)}."
    if plan.origin.rules_off:
        yield switched_off(plan)


def switched_off(plan: Plan) -> str:
    """The rules that the settings switch off, if any."""
    return f"Not looked for, as the settings say: {', '.join(plan.origin.rules_off)}." if plan.origin.rules_off else ""


def unexplained(plan: Plan, *, full: bool) -> list[LabelledGap]:
    """The gaps that nothing is withheld for, whose reason stands there already; with `full` all."""
    explained = set() if full else {withheld.gap for withheld in plan.withheld}
    return [found for found in plan.gaps if found.gap not in explained]


def coverage(plan: Plan) -> str:
    """How many listings were read in full."""
    planned, complete = plan.listings
    before = sum(count for count, _oldest in plan.earlier.values())
    share = f", {before} of them in earlier runs" if before else ""
    return f"Coverage: {complete} of {planned} listings read in full{share}."


def earlier(kind: str, count: int, oldest: int, plan: Plan) -> str:
    """How many listings of the kind an earlier run read, and how long ago."""
    listings = times(count, "listing was", "listings were")
    age = span(max(0, plan.origin.created_at - oldest) // 1000)
    return f"Of {plural(kind)} {listings} not due yet, and the oldest had been read {age} before, at {moment(oldest)}."


def verdict(plan: Plan) -> str:
    """Terraform's sentence, or that there are no changes."""
    totals = plan.entity_totals
    if not plan.is_empty:
        return f"Plan: {totals.add} to add, {totals.change + totals.move} to change, {totals.destroy} to destroy."
    return f"No changes. The graph matches Bitbucket{limit(plan)}."


def limit(plan: Plan) -> str:
    """How far one can say that nothing differs."""
    asked = " in what was asked for" if plan.origin.only else ""
    is_seen = plan.is_complete and not (plan.entity_totals.withheld or plan.relationship_totals.withheld)
    return asked if is_seen else f"{asked} as far as Bitbucket could be read"


def entities(plan: Plan) -> Iterator[str]:
    """What else becomes of entities, in sentences."""
    totals = plan.entity_totals
    causes = [change.cause for change in plan.entities if change.reason is Reason.CASCADE]
    if causes:
        parents = times(len(set(causes)), "deleted parent", "deleted parents")
        yield f"{len(causes)} of the {totals.destroy} deletes follow {parents}."
    for count, word in ((totals.move, "moved"), (totals.kept, "kept"), (totals.withheld, "withheld")):
        if count:
            yield f"{count} {word}."


def relationships(totals: Totals) -> Iterator[str]:
    """What becomes of relationships, in sentences."""
    changed = totals.change + totals.move
    yield f"Relationships: {totals.add} to add, {changed} to change, {totals.destroy} to destroy."
    for count, word in ((totals.kept, "kept"), (totals.withheld, "withheld")):
        if count:
            yield f"{count} {word}."


def gap_rows(gaps: Iterable[LabelledGap], pen: Pen) -> list[tuple[str, str, str, str]]:
    """Symbol, what, where and why: one for gaps that are alike, and for all kinds that an announced one is about."""
    alike: dict[tuple[str, bool, str, str, bool], list[LabelledGap]] = {}
    for found in gaps:
        gap = found.gap
        kind = "" if gap.known else gap.listing.kind
        alike.setdefault((kind, bool(gap.item), gap.code, gap.detail, gap.known), []).append(found)
    return [_row(group, pen) for group in alike.values()]


def _row(group: Sequence[LabelledGap], pen: Pen) -> tuple[str, str, str, str]:
    gap = group[0].gap
    listed = ", ".join(plural(kind) for kind in dict.fromkeys(found.gap.listing.kind for found in group))
    what = f"{len(group)} of the {listed}" if gap.item else listed
    places = pen.names(pen.label(where) for where in dict.fromkeys(found.where for found in group) if where)
    announced = ", as announced" if gap.known else ""
    return "=" if gap.known else "!", pen.safe(what), places, pen.safe(f"{gap.detail} ({gap.code}{announced})")


def noted(diagnostics: Mapping[str, int]) -> Iterator[str]:
    """What was left out and changes nothing: items without an identity, relationships without an end."""
    dangling = {name: count for name, count in sorted(diagnostics.items()) if name.startswith(DANGLING)}
    for name, count in sorted(diagnostics.items()):
        what, _, of = name.partition(".")
        if what == "passed_over":
            yield f"{times(count, spaced(of), plural(of))} without an identity passed over"
        elif what == "foreign":
            yield f"{times(count, 'entity', 'entities')} of type {of} not written, for somebody else holds the key"
        elif name not in dangling:
            yield f"{count} {name}"
    if dangling:
        types = ", ".join(f"{name.removeprefix(DANGLING)} {count}" for name, count in dangling.items())
        total = times(sum(dangling.values()), "relationship", "relationships")
        yield f"{total} not made, for one end is not in the graph ({types})"
