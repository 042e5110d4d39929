"""Faults by rule, and changes over HTTP while the stand-in runs."""

from __future__ import annotations

import contextlib

import httpx
import pytest
from jupiterone_client import CREDENTIALS, JOBS, Client, entity, tie

from bbsync.sandbox.jupiterone import Fault
from bbsync.sandbox.server import serve

API_JOB = {"source": "api", "scope": "bbsync"}


def test_a_fault_comes_after_and_so_often() -> None:
    """The first matches are let through, then some are spoilt, then all is well."""
    client = Client(faults=[Fault(rf"POST {JOBS}$", status=429, after=1, times=2, headers={"Retry-After": "7"})])

    answers = [client.http.post(JOBS, json=API_JOB) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
    assert answers[1].headers["Retry-After"] == "7"
    assert [status for _, _, status in client.account.calls] == [200, 429, 429, 200]


def test_a_fault_can_have_a_body() -> None:
    """A spoilt answer may say anything, such as a deferred query that failed."""
    body = '{"status": "FAILED", "error": "out of luck"}'
    client = Client(faults=[Fault(r"GET /deferred/", status=200, body=body)])

    answer = client.bare.get(client.ask("FIND *", deferredResponse="FORCE")["url"])

    assert answer.json() == {"status": "FAILED", "error": "out of luck"}


def test_a_fault_without_times_stays() -> None:
    """A service can be down for good."""
    client = Client(faults=[Fault(r"persister")])

    answers = {client.http.post(JOBS, json=API_JOB).status_code for _ in range(5)}

    assert answers == {503}


def test_other_requests_are_not_touched() -> None:
    """A fault spoils what its expression matches, method included."""
    client = Client(faults=[Fault(r"^GET ")])

    answer = client.http.post(JOBS, json=API_JOB)

    assert answer.status_code == 200


@pytest.mark.parametrize(("processed", "status"), [(True, "FINALIZE_PENDING"), (False, "AWAITING_UPLOADS")])
@pytest.mark.parametrize("kind", ["reset", "status"])
def test_a_lost_answer_may_have_taken_effect(processed: bool, status: str, kind: str) -> None:
    """The client cannot tell a request that was lost from an answer that was lost."""
    client = Client(faults=[Fault(r"/finalize", kind=kind, processed=processed)])
    job = client.create()

    with contextlib.suppress(httpx.ReadError):
        client.http.post(f"{job}/finalize")
    (known,) = client.account.jobs.values()

    assert known.status == status
    assert client.account.calls[-1] == ("POST", f"{job}/finalize", 0 if kind == "reset" else 503)


@pytest.mark.parametrize(("body", "said"), [(None, '{"job":'), ("<html>", "<html>")])
def test_a_malformed_answer_is_not_json(body: str | None, said: str) -> None:
    """Half an answer, or another text, with the status of the real one."""
    client = Client(faults=[Fault(r"/persister", kind="malformed", body=body)])

    answer = client.http.post(JOBS, json=API_JOB)

    assert (answer.status_code, answer.text[: len(said)]) == (200, said)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()


@pytest.mark.parametrize(("kind", "error"), [("reset", httpx.ReadError), ("truncated", httpx.RemoteProtocolError)])
def test_a_socket_breaks_in_its_own_ways(kind: str, error: type[Exception]) -> None:
    """Over a socket a connection can be reset, or closed in the middle of a body."""
    client = Client(faults=[Fault(r"/persister", kind=kind)])

    with serve(client.account.app) as origin, pytest.raises(error):
        httpx.post(f"{origin}{JOBS}", json=API_JOB, headers=CREDENTIALS)

    assert len(client.account.jobs) == (1 if kind == "truncated" else 0)


def test_deferred_addresses_lead_back_to_the_socket() -> None:
    """The address of a deferred result is on the origin that was asked."""
    client = Client(polls_in_progress=0)
    client.account.put([entity()], scope="bbsync")
    query = '{ queryV1(query: "FIND *", deferredResponse: FORCE) { url } }'

    with serve(client.account.app) as origin:
        url = httpx.post(origin, json={"query": query}, headers=CREDENTIALS).json()["data"]["queryV1"]["url"]
        state = httpx.get(url).json()

    assert url.startswith(f"{origin}/deferred/")
    assert state["totalCount"] == 1


def test_the_graph_can_be_changed_over_http() -> None:
    """A running stand-in takes changes without a key, and shows what it holds."""
    client = Client({})
    change = {"scope": "bbsync", "entities": [entity(1), entity(2), entity(3)], "relationships": [tie(1, 2)]}

    client.http.post("/_sandbox/graph", json=change)
    client.http.post("/_sandbox/graph", json={"scope": "bbsync", "remove": ["repository-3"]})
    shown = client.http.get("/_sandbox/graph", params={"scope": "bbsync"}).json()

    assert [one["_key"] for one in shown["entities"]] == ["repository-1", "repository-2"]
    assert [one["_key"] for one in shown["relationships"]] == ["repository-1|has|repository-2"]


def test_faults_can_be_set_over_http() -> None:
    """A running stand-in can be told to fail, and to stop failing; it counts the calls meanwhile."""
    client = Client()

    client.http.post("/_sandbox/faults", json={"path": "/persister", "status": 500})
    failed = client.http.post(JOBS, json=API_JOB)
    client.http.delete("/_sandbox/faults")
    job = client.create()
    client.http.get(job)

    assert failed.status_code == 500
    assert client.http.get("/_sandbox/calls").json() == {f"POST {JOBS}": 2, f"GET {JOBS}/{{id}}": 1}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/_sandbox/nothing", {}, 404),
        ("/_sandbox/graph", {}, 400),
        ("/_sandbox/graph", {"scope": "bbsync", "delete": []}, 400),
        ("/_sandbox/graph", {"scope": "bbsync", "entities": [{"_key": "lonely-key"}]}, 400),
        ("/_sandbox/graph", {"scope": "bbsync", "relationships": [tie(1, 2)]}, 400),
        ("/_sandbox/faults", {"pattern": "x"}, 400),
    ],
)
def test_what_is_no_change_is_refused(path: str, body: dict[str, object], status: int) -> None:
    """A mistake in a control request is told."""
    client = Client()

    answer = client.http.post(path, json=body)

    assert answer.status_code == status
