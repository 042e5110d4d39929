"""Who may do what with the stand-in."""

from __future__ import annotations

import pytest
from jupiterone_client import JOBS, QUERY, Client

from bbsync.sandbox.jupiterone import ApiKey, Instance

INSTANCE = Instance(id="instance-1")
API_JOB = {"source": "api", "scope": "bbsync"}
INSTANCE_JOB = {"source": "integration-external", "integrationInstanceId": "instance-1"}


@pytest.mark.parametrize("name", ["JupiterOne-Account", "jupiterone-account", "LifeOmic-Account"])
def test_both_account_headers_are_taken(name: str) -> None:
    """Live clients spell the account header in two ways."""
    client = Client({"Authorization": "Bearer secret", name: "acme"})

    answer = client.http.post(JOBS, json=API_JOB)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer secret"},
        {"JupiterOne-Account": "acme"},
        {"Authorization": "Bearer wrong", "JupiterOne-Account": "acme"},
        {"Authorization": "Bearer secret", "JupiterOne-Account": "umbrella"},
        {"Authorization": "Basic secret", "JupiterOne-Account": "acme"},
    ],
)
@pytest.mark.parametrize("path", [JOBS, "/", "/graphql"])
def test_strangers_are_not_let_in(headers: dict[str, str], path: str) -> None:
    """A missing or wrong key or account is 401 on every API."""
    client = Client(headers)

    answer = client.http.post(path, json=API_JOB)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("key", "job", "status"),
    [
        (ApiKey("secret"), API_JOB, 200),
        (ApiKey("secret"), INSTANCE_JOB, 200),
        (ApiKey("secret", can_sync=False), API_JOB, 403),
        (ApiKey("secret", instance_id="instance-1"), INSTANCE_JOB, 200),
        (ApiKey("secret", instance_id="instance-1"), API_JOB, 403),
        (ApiKey("secret", instance_id="instance-2"), INSTANCE_JOB, 403),
    ],
)
def test_keys_synchronize_where_they_may(key: ApiKey, job: dict[str, str], status: int) -> None:
    """An instance's key writes into that instance alone."""
    client = Client(keys=(key,), instances=(INSTANCE,))

    answer = client.http.post(JOBS, json=job)

    assert answer.status_code == status


@pytest.mark.parametrize("key", [ApiKey("secret", can_read=False), ApiKey("secret", instance_id="instance-1")])
def test_some_keys_do_not_read(key: ApiKey) -> None:
    """An instance's key cannot query the graph."""
    client = Client(keys=(key,))

    answer = client.http.post("/", json={"query": QUERY, "variables": {"query": "FIND *"}})

    assert answer.status_code == 403


def test_another_keys_job_is_out_of_reach() -> None:
    """A key that may not write to a scope cannot touch its jobs either."""
    client = Client(keys=(ApiKey("secret"), ApiKey("other", instance_id="instance-1")))
    job = client.create()

    answer = client.http.post(f"{job}/abort", headers={"Authorization": "Bearer other"})

    assert answer.status_code == 403


def test_a_key_hides_its_secret() -> None:
    """A secret does not show in what is printed."""
    key = ApiKey("very-secret")

    shown = repr(Client(keys=(key,)).account)

    assert "very-secret" not in shown
