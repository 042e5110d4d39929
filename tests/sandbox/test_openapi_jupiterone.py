"""Whatever the JupiterOne stand-in answers is as the OpenAPI document says, and whatever that says can be got."""

from __future__ import annotations

import re

import httpx
import pytest
from described import Operation, Witness, tagged

from bbsync.sandbox.jupiterone import ApiKey, Instance, JupiterOne, persister
from bbsync.sandbox.jupiterone.app import GRAPHQL_PATHS

JUPITERONE = tagged("JupiterOne")
INSTANCE = Instance(id="instance-1")
QUERY = "query ($q: String!, $d: DeferredResponseOption) { queryV1(query: $q, deferredResponse: $d) { type data url } }"
ENTITIES = [
    {"_key": f"repository-{number}", "_type": "some_thing", "_class": "Thing", "n": number} for number in (1, 2)
]
TIE = {
    "_key": "repository-1|has|repository-2",
    "_type": "some_thing_has_thing",
    "_class": "HAS",
    "_fromEntityKey": "repository-1",
    "_toEntityKey": "repository-2",
}


def jupiterone_of(witness: Witness, key: str = "secret") -> httpx.Client:
    """A client of that account."""
    headers = {"authorization": f"Bearer {key}", "jupiterone-account": "acme"}
    return httpx.Client(transport=httpx.MockTransport(witness.app), base_url="http://jupiterone.test", headers=headers)


def job_of(client: httpx.Client) -> str:
    """The path of a new job of the instance."""
    wanted = {"source": "integration-external", "integrationInstanceId": INSTANCE.id}
    return f"{persister.PATH}/{client.post(persister.PATH, json=wanted).json()['job']['id']}"


def test_a_synchronization_is_as_described() -> None:
    """From the creation of a job to the deferred pages of its graph, requests and answers are as described."""
    account = JupiterOne(keys=(ApiKey("secret"),), instances=(INSTANCE,))
    witness = Witness(account.app)
    client, bare = jupiterone_of(witness), httpx.Client(transport=httpx.MockTransport(witness.app))

    aborted, job = job_of(client), job_of(client)
    client.post(f"{aborted}/abort", json={"reason": "a trial"})
    client.post(f"{job}/entities", json={"entities": ENTITIES[:1]})
    client.post(f"{job}/upload", json={"entities": ENTITIES[1:], "relationships": []})
    client.post(f"{job}/relationships", json={"relationships": [TIE]})
    client.post(f"{job}/events", json={"events": [{"name": "stats", "description": "two"}]})
    client.post(f"{job}/finalize", json={"partialDatasets": {"types": ["another_thing"]}})
    while not client.get(job).json()["job"]["done"]:
        pass
    for path in GRAPHQL_PATHS:
        for query in ("FIND some_thing", "FIND some_thing AS t RETURN t.n", "FIND some_thing THAT HAS * RETURN TREE"):
            asked = {"query": QUERY, "variables": {"q": query, "d": "FORCE"}}
            url = client.post(path, json=asked).json()["data"]["queryV1"]["url"]
            while bare.get(url).json()["status"] != "COMPLETED":
                pass
            bare.get(f"{url}/results")
    client.post("/", json={"query": "{ nonsense }"})

    assert witness.mistakes == []
    assert {operation for operation, status in witness.seen if status == 200} == set(JUPITERONE)


@pytest.mark.parametrize(
    ("operation", "status"),
    [pytest.param(one, status, id=f"{one} {status}") for one in JUPITERONE for status in one.statuses if status != 200],
)
def test_every_described_refusal_of_jupiterone_is_answered(operation: Operation, status: int) -> None:
    """No refusal is described that cannot be got, and its body is as described."""
    keys = (ApiKey("secret"), ApiKey("weak", can_read=False, can_sync=False))
    account = JupiterOne(keys=keys, instances=(INSTANCE,), one_job_a_scope=True)
    witness = Witness(account.app)
    client = jupiterone_of(witness)
    job = job_of(client)
    path = re.sub(r".*\{job\}", job, operation.template).replace("{deferred}", "none")

    answer = refused(operation, status, account, witness, path)

    assert (answer.status_code, witness.mistakes) == (status, [])


def refused(operation: Operation, status: int, account: JupiterOne, witness: Witness, path: str) -> httpx.Response:
    """The answer of a request that cannot but be refused."""
    headers: dict[str, str] = {}
    body = b"{}"
    client = jupiterone_of(witness, "weak" if status == 403 else "secret")
    match status:
        case 400:
            body = b"[" * 3
        case 401:
            client.headers.pop("authorization")
        case 404:
            path = re.sub(r"jobs/[^/]+", "jobs/none", path)
            client.headers.pop("authorization") if "deferred" in path else None
        case 413:
            account.size_limit = 1
        case 415:
            headers["content-encoding"] = "br"
    if operation.template == persister.PATH and status in {403, 409}:
        body = b'{"source": "integration-external", "integrationInstanceId": "instance-1"}'
    return client.request(operation.method, path, headers=headers, content=body if operation.method == "POST" else None)
