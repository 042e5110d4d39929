"""Lists of questions and rules in which anything may stand."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import httpx
from alerting_rig import Answer, Rig, operation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bbsync.alerts import marker
from bbsync.errors import TargetError
from bbsync.show.alerts import alerts_text

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["title", "name", "version", "description", "queries", "question", "operations", "templates"])
documents = st.builds(
    lambda drawn, operations: {
        "id": "an-id",
        "title": "Ours",
        "name": "Ours",
        "operations": operations,
        **drawn,
        "tags": [marker.tag("bbsync", "self_approved")],
        "labels": [{"labelName": marker.LABEL, "labelValue": marker.label("bbsync", "self_approved")}],
    },
    st.dictionaries(names, anything, max_size=4),
    anything | st.lists(st.fixed_dictionaries({"when": anything, "actions": anything}), max_size=2),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(documents)
def test_whatever_is_listed_there_is_a_plan_or_a_sentence(document: dict[str, Any]) -> None:
    """Nothing that JupiterOne lists, under our marker, ends in a fault of bbsync's own."""

    def listed(request: httpx.Request, answer: Answer) -> httpx.Response:
        page = {"questions": [document], "questionInstances": [document], "pageInfo": {"hasNextPage": False}}
        return httpx.Response(200, json={"data": {"found": page}})

    with tempfile.TemporaryDirectory() as place, contextlib.suppress(TargetError):
        rig = Rig(Path(place), bend=listed)
        made = rig.plan()
        assert alerts_text(made.plan, made.guards, width=80, colour=False, unicode=True)
        assert {"Questions", "Rules"} == set(rig.asked)


def test_operations_are_told_apart() -> None:
    """The rig knows what is asked by the name of the operation."""
    request = httpx.Request("POST", "https://graphql.example.test/", json={"query": "mutation CreateRule($a: Int) {}"})

    assert operation(request) == "CreateRule"
