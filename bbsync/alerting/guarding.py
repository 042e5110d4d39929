"""May this plan delete so many questions and rules?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bbsync.alerts.plan import Action, AlertPlan
from bbsync.guards import SHARE, TOTAL, WIPE_OUT, GuardResult, Limits


def judge(plan: AlertPlan, limits: Limits) -> tuple[GuardResult, ...]:
    """What the guards say: a share of each sort, all of a sort, and the total."""
    going = Counter(change.item.sort for change in plan.of(Action.DELETE))
    coming = Counter(change.item.sort for change in plan.of(Action.CREATE))
    shares = (_share(sort, count, plan.held.get(sort, 0), limits) for sort, count in sorted(going.items()))
    wiped = (
        _wipe_out(sort, count, plan.held.get(sort, 0))
        for sort, count in sorted(going.items())
        if plan.held.get(sort, 0) > 1 and not coming[sort]
    )
    return (*shares, *wiped, *_total(going.total(), limits))


def _share(sort: str, count: int, held: int, limits: Limits) -> GuardResult:
    limit = limits.of_type(held)
    sentence = (
        f"The plan deletes {count} of {held} {sort}s that bbsync keeps; {limit} may go without being asked "
        "(delete_percent, delete_floor)."
    )
    return GuardResult(SHARE, sort, count, held, limit, count > limit, sentence)


def _wipe_out(sort: str, count: int, held: int) -> GuardResult:
    sentence = f"The plan deletes all {held} {sort}s that bbsync keeps."
    return GuardResult(WIPE_OUT, sort, count, held, held - 1, count >= held, sentence)


def _total(count: int, limits: Limits) -> Iterator[GuardResult]:
    limit = limits.delete_total
    sentence = f"The plan deletes {count} questions and rules; {limit} may go without being asked (delete_total)."
    yield GuardResult(TOTAL, "", count, count, limit, count > limit, sentence)
