"""The stand-in for JupiterOne: one origin that serves the persister API and GraphQL."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import httpx
from attrs import define, field

from bbsync.sandbox.jupiterone import control, persister
from bbsync.sandbox.jupiterone.access import ApiKey, Instance, key_of
from bbsync.sandbox.jupiterone.answers import Document, Refused, bad_request, read_object
from bbsync.sandbox.jupiterone.behaviour import Behaviour
from bbsync.sandbox.jupiterone.difference import AnyElement, Draft
from bbsync.sandbox.jupiterone.elements import Element, Origin
from bbsync.sandbox.jupiterone.faults import Fault
from bbsync.sandbox.jupiterone.graphql import Resolver, execute
from bbsync.sandbox.jupiterone.graphstore import GraphState, GraphStore
from bbsync.sandbox.jupiterone.integration_jobs import integration_events, integration_jobs
from bbsync.sandbox.jupiterone.integrations import definition_by, definitions_of, instance_by_id, instances_of
from bbsync.sandbox.jupiterone.jobs import Job
from bbsync.sandbox.jupiterone.persister import Persister
from bbsync.sandbox.jupiterone.queries import QueryRefused
from bbsync.sandbox.jupiterone.query_limit import QueryLimit
from bbsync.sandbox.jupiterone.queryservice import PageSize, QueryService
from bbsync.sandbox.jupiterone.results import edge_row
from bbsync.sandbox.jupiterone.watching import Watching
from bbsync.sandbox.server import ResetConnection

GRAPHQL_PATHS = ("/", "/graphql")

#: A recorded call: method, path without the query, status. A reset connection has status 0.
Call = tuple[str, str, int]


@define(eq=False, kw_only=True)
class JupiterOne(Behaviour):
    """A made-up JupiterOne account in memory.

    `page_size` is rows a page, or a function from the page's number (the first is 1) to its rows; what else can be
    set is in `Behaviour`. Keys, instances and faults may be set anew at any time.
    """

    account: str = "acme"
    keys: tuple[ApiKey, ...] = ()
    instances: tuple[Instance, ...] = ()
    page_size: PageSize = 250
    clock: Callable[[], float] = time.time
    faults: list[Fault] = field(factory=list, converter=list)
    calls: list[Call] = field(factory=list, init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False, repr=False)
    _store: GraphStore = field(init=False, repr=False)
    _persister: Persister = field(init=False, repr=False)
    _queries: QueryService = field(init=False, repr=False)
    _limit: QueryLimit = field(init=False, repr=False)
    #: The questions and alert rules of the account.
    watching: Watching = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._store = GraphStore(self.visibility_delay)
        self._persister = Persister(self.account, self._store, self.clock, self._lock, lambda: self.instances, self)
        self._queries = QueryService(self._read_graph, self.page_size, self.polls_in_progress, self.clock)
        self._limit = QueryLimit(self.queries_per_2_minutes, self.clock)
        self.watching = Watching(self.listing_size, self._lock)

    @property
    def jobs(self) -> Mapping[str, Job]:
        """Every synchronization job by id."""
        return self._persister.jobs

    @property
    def bytes_uploaded(self) -> int:
        """Body bytes received by the upload endpoints, as they were sent."""
        return self._persister.bytes_uploaded

    def app(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or fail it as a fault says."""
        if request.url.path.startswith(control.PATH):
            return self._answer(request)
        fault = self._due_fault(f"{request.method} {request.url.raw_path.decode('ascii')}")
        try:
            response = fault.spoil(partial(self._answer, request)) if fault else self._answer(request)
        except ResetConnection:
            self._record(request, 0)
            raise
        self._record(request, response.status_code)
        return response

    def entities(self, scope: str | None = None) -> list[Document]:
        """The entities stored in a scope (an instance's scope is its id), or all of them, sorted by key."""
        return _documents(self._store.stored.vertices.values(), scope)

    def raw_data(self, scope: str) -> Mapping[str, object]:
        """What is on the raw data tabs of the entities in a scope, by key."""
        vertices = self._store.stored.vertices.values()
        return {one.key: one.raw for one in vertices if one.origin.name == scope and one.raw is not None}

    def relationships(self, scope: str | None = None) -> list[Document]:
        """The relationships stored in a scope, or all of them, sorted by key."""
        return _documents(self._store.stored.edges.values(), scope)

    def put(
        self,
        entities: Iterable[Document] = (),
        relationships: Iterable[Document] = (),
        *,
        scope: str = "elsewhere",
        source: str = "api",
    ) -> None:
        """Change the graph from outside, at once: create these, or make their properties exactly these."""

        def write(draft: Draft) -> None:
            for entity in entities:
                draft.put_entity(entity)
            for relationship in relationships:
                draft.put_relationship(relationship)
            if draft.counts["numRelationshipCreateErrors"]:
                raise LookupError("an end of the relationship is not in the graph")

        self._tamper(write, self._origin(source, scope))

    def remove(self, *keys: str, scope: str, source: str = "api") -> None:
        """Delete from outside, at once, what has these keys."""
        listed = [{"_key": key} for key in keys]
        self._tamper(lambda draft: draft.drop_listed(listed, listed), self._origin(source, scope))

    def _origin(self, source: str, scope: str) -> Origin:
        instance = next((known for known in self.instances if known.id == scope), None)
        return Origin(self.account, source, scope, instance)

    def _tamper(self, change: Callable[[Draft], None], origin: Origin) -> Counter[str]:
        with self._lock:
            draft = Draft(self._store.stored, origin, int(self.clock() * 1000))
            change(draft)
            self._store.stored = draft.result()
            self._store.show_now()
            return draft.counts

    def _due_fault(self, target: str) -> Fault | None:
        with self._lock:
            return next((fault for fault in [*self.faults] if fault.strikes(target)), None)

    def _record(self, request: httpx.Request, status: int) -> None:
        with self._lock:
            self.calls.append((request.method, request.url.path, status))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._route(request)
        except Refused as refused:
            return refused.response()

    def _route(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.startswith(control.PATH):
            return control.control(self, request)
        if path.startswith("/deferred/"):
            return self._deferred(request)
        key = key_of(request, self.account, self.keys)
        if path.startswith(persister.PATH):
            return self._persister.answer(request, key)
        if path in GRAPHQL_PATHS and request.method == "POST":
            return self._graphql(request, key)
        raise Refused(404, "NOT_FOUND", "Not found")

    def _deferred(self, request: httpx.Request) -> httpx.Response:
        if "Authorization" in request.headers:
            # Object storage refuses a signed address together with another way of signing in.
            raise bad_request("InvalidArgument", "Only one auth mechanism allowed")
        return httpx.Response(200, json=self._queries.fetch(request.url.path, _origin_of(request)))

    def _graphql(self, request: httpx.Request, key: ApiKey) -> httpx.Response:
        if not key.reads:
            raise Refused(403, "FORBIDDEN", "This API key may not read the graph")
        headers = self._limit.take(str(read_object(request.content).get("query")))
        response = execute(request, {**self._resolvers(_origin_of(request)), **self.watching.resolvers(key)})
        response.headers.update(headers)
        return response

    def _resolvers(self, origin: str) -> Mapping[str, Resolver]:
        instances, account = self.instances, self.account
        return {
            "queryV1": lambda _, **arguments: self._queries.query(arguments, origin),
            "integrationInstance": lambda _, **wanted: instance_by_id(instances, account, wanted["id"]),
            "integrationInstances": lambda _, **wanted: instances_of(instances, account, wanted.get("definitionId")),
            "integrationDefinition": lambda _, **wanted: definition_by(instances, "id", wanted["id"]),
            "integrationDefinitions": lambda _, **__: definitions_of(instances),
            "findIntegrationDefinition": lambda _, **wanted: definition_by(
                instances, "integrationType", wanted["integrationType"]
            ),
            "integrationJobs": lambda _, **wanted: integration_jobs(self.jobs, wanted),
            "integrationEvents": lambda _, **wanted: integration_events(self.jobs, wanted),
            "typeCounts": lambda _: {name: len(found) for name, found in self._read_graph().by_type.items()},
            "entityCount": lambda _: len(self._read_graph().vertices),
            "deleteEntityV2": lambda _, **wanted: self._delete_entity(wanted["entityId"]),
            "deleteRelationship": lambda _, **wanted: self._delete_relationship(wanted["relationshipId"]),
        }

    def _read_graph(self) -> GraphState:
        with self._lock:
            self._persister.pass_time()
            return self._store.read()

    def _delete_entity(self, element_id: str) -> Document:
        gone = _by_id(self._store.stored.vertices.values(), element_id)
        self._tamper(lambda draft: draft.drop_entities([gone]), gone.origin)
        return {"entity": gone.flat(), "timestamp": int(self.clock() * 1000)}

    def _delete_relationship(self, element_id: str) -> Document:
        gone = _by_id(self._store.stored.edges.values(), element_id)
        self._tamper(lambda draft: draft.drop_relationships([gone]), gone.origin)
        edge = edge_row(gone)
        return {"relationship": gone.flat(), "edge": edge, "timestamp": int(self.clock() * 1000)}


def _by_id(elements: Iterable[AnyElement], element_id: str) -> AnyElement:
    for element in elements:
        if element.id == element_id:
            return element
    raise QueryRefused(f"{element_id} not found", "NOT_FOUND")


def _documents(elements: Iterable[Element], scope: str | None) -> list[Document]:
    chosen = (element for element in elements if scope in (None, element.origin.name))
    return [element.flat() for element in sorted(chosen, key=lambda element: element.key)]


def _origin_of(request: httpx.Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
