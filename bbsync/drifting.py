"""An audit: look at Bitbucket, at the graph and at the last snapshot, compare, and note what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from bbsync.addresses import named
from bbsync.bitbucket.tally import Traffic
from bbsync.drift import Audit, Basis, Drift, make_drift, restricted, without_ignored
from bbsync.errors import StateError
from bbsync.ignoring import Rule
from bbsync.kinds import KINDS, Kinds
from bbsync.last_snapshot import LastSnapshot, recall
from bbsync.selection import Selection
from bbsync.settings import Settings
from bbsync.state import Audits
from bbsync.steps import Around, Looked, look, open_target

#: An audit comes with so many lines of the history.
RECENT = 60


@frozen
class Audited:
    """What an audit found, and what reading took."""

    drift: Drift
    traffic: Traffic


def audit(settings: Settings, around: Around, *, only: Sequence[str] = (), kinds: Kinds = KINDS) -> Audited:
    """Compare Bitbucket, the graph and the last snapshot. Nothing is written but the ledger of calls and the history.

    With addresses in `only`, what they name is compared with what hangs below it, and read as far as that takes.

    Raises:
        BbsyncError: there is no verdict.
    """
    last = _last(settings, around)
    asked = _asked(only, last, kinds)
    looked = look(settings, around, only=asked, live=True, kinds=kinds)
    Selection(tuple(only), kinds).require_known(looked.snapshot.graph, looked.observation.graph, last.graph)
    found = make_drift(
        looked.snapshot.graph,
        None if last.missing else last.graph,
        looked.observation,
        looked.origin,
        basis=Basis(last.plan_id, last.applied_at, last.missing),
        foreign=looked.snapshot.foreign,
        only=asked,
        kinds=kinds,
    )
    drift = restricted(without_ignored(found, [Rule(text) for text in settings.drift.ignore], kinds), only, kinds)
    return Audited(evolve(drift, history=_noted(drift, looked, settings, around)), looked.traffic)


def history(settings: Settings, around: Around) -> tuple[str, list[Audit]]:
    """The target that the settings name, and its audits, oldest first."""
    with open_target(settings, around) as target:
        return target.address, Audits(settings.state.url).of(target.address)


def _last(settings: Settings, around: Around) -> LastSnapshot:
    with open_target(settings, around) as target:
        return recall(settings, target.address)


def _asked(only: Sequence[str], last: LastSnapshot, kinds: Kinds) -> tuple[str, ...]:
    """The addresses, and the keys of what only the last snapshot still calls so."""
    return tuple(sorted({*only, *named(only, last.graph, kinds)}))


def _noted(drift: Drift, looked: Looked, settings: Settings, around: Around) -> tuple[Audit, ...]:
    """Add a line to the history; the latest lines of it. The audit is what it is, whether it can be noted or not."""
    line = _line(drift, looked)
    audits = Audits(settings.state.url)
    try:
        audits.record(line)
        return tuple(audits.of(line.scope)[-RECENT:])
    except StateError as error:
        around.say(f"the history has no line of this audit: {error.what}")
        return (line,)


def _line(drift: Drift, looked: Looked) -> Audit:
    planned, complete = drift.plan.listings
    return Audit(
        scope=looked.origin.target,
        at=looked.origin.created_at,
        plan_id=drift.basis.plan_id,
        serial=looked.origin.serial,
        **{sort.value: count for sort, count in drift.counts.items()},
        ignored=drift.passed,
        listings=planned,
        complete=complete,
        conclusive=drift.is_conclusive,
        only=", ".join(drift.only),
    )
