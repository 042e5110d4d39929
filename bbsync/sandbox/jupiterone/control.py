"""Change the account while it is running, over HTTP and without a key: the address is loopback only.

GET /_sandbox/graph?scope=…     what the graph holds
POST /_sandbox/graph            {"scope", "source", "entities", "relationships", "remove"}: change it from outside
POST /_sandbox/faults           {"path", "kind", "status", …}: spoil answers from now on
DELETE /_sandbox/faults         answer properly again
GET /_sandbox/calls             how often each endpoint was called
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol

import httpx

from bbsync.sandbox.jupiterone.answers import Document, Refused, bad_request, read_object
from bbsync.sandbox.jupiterone.faults import Fault

PATH = "/_sandbox/"

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GRAPH_MEMBERS = frozenset({"scope", "source", "entities", "relationships", "remove"})


class Account(Protocol):
    """The part of the stand-in that can be changed from outside."""

    faults: list[Fault]
    calls: list[tuple[str, str, int]]

    def entities(self, scope: str | None = None) -> list[Document]: ...
    def relationships(self, scope: str | None = None) -> list[Document]: ...
    def put(
        self, entities: Iterable[Document], relationships: Iterable[Document], *, scope: str, source: str
    ) -> None: ...
    def remove(self, *keys: str, scope: str, source: str) -> None: ...


def control(account: Account, request: httpx.Request) -> httpx.Response:
    """Answer a request below `/_sandbox/`."""
    action = _ACTIONS.get((request.method, request.url.path))
    if action is None:
        known = ", ".join(f"{method} {path}" for method, path in _ACTIONS)
        raise Refused(404, "NOT_FOUND", f"There is no such control; there are {known}")
    return httpx.Response(200, json=action(account, request))


def _show_graph(account: Account, request: httpx.Request) -> Document:
    scope = request.url.params.get("scope")
    return {"entities": account.entities(scope), "relationships": account.relationships(scope)}


def _change_graph(account: Account, request: httpx.Request) -> Document:
    wanted = read_object(request.content)
    if not isinstance(wanted.get("scope"), str) or wanted.keys() - _GRAPH_MEMBERS:
        raise bad_request("BAD_REQUEST", f'A change names its "scope", and else only {sorted(_GRAPH_MEMBERS)}')
    scope, source = wanted["scope"], wanted.get("source", "api")
    try:
        account.put(wanted.get("entities", ()), wanted.get("relationships", ()), scope=scope, source=source)
    except LookupError as missing:
        raise bad_request("BAD_REQUEST", f"Not a change: {missing}") from missing
    account.remove(*wanted.get("remove", ()), scope=scope, source=source)
    return {"changed": True}


def _add_fault(account: Account, request: httpx.Request) -> Document:
    try:
        account.faults.append(Fault(**read_object(request.content)))
    except TypeError as unknown:
        raise bad_request("BAD_REQUEST", f"Not a fault: {unknown}") from unknown
    return {"faults": len(account.faults)}


def _clear_faults(account: Account, request: httpx.Request) -> Document:  # noqa: ARG001 - every action has this shape
    account.faults.clear()
    return {"faults": 0}


def _count_calls(account: Account, request: httpx.Request) -> Document:  # noqa: ARG001 - every action has this shape
    return dict(Counter(f"{method} {_ID.sub('{id}', path)}" for method, path, _ in [*account.calls]))


_ACTIONS: dict[tuple[str, str], Callable[[Account, httpx.Request], Document]] = {
    ("GET", "/_sandbox/graph"): _show_graph,
    ("POST", "/_sandbox/graph"): _change_graph,
    ("POST", "/_sandbox/faults"): _add_fault,
    ("DELETE", "/_sandbox/faults"): _clear_faults,
    ("GET", "/_sandbox/calls"): _count_calls,
}
