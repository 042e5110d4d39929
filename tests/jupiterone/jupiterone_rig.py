"""A made-up JupiterOne account in memory, and a client for it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from attrs import define, field

from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.target import JupiterOneTarget
from bbsync.sandbox.jupiterone import Fault, Instance, JupiterOne
from bbsync.secret import Secret

READ_KEY = "read-key-0123456789"
SYNC_KEY = "sync-key-0123456789"

ELSEWHERE = "https://storage.example.test/result"

OURS = Instance("instance-of-ours")
THEIRS = Instance("instance-of-theirs", definition_type="aws", definition_id="aws-definition")


@define
class Rig:
    """A stand-in, a client for it, every request that the stand-in got, and every pause that the client made."""

    jupiterone: JupiterOne
    requests: list[httpx.Request] = field(factory=list)
    slept: list[float] = field(factory=list)
    client: JupiterOneClient = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.client = client_for(self.answer, sleep=self.slept.append)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Write the request down, and let the stand-in answer."""
        self.requests.append(request)
        return self.jupiterone.app(request)

    def target(self, ownership: Ownership | None = None, batch_bytes: int = 5_000_000) -> JupiterOneTarget:
        """The target at the stand-in."""
        return JupiterOneTarget(self.client, ownership or Ownership.of_scope("bbsync"), batch_bytes)

    def fail(self, path: str, **how: object) -> None:
        """Let requests go wrong."""
        self.jupiterone.faults.append(Fault(path, **how))

    def sent(self, ending: str) -> list[httpx.Request]:
        """The requests whose path ends like this."""
        return [request for request in self.requests if request.url.path.endswith(ending)]

    @property
    def statuses(self) -> list[str]:
        """The status of every job, in the order they were made."""
        return [job.status for job in self.jupiterone.jobs.values()]


def client_for(app: Callable[[httpx.Request], httpx.Response], **others: object) -> JupiterOneClient:
    """A client whose requests go to this app."""
    return JupiterOneClient(
        **{
            "account": "acme",
            "read_key": Secret(READ_KEY),
            "sync_key": Secret(SYNC_KEY),
            "api_url": "https://api.example.test",
            "graphql_url": "https://graphql.example.test/",
            "transport": httpx.MockTransport(app),
            "sleep": lambda _: None,
            **others,
        }
    )


def deferring(*states: object) -> Callable[[httpx.Request], httpx.Response]:
    """An app whose queries are deferred, and whose results are these, one after the other."""
    waiting = list(states)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "graphql.example.test":
            return httpx.Response(200, json={"data": {"queryV1": {"type": "deferred", "url": ELSEWHERE}}})
        return httpx.Response(200, json=waiting.pop(0) if len(waiting) > 1 else waiting[0])

    return answer
