"""An audit: look at Bitbucket, at the graph and at the last snapshot, compare, and note what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from bbsync.bitbucket.tally import Traffic
from bbsync.drift import Audit, Basis, Drift, make_drift, restricted, without_ignored
from bbsync.errors import StateError
from bbsync.ignoring import Rule
from bbsync.kinds import KINDS, Kinds
from bbsync.last_snapshot import recall
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

    Raises:
        BbsyncError: there is no verdict.
    """
    looked = look(settings, around, live=True, kinds=kinds)
    last = recall(settings, looked.origin.target)
    Selection(tuple(only), kinds).require_known(looked.snapshot.graph, looked.observation.graph, last.graph)
    found = make_drift(
        looked.snapshot.graph,
        None if last.missing else last.graph,
        looked.observation,
        looked.origin,
        basis=Basis(last.plan_id, last.applied_at, last.missing),
        foreign=looked.snapshot.foreign,
        kinds=kinds,
    )
    drift = restricted(without_ignored(found, [Rule(text) for text in settings.drift.ignore], kinds), only, kinds)
    return Audited(evolve(drift, history=_noted(drift, looked, settings, around)), looked.traffic)


def history(settings: Settings, around: Around) -> tuple[str, list[Audit]]:
    """The target that the settings name, and its audits, oldest first."""
    with open_target(settings, around) as target:
        return target.address, Audits(settings.state.url).of(target.address)


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
