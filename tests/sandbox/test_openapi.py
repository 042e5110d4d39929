"""The OpenAPI document names what the stand-ins serve: all of it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args

import httpx
import pytest
from described import DOCUMENT, OPERATIONS, Operation, Witness, tagged
from jsonschema import Draft202012Validator

from bbsync.sandbox.bitbucket import Bitbucket, Sizes, make_world
from bbsync.sandbox.bitbucket import faults as bitbucket_faults
from bbsync.sandbox.bitbucket.changes import CHANGES
from bbsync.sandbox.bitbucket.routes import ENDPOINTS, TOKEN_PATH
from bbsync.sandbox.jupiterone import JupiterOne, control, persister
from bbsync.sandbox.jupiterone import faults as jupiterone_faults
from bbsync.sandbox.jupiterone.app import GRAPHQL_PATHS
from bbsync.sandbox.jupiterone.graphstore import GraphStore

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
API = "https://api.bitbucket.org"
SMALL = Sizes(repositories=2, members=3, projects=2, groups=1, pull_requests=2, old_pull_requests=0)

BITBUCKET, JUPITERONE = tagged("Bitbucket"), tagged("JupiterOne")
CONTROL = [one for one in OPERATIONS if "control" in one.said["tags"]]

ERROR = {"type": "error", "error": {"message": "No."}}


def nodes(node: Any = DOCUMENT) -> Iterator[Any]:
    """Everything in the document."""
    yield node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(below)


def test_the_document_holds_together() -> None:
    """References lead somewhere, nothing lies about unused, schemas are schemas, and no operation is named twice."""
    used = {node["$ref"] for node in nodes() if isinstance(node, dict) and "$ref" in node}
    parts = ("headers", "parameters", "responses", "schemas")

    offered = {f"#/components/{part}/{name}" for part in parts for name in DOCUMENT["components"][part]}
    named = [one.said["operationId"] for one in OPERATIONS]

    assert used == offered
    assert len(set(named)) == len(named)
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_names_in_paths_are_explained(operation: Operation) -> None:
    """Every name in a path is a parameter, and the other way round."""
    described = {name for name, one in operation.parameters.items() if one["in"] == "path"}

    assert described == set(operation.names())


def test_bitbucket_serves_what_is_described() -> None:
    """Every route has its description, every description its route."""
    routes = {("GET", endpoint.template) for endpoint in ENDPOINTS} | {("POST", TOKEN_PATH)}

    assert {(one.method, one.template) for one in BITBUCKET} == routes


def test_scopes_are_those_that_are_asked_for() -> None:
    """Whoever reads the description makes a consumer with the right scopes."""
    needed = {endpoint.template: [endpoint.scope] if endpoint.scope else [] for endpoint in ENDPOINTS}

    described = {one.template: one.said["security"][0]["consumer"] for one in BITBUCKET if one.method == "GET"}

    assert described == needed


def test_jupiterone_serves_what_is_described() -> None:
    """Every route has its description, every description its route."""
    jobs = persister.Persister("acme", GraphStore(), lambda: 0.0, JupiterOne()._lock)
    acting = {(method, f"/{{job}}/{name}" if name else "/{job}") for method, name in jobs._actions()}
    routes = {(method, f"{persister.PATH}{path}") for method, path in {("POST", ""), *acting}}
    others = {("GET", "/deferred/{deferred}"), ("GET", "/deferred/{deferred}/results")}

    described = {(one.method, one.template) for one in JUPITERONE}

    assert described == routes | others | {("POST", path) for path in GRAPHQL_PATHS}


def test_control_is_what_is_described() -> None:
    """Below `/_sandbox/`, each stand-in answers what is described for it, and 404 to everything else."""
    bitbucket, jupiterone = Bitbucket(make_world(1, SMALL, NOW)), JupiterOne()
    tried = [(method, f"/_sandbox/{name}") for method in ("GET", "POST", "DELETE", "PUT") for name in CONTROL_NAMES]

    answered = {
        tag: {call for call in tried if app(httpx.Request(*_absolute(call), content=b"{}")).status_code != 404}
        for tag, app in (("Bitbucket", bitbucket.app), ("JupiterOne", jupiterone.app))
    }

    for tag, calls in answered.items():
        assert calls == {(one.method, one.template) for one in CONTROL if tag in one.said["tags"]}
    assert answered["JupiterOne"] == set(control._ACTIONS)


CONTROL_NAMES = ("calls", "changes", "faults", "graph", "nothing")


def _absolute(call: tuple[str, str]) -> tuple[str, str]:
    return call[0], f"{API}{call[1]}"


def test_changes_and_faults_are_named() -> None:
    """The description names every change and every kind of fault."""
    schemas = DOCUMENT["components"]["schemas"]

    assert schemas["Change"]["properties"]["change"]["enum"] == sorted(CHANGES)
    assert set(schemas["BitbucketFault"]["properties"]["kind"]["enum"]) == bitbucket_faults.KINDS
    assert set(schemas["JupiterOneFault"]["properties"]["kind"]["enum"]) == set(get_args(jupiterone_faults.Kind))


def test_control_answers_are_as_described() -> None:
    """What is asked of the controls, and what they answer, is described."""
    bitbucket = Witness(Bitbucket(make_world(1, SMALL, NOW)).app)
    jupiterone = Witness(JupiterOne().app)
    entity = {"_key": "repository-1", "_type": "some_thing", "_class": ["Thing"]}

    for witness, method, path, body in (
        (bitbucket, "POST", "changes", {"change": "add_member", "workspace": "acme", "nickname": "zoe"}),
        (bitbucket, "POST", "changes", {"change": "nonsense"}),
        (bitbucket, "POST", "faults", {"path": "members", "kind": "empty", "times": 1}),
        (bitbucket, "POST", "faults", {"kind": "nonsense"}),
        (bitbucket, "DELETE", "faults", None),
        (bitbucket, "GET", "changes", None),
        (bitbucket, "GET", "calls", None),
        (jupiterone, "POST", "graph", {"scope": "elsewhere", "entities": [entity]}),
        (jupiterone, "POST", "graph", {}),
        (jupiterone, "GET", "graph", None),
        (jupiterone, "POST", "faults", {"path": "finalize", "status": 500, "processed": True}),
        (jupiterone, "POST", "faults", {"nonsense": 1}),
        (jupiterone, "DELETE", "faults", None),
        (jupiterone, "GET", "calls", None),
    ):
        httpx.Client(transport=httpx.MockTransport(witness.app)).request(method, f"{API}/_sandbox/{path}", json=body)

    assert bitbucket.mistakes == jupiterone.mistakes == []
    described = {(one, status) for one in CONTROL for status in one.statuses}
    assert bitbucket.seen | jupiterone.seen == described


@pytest.mark.parametrize(
    ("path", "answer", "noticed"),
    [
        ("/2.0/nothing", httpx.Response(200, json={}), "GET /2.0/nothing is not described"),
        ("/2.0/workspaces/acme?nothing=1", httpx.Response(404, json=ERROR), "has no parameter nothing"),
        ("/2.0/workspaces/acme", httpx.Response(500, json=ERROR), "is not a described status"),
        ("/2.0/workspaces/acme", httpx.Response(404, text="Not Found"), "is not described as 'text/plain'"),
        ("/2.0/workspaces/acme", httpx.Response(404, json={**ERROR, "more": 1}), "'more' was unexpected"),
        ("/2.0/workspaces/acme", httpx.Response(404, json={"type": "error"}), "'error' is a required property"),
    ],
)
def test_the_witness_notices(path: str, answer: httpx.Response, noticed: str) -> None:
    """The tests beside this one rest on a witness that lets nothing pass."""
    witness = Witness(lambda _: answer)

    witness.app(httpx.Request("GET", f"{API}{path}"))

    (mistake,) = witness.mistakes
    assert noticed in mistake
