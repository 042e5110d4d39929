"""A made-up JupiterOne account in memory, and a client for it."""

from __future__ import annotations

import json
from collections import Counter
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


class Graph:
    """An app whose queries find these rows, and these edges page by page; `less` is what the counts leave out."""

    def __init__(self, rows: list[dict[str, object]], *trees: list[dict[str, object]]) -> None:
        self.rows = rows
        self.trees = trees or ([],)
        self.less = 0
        self.queries: list[str] = []
        self.results: list[dict[str, object]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Defer a query, and keep its result for whoever comes for it."""
        if request.url.host != "graphql.example.test":
            return httpx.Response(200, json=self.results[int(request.url.path.rpartition("/")[2])])
        variables = json.loads(request.content)["variables"]
        self.queries.append(variables["query"])
        self.results.append({"status": "COMPLETED", **self.page(variables["query"], variables["cursor"])})
        url = f"{ELSEWHERE}/{len(self.results) - 1}"
        return httpx.Response(200, json={"data": {"queryV1": {"type": "deferred", "url": url}}})

    def page(self, query: str, cursor: str | None) -> dict[str, object]:
        """What a query finds."""
        if "TREE" in query:
            at = int(cursor or 0)
            edges = {"vertices": [], "edges": self.trees[at]}
            return {"data": edges, "cursor": str(at + 1) if at + 1 < len(self.trees) else None}
        if "count(r)" in query:
            types = {row["id"]: row["entity"]["_type"] for row in self.rows}
            edges = {edge["id"]: edge for tree in self.trees for edge in tree}.values()
            ends = [
                types[edge["fromVertexId"]] for edge in edges if {edge["fromVertexId"], edge["toVertexId"]} <= {*types}
            ]
            return {"data": [{"source": name, "type": "t_has_t", "number": n} for name, n in Counter(ends).items()]}
        if "count(e)" in query:
            counted = Counter(row["entity"]["_type"] for row in self.rows)
            return {"data": [{"type": [name], "number": number - self.less} for name, number in counted.items()]}
        return {"data": self.rows}
