"""What an audit says in words, wherever it is shown: the verdict, how much was read, and what is worth knowing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator

from bbsync.drift import AnyDrifted, Drift, Sort
from bbsync.graph import Entity, Relationship
from bbsync.plan import Action
from bbsync.show.rows import SYMBOLS
from bbsync.show.words import counted, span, times

#: What each sort says, as the title of its rows.
TITLES = {
    Sort.PENDING: "Bitbucket moved since the last apply",
    Sort.TAMPERED: "somebody changed it in the graph",
    Sort.MISSING: "the last apply left it in the graph, and it is gone from there",
    Sort.UNMANAGED: "in the graph alone, and no apply left it there",
}

#: What it means that there is no snapshot.
STAND_IN = "The graph stands in for it: all that differs counts as pending, whoever changed it."

_NEXT = {
    Action.CREATE: "the next apply brings it back",
    Action.UPDATE: "the next apply puts it right",
    Action.MOVE: "the next apply puts it right",
    Action.DELETE: "the next apply deletes it",
    None: "the next apply leaves it so",
}


def next_step(one: AnyDrifted) -> str:
    """What the next apply does about a difference; nothing where that is why it is listed."""
    return "" if one.sort is Sort.PENDING else _NEXT[one.next]


def by_type(drift: Drift, sort: Sort) -> str:
    """How many of each type: "~ 2 repositories, + 1 user"."""
    found = [one for one in drift.found if one.sort is sort]
    things = Counter((symbol(one), one.element.type) for one in found if isinstance(one.element, Entity))
    ties = Counter(symbol(one) for one in found if isinstance(one.element, Relationship))
    parts = [(sign, counted(count, name)) for (sign, name), count in things.items()]
    parts += [(sign, times(count, "relationship", "relationships")) for sign, count in ties.items()]
    return ", ".join(f"{sign} {words}".strip(" ") for sign, words in parts)


def by_rules(drift: Drift) -> str:
    """The rules that cover something, and how much."""
    named = [f"{one.rule} {one.count}" for one in drift.ignored if one.count]
    return f"by {times(len(named), 'rule', 'rules')}: {', '.join(named)}" if named else ""


def age(drift: Drift) -> str:
    """Which snapshot was compared with, and how old it was."""
    basis, now = drift.basis, drift.plan.origin.created_at
    if basis.missing or not basis.plan_id:
        return ""
    return f"snapshot of plan {basis.plan_id}, {span(max(0, now - basis.applied_at) // 1000)} old"


def symbol(one: AnyDrifted) -> str:
    """What the next apply does about something pending; of all else, whether it was changed."""
    if one.sort is Sort.PENDING and one.next:
        return SYMBOLS[one.next]
    return "~" if one.sort is Sort.TAMPERED else " "


def is_implied(one: AnyDrifted, coming: Container[str]) -> bool:
    """Whether it is a relationship that comes or goes as one of its ends does."""
    element = one.element
    if not isinstance(element, Relationship) or one.properties:
        return False
    return element.source in coming or element.target in coming


def verdict(drift: Drift) -> str:
    """Whether all three are equal, and what differs."""
    planned, complete = drift.plan.listings
    missed = times(planned - complete, "listing", "listings") if planned > complete else "not everything"
    doubt = "" if drift.is_conclusive else f" found so far; {missed} could not be compared"
    doubt = doubt.replace("not everything could not be", "not everything could be")
    if not drift.found:
        return f"No drift{doubt or _agreement(drift)}."
    of_each = ", ".join(f"{count} {sort.value}" for sort, count in drift.counts.items() if count)
    return f"Drift: {times(len(drift.found), 'difference', 'differences')}{doubt} ({of_each})."


def _agreement(drift: Drift) -> str:
    if drift.only:
        return " in what was asked for"
    left = " but for what is ignored" if drift.passed else ""
    return f". The graph matches Bitbucket{'' if drift.basis.missing else ' and the last snapshot'}{left}"


def _outside(drift: Drift) -> str:
    if not drift.outside:
        return ""
    return f" Outside, {times(drift.outside, 'element is', 'elements are')} not as the last apply left them."


def remarks(drift: Drift) -> Iterator[str]:
    """What else is worth knowing."""
    if drift.only:
        yield f"Only {', '.join(drift.only)} was compared, with what hangs below it.{_outside(drift)}"
    unused = [one.rule for one in drift.ignored if not one.count]
    if unused:
        yield f"Ignore rules that match nothing: {', '.join(unused)}."
    if drift.foreign:
        elements = times(drift.foreign, "element", "elements")
        yield f"Left alone, for the owner marker is somebody else's: {elements} in the scope."
    withheld = drift.plan.entity_totals.withheld
    if withheld:
        yield f"{times(withheld, 'entity', 'entities')} could not be looked at."


def coverage(drift: Drift) -> str:
    """How many listings were read in full; 100 % only where it is all of them."""
    planned, complete = drift.plan.listings
    before = sum(count for count, _oldest in drift.plan.earlier.values())
    share = f", {before} of them in earlier runs" if before else ""
    return f"Coverage: {complete} of {planned} listings read in full{share}{percent(complete, planned)}."


def percent(complete: int, planned: int) -> str:
    """The share behind a comma, rounded down to a tenth; nothing of nothing has none."""
    if not planned:
        return ""
    whole, tenth = divmod(1000 * complete // planned, 10)
    return f", {whole} %" if complete == planned else f", {whole}.{tenth} %"
