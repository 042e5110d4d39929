"""A small client of the stand-in, for its tests: the protocol's own words, nothing hidden."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx

from bbsync.sandbox.jupiterone import ApiKey, JupiterOne

Document = dict[str, Any]

JOBS = "/persister/synchronization/jobs"
CREDENTIALS = {"Authorization": "Bearer secret", "JupiterOne-Account": "acme"}
QUERY = """
query ($query: String!, $variables: JSON, $cursor: String, $includeDeleted: Boolean,
       $deferredResponse: DeferredResponseOption) {
  queryV1(query: $query, variables: $variables, cursor: $cursor, includeDeleted: $includeDeleted,
          deferredResponse: $deferredResponse) { type data url totalCount cursor correlationId }
}
"""


def entity(number: int = 1, type_name: str = "bitbucket_repo", **properties: Any) -> Document:
    """An entity that is as it must be."""
    return {"_key": f"repository-{number}", "_type": type_name, "_class": ["CodeRepo"], **properties}


def tie(start: int = 1, end: int = 2, verb: str = "HAS", **properties: Any) -> Document:
    """A relationship between two of these entities."""
    keys = {"_fromEntityKey": f"repository-{start}", "_toEntityKey": f"repository-{end}"}
    key = f"repository-{start}|{verb.lower()}|repository-{end}"
    return {"_key": key, "_type": "bitbucket_repo_has_repo", "_class": verb, **keys, **properties}


class Client:
    """One account with one key that may do everything, unless told otherwise."""

    def __init__(self, headers: dict[str, str] | None = None, **settings: Any) -> None:
        settings.setdefault("keys", (ApiKey("secret"),))
        self.account = JupiterOne(**settings)
        self.http = httpx.Client(
            transport=httpx.MockTransport(self.account.app),
            base_url="http://jupiterone.test",
            headers=CREDENTIALS if headers is None else headers,
        )
        self.bare = httpx.Client(transport=httpx.MockTransport(self.account.app))

    def create(self, **body: Any) -> str:
        """Create a job, in the api scope "bbsync" unless told otherwise, and return its path."""
        answer = self.http.post(JOBS, json=body or {"source": "api", "scope": "bbsync"})
        assert answer.status_code == 200, answer.text
        return f"{JOBS}/{answer.json()['job']['id']}"

    def upload(self, job: str, *entities: Document, ties: Any = (), **options: Any) -> httpx.Response:
        """Upload both kinds in one request."""
        return self.http.post(f"{job}/upload", json={"entities": [*entities], "relationships": [*ties]}, **options)

    def finish(self, job: str, **body: Any) -> Document:
        """Finalize and poll until the job is done."""
        answer = self.http.post(f"{job}/finalize", json=body).json()["job"]
        while not answer["done"]:
            answer = self.http.get(job).json()["job"]
        return dict(answer)

    def synchronize(self, *entities: Document, ties: Any = (), partial: Any = (), **create: Any) -> Document:
        """A whole job."""
        job = self.create(**create)
        answer = self.upload(job, *entities, ties=ties)
        assert answer.status_code == 200, answer.text
        return self.finish(job, partialDatasets={"types": [*partial]})

    def graphql(self, document: str, /, **variables: Any) -> Document:
        """A GraphQL answer."""
        answer = self.http.post("/", json={"query": document, "variables": variables})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ask(self, query: str, **variables: Any) -> Document:
        """The answer of queryV1 that must not be an error."""
        answer = self.graphql(QUERY, query=query, **variables)
        assert "errors" not in answer, answer
        return dict(answer["data"]["queryV1"])

    def refused(self, query: str, **variables: Any) -> str:
        """The message with which a query is refused."""
        return str(self.graphql(QUERY, query=query, **variables)["errors"][0]["message"])

    def keys(self, query: str, **variables: Any) -> list[str]:
        """The sorted keys of the entities that a query finds."""
        return sorted(row["entity"]["_key"] for row in self.ask(query, **variables)["data"])


def packed(**body: Any) -> bytes:
    """A body as gzip."""
    return gzip.compress(json.dumps(body).encode())


def counters(job: Document) -> Document:
    """The counters of a job that are not zero, without the uploaded ones."""
    return {
        name.removeprefix("num"): count
        for name, count in job.items()
        if name.startswith("num") and count and not name.endswith("Uploaded")
    }
