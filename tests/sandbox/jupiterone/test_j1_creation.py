"""Which synchronization jobs may be created."""

from __future__ import annotations

from typing import Any

import pytest
from jupiterone_client import JOBS, Client

from bbsync.sandbox.jupiterone import Instance

INSTANCE = Instance(id="instance-1", name="Bitbucket")


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ({"source": "api", "scope": "x"}, {"source": "api", "scope": "x", "syncMode": "DIFF"}),
        ({"source": "api", "scope": "x", "syncMode": "PATCH"}, {"syncMode": "PATCH"}),
        (
            {"source": "integration-external", "integrationInstanceId": "instance-1"},
            {"integrationInstanceId": "instance-1", "syncMode": "DIFF"},
        ),
        (
            {"source": "integration-managed", "integrationInstanceId": "instance-1", "integrationJobId": "run-7"},
            {"integrationJobId": "run-7"},
        ),
    ],
)
def test_legal_jobs_are_created(wanted: dict[str, Any], shown: dict[str, Any]) -> None:
    """A created job waits for uploads and repeats what was asked."""
    client = Client(instances=(INSTANCE,))

    job = client.http.post(JOBS, json=wanted).json()["job"]

    assert job["status"] == "AWAITING_UPLOADS"
    assert job.items() >= shown.items()


def test_an_integration_job_has_the_id_of_its_synchronization() -> None:
    """Outside runners get an integration job with the same id."""
    client = Client(instances=(INSTANCE,))

    job = client.http.post(JOBS, json={"source": "integration-external", "integrationInstanceId": "instance-1"})

    assert job.json()["job"]["integrationJobId"] == job.json()["job"]["id"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({}, "BAD_REQUEST"),
        ({"source": "api"}, "BAD_REQUEST"),
        ({"source": "api", "scope": ""}, "BAD_REQUEST"),
        ({"source": "api", "scope": "x", "integrationInstanceId": "instance-1"}, "BAD_REQUEST"),
        ({"source": "system-internal", "scope": "x"}, "BAD_REQUEST"),
        ({"source": "integration-external"}, "SYNC_JOB_INVALID_INTEGRATION_INSTANCE"),
        ({"source": "integration-external", "integrationInstanceId": "no"}, "SYNC_JOB_INVALID_INTEGRATION_INSTANCE"),
        ({"source": "integration-external", "integrationInstanceId": "instance-1", "scope": "x"}, "BAD_REQUEST"),
        ({"source": "api", "scope": "x", "syncMode": "CREATE_OR_UPDATE"}, "BAD_REQUEST"),
    ],
)
def test_illegal_jobs_are_refused(wanted: dict[str, Any], code: str) -> None:
    """Source, scope, instance and mode must go together."""
    client = Client(instances=(INSTANCE,))

    answer = client.http.post(JOBS, json=wanted)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"source": NaN}'])
def test_a_body_must_be_a_json_object(body: bytes) -> None:
    """What is not JSON is refused, NaN included."""
    client = Client()

    answer = client.http.post(JOBS, content=body)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", JOBS),
        ("GET", f"{JOBS}/unknown"),
        ("POST", f"{JOBS}/unknown/finalize"),
        ("POST", f"{JOBS}/a/b/c"),
        ("GET", "/persister/elsewhere"),
        ("GET", "/"),
    ],
)
def test_unknown_addresses_are_not_found(method: str, path: str) -> None:
    """What is not there is 404."""
    client = Client()

    answer = client.http.request(method, path)

    assert answer.status_code == 404


def test_a_wrong_method_is_not_found() -> None:
    """Finalize is posted, never got."""
    client = Client()
    job = client.create()

    answer = client.http.get(f"{job}/finalize")

    assert answer.status_code == 404


def test_one_job_a_scope_on_request() -> None:
    """A second open job can be refused, and is allowed otherwise."""
    wanted = {"source": "api", "scope": "bbsync"}
    strict, lenient = Client(one_job_a_scope=True), Client()
    strict.create()
    lenient.create()

    answers = [client.http.post(JOBS, json=wanted).status_code for client in (strict, lenient)]

    assert answers == [409, 200]
