"""`--events FILE`: the option for every command that reads or writes, and what it tells about a plan."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import click

from bbsync import steps
from bbsync.bitbucket.tally import Traffic as Tally
from bbsync.cli.invocation import F, Invocation
from bbsync.drift import Drift
from bbsync.drifting import Audited
from bbsync.events import Audit, Differing, Event, Gap, Guard, Planned, Summary, Totals, Traffic
from bbsync.graph import Entity, Relationship
from bbsync.plan import Change, Plan
from bbsync.plan import Totals as PlanTotals
from bbsync.planfile import Finding

#: A plan has as many changes and gaps as it likes: the file of events is to be read line by line while it grows.
MOST = 10_000


def events_option(command: F) -> F:
    """The command with the option, and with a recorder in its invocation where that is used."""

    @functools.wraps(command)
    def recorded(*arguments: Any, events: str | None, **options: Any) -> Any:
        if events is not None:
            _require_other(events, options.get("out"))
            _record(events, click.get_current_context())
        return command(*arguments, **options)

    help_text = "Write what happens in this file, a line of JSON each; - is stderr."
    option = click.option("--events", metavar="FILE", help=help_text)
    return option(recorded)  # type: ignore[return-value]  # click answers what it is given


def tell_made(made: steps.Made, invocation: Invocation) -> None:
    """Let whoever watches know what reading took, and the plan that came of it."""
    invocation.happened(_traffic(made.traffic))
    tell_plan(made.plan, made.guards, invocation, identify=lambda: made.id)


def tell_audit(audited: Audited, invocation: Invocation) -> None:
    """Let whoever watches know what reading took, and what came of the audit."""
    drift, traffic = audited.drift, audited.traffic
    events = chain([_traffic(traffic)], _gaps(drift.plan), _differing(drift), [_audit(drift)])
    for event in events if invocation.is_watched else ():
        invocation.happened(event)


def tell_plan(plan: Plan, guards: Iterable[Finding], invocation: Invocation, *, identify: Callable[[], str]) -> None:
    """Let whoever watches know the plan: its gaps, its guards, its changes, and last all of it in numbers."""
    if invocation.is_watched:
        _tell(plan, guards, invocation, identify())


def _tell(plan: Plan, guards: Iterable[Finding], invocation: Invocation, identity: str) -> None:
    for event in chain(_gaps(plan), map(_guard, guards), _planned(plan), [_summary(plan, identity)]):
        invocation.happened(event)


def _record(place: str, context: click.Context) -> None:
    from bbsync.cli.recording import record  # with its command: `--help` does without it

    invocation: Invocation = context.obj
    invocation.record(record(place, context.info_name or "", invocation))


def _require_other(events: str, out: Path | None) -> None:
    if out is not None and Path(events).absolute() == out.absolute():
        raise click.UsageError("--events and --out name the same file")


def _gaps(plan: Plan) -> Iterator[Event]:
    for found in islice(plan.gaps, MOST):
        gap = found.gap
        yield Gap(gap.listing.kind, found.where, gap.item, gap.code, gap.detail, gap.known)


def _traffic(traffic: Tally) -> Event:
    return Traffic(traffic.sent, traffic.refused, sum(times for _why, times in traffic.again))


def _differing(drift: Drift) -> Iterator[Event]:
    for index, one in enumerate(islice(drift.found, MOST)):
        element = one.element
        yield Differing(index, one.sort.value, element.type, element.key, one.label, one.next.value if one.next else "")


def _audit(drift: Drift) -> Event:
    counts = {sort.value: count for sort, count in drift.counts.items()}
    told = min(len(drift.found), MOST)
    return Audit(drift.basis.plan_id, drift.is_conclusive, **counts, ignored=drift.passed, told=told)


def _guard(found: Finding) -> Event:
    return Guard(found.id, found.type, found.count, found.of, found.limit, found.tripped)


def _planned(plan: Plan) -> Iterator[Event]:
    changes: Iterator[Change[Entity] | Change[Relationship]] = chain(plan.entities, plan.relationships)
    for index, change in enumerate(islice(changes, MOST)):
        element = change.element
        yield Planned(index, change.action.value, element.type, element.key, change.label)


def _summary(plan: Plan, identity: str) -> Event:
    changes = len(plan.entities) + len(plan.relationships)
    totals = _totals(plan.entity_totals), _totals(plan.relationship_totals)
    return Summary(identity, plan.is_complete, changes, min(changes, MOST), *totals)


def _totals(totals: PlanTotals) -> Totals:
    return Totals(totals.add, totals.change, totals.move, totals.destroy, totals.kept, totals.withheld)
