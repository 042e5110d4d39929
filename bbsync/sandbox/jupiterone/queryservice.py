"""The query service: pages of results behind cursors, at once or deferred."""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from attrs import define, field, frozen

from bbsync.sandbox.jupiterone.answers import Document, Json, Refused
from bbsync.sandbox.jupiterone.graphstore import GraphState
from bbsync.sandbox.jupiterone.j1ql import parse
from bbsync.sandbox.jupiterone.queries import QueryRefused
from bbsync.sandbox.jupiterone.results import Result, run

#: How many results, and how many deferred pages, are kept for clients that come back.
KEPT_RESULTS = 32
KEPT_PAGES = 256

Deferred = Literal["DISABLED", "OPTIONAL", "FORCE"]
#: Rows a page, or a function from the page's number (the first is 1) to its rows.
PageSize = int | Callable[[int], int]


@frozen
class Cursor:
    """Where the next page begins."""

    result: str
    page: int = 1
    first: int = 0

    def text(self) -> str:
        """The cursor as clients see it; nothing in it is for them."""
        return base64.urlsafe_b64encode(json.dumps([self.result, self.page, self.first]).encode()).decode()

    @classmethod
    def read(cls, text: str) -> Cursor:
        """The cursor that a client sent back."""
        try:
            return cls(*json.loads(base64.urlsafe_b64decode(text)))
        except (binascii.Error, ValueError, TypeError) as broken:
            raise QueryRefused("Invalid cursor") from broken


@frozen(eq=False)
class Page:
    """A page of a result that is written out when it is fetched."""

    rows: Result
    total: int
    next_cursor: str | None

    def document(self) -> Document:
        """The page as answers hold it."""
        return {
            "type": self.rows.type,
            "data": self.rows.data(),
            "totalCount": self.total,
            "cursor": self.next_cursor,
        }

    def results(self) -> Document:
        """The page as results files hold it: on the last one there is no word of a cursor.

        The service's own Python client takes any cursor in there for one, and would go on with null for ever.
        """
        return {name: value for name, value in self.document().items() if (name, value) != ("cursor", None)}


@define(eq=False)
class DeferredPage:
    """A page that is announced first and fetched later, without credentials."""

    id: str
    page: Page
    polls_left: int


@define(eq=False)
class QueryService:
    """Runs queries over what is visible of the graph."""

    read_graph: Callable[[], GraphState]
    page_size: PageSize = 250
    polls_in_progress: int = 1
    clock: Callable[[], float] = time.time
    _results: OrderedDict[str, tuple[str, Result]] = field(factory=OrderedDict)
    _deferred: OrderedDict[str, DeferredPage] = field(factory=OrderedDict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def query(self, arguments: Document, origin: str) -> Document:
        """Answer `queryV1`."""
        page = self._page(arguments)
        if arguments.get("dryRun"):
            return {"type": page.rows.type, "correlationId": str(uuid.uuid4())}
        if arguments.get("deferredResponse") == "FORCE":
            return self._defer(page, origin)
        return page.document() | {"correlationId": str(uuid.uuid4())}

    def fetch(self, path: str, origin: str) -> Document:
        """The state of a deferred page, or its results file."""
        document_id, _, part = path.removeprefix("/deferred/").partition("/")
        deferred = self._deferred.get(document_id)
        if deferred is None or part not in ("", "results"):
            raise Refused(404, "NOT_FOUND", "Not found")
        if part == "results":
            return deferred.page.results()
        return self._state(deferred, f"{origin}/deferred/{document_id}/results")

    def _state(self, deferred: DeferredPage, url: str) -> Document:
        with self._lock:
            deferred.polls_left -= 1
            waiting = deferred.polls_left >= 0
        if waiting:
            return {"status": "IN_PROGRESS", "correlationId": deferred.id}
        return {"status": "COMPLETED", "correlationId": deferred.id, "url": url} | deferred.page.results()

    def _defer(self, page: Page, origin: str) -> Document:
        deferred = DeferredPage(str(uuid.uuid4()), page, self.polls_in_progress)
        with self._lock:
            _keep(self._deferred, deferred.id, deferred, KEPT_PAGES)
        return {"type": "deferred", "url": f"{origin}/deferred/{deferred.id}", "correlationId": deferred.id}

    def _page(self, arguments: Document) -> Page:
        asked = json.dumps([arguments.get(name) for name in ("query", "variables", "includeDeleted")], sort_keys=True)
        cursor = arguments.get("cursor")
        at = Cursor.read(cursor) if cursor else Cursor(str(uuid.uuid4()))
        result = self._reopen(at, asked) if cursor else self._run(arguments)
        after = at.first + (self.page_size(at.page) if callable(self.page_size) else self.page_size)
        total = len(result.rows)
        if after >= total:
            return Page(result.between(at.first, total), total, None)
        with self._lock:
            _keep(self._results, at.result, (asked, result), KEPT_RESULTS)
        return Page(result.between(at.first, after), total, Cursor(at.result, at.page + 1, after).text())

    def _reopen(self, at: Cursor, asked: str) -> Result:
        with self._lock:
            query, result = self._results.get(at.result, ("", None))
        if result is None or query != asked:
            raise QueryRefused("Invalid cursor")
        return result

    def _run(self, arguments: Document) -> Result:
        query = parse(arguments["query"], arguments.get("variables") or {}, self.clock)
        graph = self.read_graph()
        return run(query, graph.with_deleted if arguments.get("includeDeleted") else graph)


def _keep(kept: OrderedDict[str, Json], name: str, value: Json, most: int) -> None:
    kept[name] = value
    while len(kept) > most:
        kept.popitem(last=False)
