"""A plan for questions and rules as text, and the list of questions."""

from __future__ import annotations

from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from bbsync.alerts.choice import Choice
from bbsync.alerts.item import Item, Sort
from bbsync.alerts.plan import AlertPlan, Change, Withheld
from bbsync.guards import GuardResult
from bbsync.questions import Alert, Question
from bbsync.show.alerts import alerts_text, questions_text


def item(name: str, sort: Sort = "question", title: str = "Bitbucket: who?", **document: object) -> Item:
    """A question or rule."""
    return Item(sort, name, title, {"title": title, **document}, id=f"id of {name}")


PLAN = AlertPlan(
    account="acme",
    place="bbsync",
    created_at=1_790_000_000_000,
    changes=(
        Change(None, item("new_one")),
        Change(None, item("new_one", "rule")),
        Change(item("old_one", pollingInterval="ONE_DAY"), item("old_one", pollingInterval="ONE_HOUR", tags=["a"])),
        Change(item("gone", "rule"), None, "switched off in [alerts]"),
    ),
    withheld=(Withheld(item("taken", "rule", "Bitbucket: taken"), "somebody else's rule has this name"),),
    unchanged=7,
    others=1,
)


def shown(plan: AlertPlan, guards: tuple[GuardResult, ...] = (), **how: bool) -> str:
    """The plan in 80 columns."""
    return alerts_text(plan, guards, width=80, **{"colour": False, "unicode": True, "full": False, **how})


def test_a_plan_as_people_see_it() -> None:
    """Symbols, names, what differs, why something goes, Terraform's totals, and what is left alone."""
    expected = """\
        bbsync alerts plan · account acme · read 2026-09-21T14:13:20Z
        for bbsync

          + add   ~ change   - delete   ! withheld

        Add (2)
          + question new_one                     Bitbucket: who?
          + rule     new_one                     Bitbucket: who?

        Change (1)
          ~ question old_one                     Bitbucket: who?
              pollingInterval  "ONE_DAY" → "ONE_HOUR"
              tags             (none) → ["a"]

        Delete (1)
          - rule     gone                        switched off in [alerts]

        Withheld (1): not ours to write
          ! rule     taken                       somebody else's rule has this name
              "Bitbucket: taken"

        Plan: 2 to add, 1 to change, 1 to destroy.
              7 unchanged. 1 withheld. 1 other is not ours, and left alone.
        """

    assert shown(PLAN) == dedent(expected)


def test_nothing_to_do_is_one_sentence() -> None:
    """As for the graph: No changes."""
    plan = AlertPlan("acme", "bbsync", 0, (), unchanged=45)

    expected = (
        "No changes. JupiterOne has exactly the questions and alert rules that are wanted.\n      45 unchanged.\n"
    )

    assert shown(plan) == expected


def test_what_is_withheld_is_said_where_nothing_changes() -> None:
    """It is not exactly what is wanted."""
    text = shown(AlertPlan("acme", "bbsync", 0, (), withheld=PLAN.withheld))

    assert "No changes. JupiterOne has the questions and alert rules, but for what is withheld." in text


def test_a_guard_is_named_at_the_end() -> None:
    """Who may not apply is told why."""
    guard = GuardResult("wipe_out", "rule", 2, 2, 1, True, "The plan deletes all 2 rules that bbsync keeps.")

    assert shown(PLAN, (guard,)).endswith("\n\nBlocked: The plan deletes all 2 rules that bbsync keeps.\n")


def test_colour_adds_only_colour() -> None:
    """Symbols and headings are coloured, and nothing else changes."""
    coloured = shown(PLAN, colour=True)

    plain = coloured
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[35m"):
        plain = plain.replace(code, "")
    assert coloured != plain == shown(PLAN)


def test_ascii_is_enough() -> None:
    """A terminal that knows nothing else sees the same plan."""
    assert shown(PLAN, unicode=False).isascii()


@given(st.text(min_size=1))
def test_no_title_adds_a_line(title: str) -> None:
    """What stands in JupiterOne is somebody's text: it forges no line and steers no terminal."""
    before = item("gone", title=title, description=title)
    plan = AlertPlan(title, title, 0, (Change(before, item("gone", title="new")), Change(before, None, "gone")))

    text = shown(plan, full=True)

    assert all(line.isprintable() for line in text.splitlines())
    assert "\x1b" not in text


def test_questions_say_what_they_are_good_for() -> None:
    """Name, title, purpose, and when it is an alert; `full` shows the query."""
    asked = Question("who", "Bitbucket: who?", "Somebody must.", "FIND User", alert=Alert("LOW", "ONE_HOUR", 3))
    left = Question("whose", "Bitbucket: whose?", "Nobody must.", "FIND User")
    choices = [Choice(asked), Choice(left, "switched off in [alerts]")]
    expected = """\
        who
          Bitbucket: who?
          Somebody must.
          Alert: LOW if more than 3, looked at every hour.
            FIND User

        whose
          Bitbucket: whose?
          Nobody must.
          Left out: switched off in [alerts].
            FIND User

        1 question, 1 alert rule.
        """

    assert questions_text(choices, width=80, colour=False, unicode=True, full=True) == dedent(expected)
