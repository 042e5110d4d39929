"""An audit as JSON: what is read back is what was written, and what is none is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bbsync import planfile
from bbsync.drift import make_drift, restricted, without_ignored
from bbsync.drift_document import drift_document, history_document, is_drift, read_drift
from bbsync.errors import PlanFileError
from bbsync.ignoring import Rule
from bbsync.show.drift import drift_text
from bbsync.show.drift_markdown import drift_markdown
from bbsync.show.page.drift import drift_html
from tests.schemas import faults, undescribed
from tests.show.drift_example import AGREED, DRIFT, HISTORY, UNKNOWN
from tests.show.worked_example import PLAN
from tests.strategies import graphs, observations, origins


@given(st.data())
def test_what_is_read_back_is_what_was_written(data: st.DataObject) -> None:
    """The same document, and the same reports."""
    last, now = data.draw(graphs()), data.draw(graphs())
    drift = make_drift(now, last, data.draw(observations(now)), data.draw(origins()))
    drift = restricted(without_ignored(drift, [Rule("repo:*.public")]), ["repo:*"])

    again = read_drift(drift_document(drift))

    assert drift_document(again) == drift_document(drift)
    assert drift_markdown(again) == drift_markdown(drift)
    assert drift_text(again, width=100, colour=False, unicode=True, full=True) == drift_text(
        drift, width=100, colour=False, unicode=True, full=True
    )


@given(st.data())
def test_every_audit_obeys_the_schema(data: st.DataObject) -> None:
    """The documented schema describes what is written."""
    last, now = data.draw(graphs()), data.draw(graphs())
    drift = make_drift(now, last, data.draw(observations(now)), data.draw(origins()))

    assert faults(json.loads(drift_document(drift)), "drift") == []


@pytest.mark.parametrize("document", [drift_document(evolve(DRIFT, history=HISTORY)), history_document(HISTORY)])
def test_the_schema_knows_every_field(document: bytes) -> None:
    """Of an audit that has a bit of everything, and of the history; and each has its sentence."""
    assert faults(json.loads(document), "drift", closed=True) == []
    assert {*undescribed("drift")} <= {"snapshot", "graph", "bitbucket"}


@pytest.mark.parametrize("drift", [DRIFT, AGREED, UNKNOWN, evolve(DRIFT, history=HISTORY)])
def test_the_page_is_made_from_the_file_alone(drift: Any) -> None:
    """The same audit, the same bytes."""
    again = read_drift(drift_document(drift))

    assert drift_html(again) == drift_html(drift)
    assert again.history == tuple(evolve(audit, scope=drift.plan.origin.target) for audit in drift.history)


def test_a_plan_is_no_audit() -> None:
    """And what is no JSON is none either."""
    assert not is_drift(planfile.dumps(PLAN))
    assert not is_drift(b"{")
    assert is_drift(drift_document(DRIFT))


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda document: document.pop(name)


def _of_nothing(document: dict[str, Any]) -> None:
    document["entities"][0] |= {"graph": None, "bitbucket": None, "snapshot": None}


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (_without("coverage"), "is not what an audit has there"),
        (lambda document: document.update(entities=3), "is not what an audit has there"),
        (lambda document: document.update(format_version="2.0"), "It has format '2.0'"),
        (lambda document: document.update(format_version="2.0", entities=3), "It has format '2.0'"),
        (lambda document: document.update(format_version=2), "is not what an audit has there"),
        (_of_nothing, "is one of nothing"),
    ],
)
def test_what_cannot_be_shown_is_refused(edit: Callable[[dict[str, Any]], object], why: str) -> None:
    """In a sentence, with what to do."""
    document = json.loads(drift_document(DRIFT))
    edit(document)

    with pytest.raises(PlanFileError) as refused:
        read_drift(json.dumps(document).encode())

    assert why in refused.value.why
    assert refused.value.code == "BB-DRIFT-FILE"


def test_a_later_minor_version_is_read() -> None:
    """With fields that nobody knows here."""
    document = {**json.loads(drift_document(DRIFT)), "format_version": "1.9", "news": True}

    assert drift_document(read_drift(json.dumps(document).encode())) == drift_document(DRIFT)
