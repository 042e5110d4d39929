"""Carry a plan out, write by write, each only where what it is about is still as it was planned.

JupiterOne takes one question or rule at a time, so an apply may end in the middle. The next one plans anew, and so
goes on from there: what is written carries its marker from the first moment.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from bbsync.alerting.guarding import judge
from bbsync.alerts.plan import Action, AlertPlan, Change
from bbsync.alerts.standing import Standing, stale, standing
from bbsync.errors import PlanFileError, StalePlan, Unfinished
from bbsync.guards import let_through
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.refusals import RequestFailed
from bbsync.jupiterone.watching import read_again, read_holding, write
from bbsync.settings import Settings
from bbsync.state import Waiting, our_turn
from bbsync.steps import Around, limits_of, open_jupiterone

#: How many of the things that moved an error names.
NAMED = 5


@frozen
class Outcome:
    """How many were written, by action; nothing where all was there already."""

    created: int = 0
    updated: int = 0
    deleted: int = 0


def require_allowed(plan: AlertPlan, settings: Settings, allow_deletes: int | None) -> None:
    """Refuse a plan that a guard stands in the way of.

    Raises:
        Blocked: nothing was written.
    """
    look = "check [alerts], [kinds] and the scope in bbsync.toml"
    let_through(len(plan.of(Action.DELETE)), judge(plan, limits_of(settings)), allow_deletes, look)


def apply(plan: AlertPlan, settings: Settings, around: Around, *, allow_deletes: int | None = None) -> Outcome:
    """Carry out exactly this plan.

    Raises:
        Blocked: a guard stands in the way; nothing was written.
        Locked: somebody else is applying; nothing was written.
        StalePlan: what the plan is about moved; nothing was written.
        TargetError: nothing was written.
        Unfinished: a part of it was written; the same command goes on.
    """
    require_allowed(plan, settings, allow_deletes)
    account = settings.require_account()
    if (account.account, account.place) != (plan.account, plan.place):
        raise PlanFileError(
            "the plan is for another account or scope",
            why=f"It is for {plan.place} in {plan.account}. Nothing was written.",
            next_step="Plan again.",
        )
    if plan.is_empty:
        return Outcome()
    waiting = Waiting(around.clock, around.sleep, around.say, around.happened)
    scope = f"questions and alert rules of {plan.place} in JupiterOne account {plan.account}"
    actor = around.actor
    with (
        our_turn(settings.state.url, scope, actor.name, actor.ci_url, waiting),
        open_jupiterone(account, settings, around) as client,
    ):
        return _carry_out(_pending(client, plan), client, plan, around)


def _pending(client: JupiterOneClient, plan: AlertPlan) -> list[Change]:
    """What is left to be done of the plan.

    Raises:
        StalePlan: some of it cannot be done any more.
    """
    holding = read_holding(client, plan.place)
    moved = stale(plan.changes, holding)
    if moved:
        raise _stale(moved)
    return [change for change in plan.changes if standing(change, holding) is Standing.PENDING]


def _carry_out(changes: Sequence[Change], client: JupiterOneClient, plan: AlertPlan, around: Around) -> Outcome:
    written: list[Change] = []
    for number, change in enumerate(changes, start=1):
        around.say(f"writing {number} of {len(changes)}: {change.item.sort} {change.item.name}")
        try:
            if _is_due(change, client, plan, len(written)):
                write(client, change)
                written.append(change)
        except RequestFailed as failure:
            if failure.definite and not written:
                raise
            raise _unfinished(failure, change, len(written), len(changes)) from failure
    actions = [change.action for change in written]
    return Outcome(*(actions.count(action) for action in Action))


def _is_due(change: Change, client: JupiterOneClient, plan: AlertPlan, written: int) -> bool:
    """Whether it is still to be written, once what it is about was read again; raises where that moved."""
    if change.before is None:
        return True  # it was not there when all was read, and only we make what carries our marker
    now = read_again(client, change.before, plan.place)
    if now is None and change.after is None:
        return False  # somebody deleted it meanwhile, or made it theirs
    if now is not None and now.says(change.before) and now.version == change.before.version:
        return True
    if not written:
        raise _stale([change])
    raise Unfinished(
        f"the {change.item.sort} {change.item.name} changed while others were written",
        why=f"{written} of {len(plan.changes)} changes were written; this one was left alone.",
        next_step="Look at the new plan: bbsync alerts plan.",
        code="BB-ALERTS-MOVED",
    )


def _stale(moved: Sequence[Change]) -> StalePlan:
    names = ", ".join(f"{change.item.sort} {change.item.name}" for change in moved[:NAMED])
    more = f" and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
    return StalePlan(
        "questions or alert rules changed in JupiterOne since the plan was made",
        why=f"{names}{more}. Nothing was written.",
        next_step="Look at the new plan: bbsync alerts plan.",
        code="BB-ALERTS-STALE",
    )


def _unfinished(failure: RequestFailed, change: Change, written: int, total: int) -> Unfinished:
    fate = "was not carried out" if failure.definite else "may have been carried out, nobody can tell"
    return Unfinished(
        f"{written} of {total} changes are in JupiterOne, and the next one failed",
        why=f"The {change.item.sort} {change.item.name} {fate}. {failure.what}. {failure.why}",
        next_step="Run the same command again: it looks what is there, and does the rest.",
        code="BB-ALERTS-UNFINISHED",
    )
