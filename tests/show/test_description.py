"""Promises of the description: every report has it at its head, a saved plan keeps it, and most say none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from bbsync.drift_document import drift_document, read_drift
from bbsync.plan import Plan
from bbsync.planfile import dumps, loads
from bbsync.show.drift import drift_text
from bbsync.show.drift_markdown import drift_markdown
from bbsync.show.html import html
from bbsync.show.markdown import markdown
from bbsync.show.page.drift import drift_html
from bbsync.show.text import text
from tests.show.drift_example import DRIFT
from tests.show.worked_example import PLAN

SAID = "Our production workspace"

REPORTS: dict[str, Callable[[Plan], str]] = {
    "text": lambda plan: text(plan, width=100, colour=False, unicode=True),
    "markdown": markdown,
    "html": html,
    "drift text": lambda plan: drift_text(evolve(DRIFT, plan=plan), width=100, colour=False, unicode=True),
    "drift markdown": lambda plan: drift_markdown(evolve(DRIFT, plan=plan)),
    "drift html": lambda plan: drift_html(evolve(DRIFT, plan=plan)),
}


def described(said: str) -> Plan:
    """A plan made with this description."""
    return evolve(PLAN, origin=evolve(PLAN.origin, description=said))


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_says_what_all_of_it_is_for(report: str) -> None:
    """The description is there once, before what the report is about."""
    shown = REPORTS[report](described(SAID))

    assert shown.count(SAID) == 1
    assert shown.index("acme") < shown.index(SAID) < shown.index(PLAN.entities[0].label)


@pytest.mark.parametrize("report", REPORTS)
def test_report_without_a_description_has_no_line_for_one(report: str) -> None:
    """With nothing to say there is no heading over nothing."""
    plain, told = (REPORTS[report](described(said)) for said in ("", SAID))

    assert plain.count("\n") < told.count("\n")
    assert "Description" not in plain


def test_saved_plan_and_audit_keep_the_description() -> None:
    """Whoever shows the file elsewhere sees the same head; a file without one is as it was before there were any."""
    plan = described(SAID)

    assert loads(dumps(plan)).origin == plan.origin
    assert read_drift(drift_document(evolve(DRIFT, plan=plan))).plan.origin.description == SAID
    assert b'"description": ""' not in dumps(PLAN)
