"""What is noted about a graph as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from bbsync.cli.noted import Noted, Spent, kept_of
from bbsync.show.safe import safe
from bbsync.show.words import moment, times
from bbsync.state import Applied

#: Columns of the names on the left.
_WIDTH = 12


def standing_lines(noted: Noted) -> Iterator[str]:
    """All of it in short."""
    yield _row("graph", noted.address)
    yield _row("last apply", _applied(noted.last) if noted.last else "none is noted")
    yield _row("snapshot", snapshot_line(noted))
    yield _row("lease", lease_line(noted))
    yield _row("journal", journal_line(noted))
    yield _row("watermarks", _watermarks(noted))
    yield from _rows("ledger", [_calls(one) for one in noted.spent] or ["no call within the hour"])
    yield _row("applies", times(len(noted.trail), "line", "lines") + " in the audit trail: bbsync state audit")
    yield _row("audits", times(len(noted.audits), "audit", "audits") + " of drift: bbsync drift --history")


def snapshot_lines(noted: Noted) -> Iterator[str]:
    """Each snapshot that is kept, of this graph or of others that share the records."""
    for kept in noted.standing.snapshots:
        yield safe(f"{moment(kept.applied_at)}  plan {kept.plan_id}  {kept.scope}")
    if not noted.standing.snapshots:
        yield "No snapshot is kept: every apply keeps one."
    elif kept_of(noted) is not None:
        yield snapshot_line(noted)


def audit_lines(noted: Noted) -> Iterator[str]:
    """The audit trail, oldest first."""
    for line in noted.trail:
        yield safe(f"{moment(line.applied_at)}  {_applied(line, dated=False)}")
        for more in filter(None, (line.failure, line.ci_url)):
            yield safe(f"{'':20}  {more}")
    if not noted.trail:
        yield "No apply is noted."


def _applied(line: Applied, *, dated: bool = True) -> str:
    at = f" at {moment(line.applied_at)}" if dated else ""
    allowed = "" if line.allow_deletes is None else f", with --allow-deletes {line.allow_deletes}"
    came = line.counted if line.succeeded else line.code
    return f"plan {line.plan_id}{at}, by {line.applied_by or 'nobody in particular'}: {line.outcome} ({came}){allowed}"


def snapshot_line(noted: Noted) -> str:
    """Whether a snapshot is kept, and what it is good for."""
    kept, last = kept_of(noted), noted.last
    if kept is None:
        return "none is kept"
    if last is None or (last.plan_id, last.applied_at) != (kept.plan_id, kept.applied_at):
        return f"that of plan {kept.plan_id} is outdated: the last apply could not keep its own"
    return f"as the last apply left the graph, {last.elements:,} elements: bbsync state restore brings it back"


def lease_line(noted: Noted) -> str:
    """Who applies, since when, and when they last showed that they are alive."""
    held = noted.standing.holder
    if held is None:
        return "nobody applies"
    gone = "; that process is gone" if held.is_dead else ""
    return f"{held.label} since {moment(held.since)}, last sign of life {moment(held.renewed)}{gone}"


def journal_line(noted: Noted) -> str:
    """How far an apply got that was cut short."""
    if not noted.standing.left:
        return "empty: no apply was cut short"
    line = noted.standing.left[-1]
    return f"an apply of plan {line.plan_id} got as far as: {line.step}. The next apply finishes it"


def _watermarks(noted: Noted) -> str:
    marks = noted.known.watermarks.values()
    span = f", from {moment(min(marks))} to {moment(max(marks))}" if marks else ""
    readings = times(len(noted.known.readings), "listing", "listings")
    return f"{times(len(marks), 'repository', 'repositories')}{span}; {readings} known to be read"


def _calls(one: Spent) -> str:
    rests = f", and rests until {moment(one.rests_until)}" if one.rests_until else ""
    return f"{one.name} made {one.calls:,} of {one.limit:,} calls within the hour{rests}"


def _rows(name: str, lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield _row("" if number else name, line)


def _row(name: str, line: str) -> str:
    return f"{name:<{_WIDTH}}{safe(line)}"
