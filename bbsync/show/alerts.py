"""What is to be done about questions and alert rules, and the list of them, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bbsync.alerts.choice import Choice
from bbsync.alerts.item import Item
from bbsync.alerts.plan import Action, AlertPlan, Change
from bbsync.questions import Alert, Question
from bbsync.show import values
from bbsync.show.explain import compared
from bbsync.show.pen import Pen
from bbsync.show.summary import INDENT
from bbsync.show.text import LEGEND, Finding
from bbsync.show.words import moment, times

TITLES = {Action.CREATE: "Add", Action.UPDATE: "Change", Action.DELETE: "Delete"}

#: Intervals in words.
HOW_OFTEN = {
    "DISABLED": "never",
    "THIRTY_MINUTES": "every 30 minutes",
    "ONE_HOUR": "every hour",
    "FOUR_HOURS": "every 4 hours",
    "EIGHT_HOURS": "every 8 hours",
    "TWELVE_HOURS": "every 12 hours",
    "ONE_DAY": "every day",
    "ONE_WEEK": "every week",
}


def alerts_text(
    plan: AlertPlan, guards: Iterable[Finding] = (), *, width: int, colour: bool, unicode: bool, full: bool = False
) -> str:
    """The plan as text: the same plan, the same bytes.

    Args:
        plan: what is shown.
        guards: what the guards said of it; those that tripped are named at the end.
        width: columns of the terminal; taken as 80 at least and 120 at most.
        colour: whether symbols and headings carry colour.
        unicode: whether the terminal shows more than ASCII.
        full: whether long values are shown whole.
    """
    pen = Pen(width, colour, unicode, full)
    blocks = [list(_opening(plan, pen)), list(_legend(plan, pen))] if plan.changes or plan.withheld else []
    blocks += [list(_section(action, plan.of(action), pen)) for action in Action]
    blocks += [list(_withheld(plan, pen)), list(_summary(plan, pen)), list(_blocked(guards, pen))]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _opening(plan: AlertPlan, pen: Pen) -> Iterator[str]:
    facts = ("bbsync alerts plan", f"account {pen.safe(plan.account)}", f"read {moment(plan.created_at)}")
    yield from pen.prose(f" {pen.glyphs.dot} ".join(facts))
    yield from pen.prose(f"for {pen.safe(plan.place)}")


def _legend(plan: AlertPlan, pen: Pen) -> Iterator[str]:
    found = [action.value for action in Action if plan.of(action)] + (["!"] if plan.withheld else [])
    yield "  " + "   ".join(f"{pen.paint(symbol, symbol)} {LEGEND[symbol]}" for symbol in found)


def _section(action: Action, changes: Sequence[Change], pen: Pen) -> Iterator[str]:
    if changes:
        yield pen.heading(f"{TITLES[action]} ({len(changes)})")
    for change in changes:
        yield from pen.row(action.value, _called(change.item, pen), pen.safe(change.reason or change.item.title))
        if change.before is not None and change.after is not None:
            yield from _differences(change.before, change.after, pen)


def _differences(before: Item, after: Item, pen: Pen) -> Iterator[str]:
    found = compared(before.properties, after.properties)
    names = max((len(pen.safe(one.name)) for one in found), default=0)
    for one in found:
        yield from values.lines(one, pen, names=names)


def _called(item: Item, pen: Pen) -> str:
    return f"{item.sort:8} {pen.safe(item.name)}"


def _withheld(plan: AlertPlan, pen: Pen) -> Iterator[str]:
    if plan.withheld:
        yield pen.heading(f"Withheld ({len(plan.withheld)}): not ours to write")
    for one in plan.withheld:
        yield from pen.row("!", _called(one.item, pen), pen.safe(one.reason))
        yield from pen.prose(f'"{pen.safe(one.item.title)}"', indent=INDENT)


def _summary(plan: AlertPlan, pen: Pen) -> Iterator[str]:
    add, change, destroy = (len(plan.of(action)) for action in Action)
    if plan.changes:
        yield f"Plan: {add} to add, {change} to change, {destroy} to destroy."
    elif plan.withheld:
        yield "No changes. JupiterOne has the questions and alert rules, but for what is withheld."
    else:
        yield "No changes. JupiterOne has exactly the questions and alert rules that are wanted."
    kept = [f"{plan.unchanged} unchanged."] if plan.unchanged else []
    kept += [f"{len(plan.withheld)} withheld."] if plan.withheld else []
    kept += [f"{times(plan.others, 'other is', 'others are')} not ours, and left alone."] if plan.others else []
    yield from pen.prose(" ".join(kept), indent=INDENT)


def _blocked(guards: Iterable[Finding], pen: Pen) -> Iterator[str]:
    for one in guards:
        if one.tripped:
            yield from pen.prose(f"Blocked: {pen.safe(one.sentence)}")


def questions_text(choices: Sequence[Choice], *, width: int, colour: bool, unicode: bool, full: bool = False) -> str:
    """Every question: what it asks, what it is good for, and when it is an alert; `full` shows the queries."""
    pen = Pen(width, colour, unicode, full)
    blocks = [list(_question(choice, pen)) for choice in choices]
    kept = [choice.question for choice in choices if not choice.left_out]
    rules = sum(question.alert is not None for question in kept)
    blocks.append([f"{times(len(kept), 'question', 'questions')}, {times(rules, 'alert rule', 'alert rules')}."])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _question(choice: Choice, pen: Pen) -> Iterator[str]:
    question = choice.question
    yield pen.heading(pen.safe(question.name))
    yield from pen.prose(pen.safe(question.title), indent=2)
    yield from pen.prose(pen.safe(question.purpose), indent=2)
    yield from pen.prose(pen.safe(f"Left out: {choice.left_out}." if choice.left_out else _alert(question)), indent=2)
    if pen.full:
        yield from pen.prose(pen.safe(question.query), indent=4)


def _alert(question: Question) -> str:
    return f"Alert: {alert_words(question.alert)}." if question.alert else "No alert."


def alert_words(alert: Alert) -> str:
    """Level, condition and interval in a few words."""
    return f"{alert.level} if more than {alert.above}, looked at {HOW_OFTEN[alert.interval]}"
