"""Read what JupiterOne has, and plan what differs from what should be there."""

from __future__ import annotations

from attrs import frozen

from bbsync.alerting.guarding import judge
from bbsync.alerts.choice import Choice, choose
from bbsync.alerts.plan import AlertPlan, make_plan
from bbsync.alerts.wanted import wanted_items
from bbsync.guards import GuardResult
from bbsync.jupiterone.watching import read_holding
from bbsync.settings import Settings
from bbsync.steps import Around, limits_of, open_jupiterone


@frozen
class Made:
    """A plan, and what the guards say of it."""

    plan: AlertPlan
    guards: tuple[GuardResult, ...]


def chosen(settings: Settings) -> tuple[Choice, ...]:
    """Every question, as the settings want it.

    Raises:
        SettingsError: a setting names no question, or a question of the user's is none.
    """
    return choose(settings.alerts, settings.kinds_off())


def plan(settings: Settings, around: Around) -> Made:
    """Read the questions and rules of the account, and plan. Nothing is written.

    Raises:
        BbsyncError: there is no plan.
    """
    choices, account = chosen(settings), settings.require_account()
    around.say(f"reading questions and alert rules of account {account.account}")
    with open_jupiterone(account, settings, around) as client:
        holding = read_holding(client, account.place)
    made = make_plan(
        wanted_items(choices, account.place, settings.alerts.email),
        holding,
        account=account.account,
        place=account.place,
        created_at=around.now(),
        left_out={choice.question.name: choice.left_out for choice in choices},
    )
    return Made(made, judge(made, limits_of(settings)))
