"""Faults by rule: what may go wrong with an answer, where, how often."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import httpx
from attrs import define, field

from bbsync.sandbox.bitbucket.answers import JSON, document, envelope, html, in_process, plain, unauthorized
from bbsync.sandbox.bitbucket.limits import too_many
from bbsync.sandbox.server import TRUNCATE, ResetConnection

Kind = Literal[
    "status",
    "reset",
    "truncated",
    "malformed",
    "foreign_next",
    "loop",
    "duplicate",
    "empty",
    "html",
    "wrong_schema",
    "null",
    "redirect",
]

FOREIGN = "https://bitbucket.example.net"
_LOGIN = "https://bitbucket.org/account/signin/"


@define(eq=False)
class Fault:
    """One rule.

    Args:
        path: a regular expression that is searched in the path and query.
        kind: what goes wrong.
        status: the status, where the kind has one.
        times: how often, None for ever.
        after: how many matching calls go well first.
        headers: put over those of the answer.
        body: put in place of the answer's body.
    """

    path: str
    kind: Kind = "status"
    status: int = 503
    times: int | None = None
    after: int = 0
    headers: Mapping[str, str] = field(factory=dict)
    body: str | bytes | None = None
    _met: int = field(default=0, init=False)

    def strikes(self, target: str) -> bool:
        """Whether this call is one of those that go wrong; counts it when it matches."""
        if re.search(self.path, target) is None:
            return False
        self._met += 1
        late = self.times is not None and self._met > self.after + self.times
        return self._met > self.after and not late

    @property
    def replaces(self) -> bool:
        """Whether the answer is made up, so that the real one need not be."""
        return self.kind in _REPLACING

    def answer(self) -> httpx.Response:
        """The answer in place of the real one."""
        return self._dressed(_REPLACING[self.kind](self))

    def spoil(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        """What becomes of the real answer."""
        return self._dressed(_SPOILING[self.kind](request, response))

    def _dressed(self, response: httpx.Response) -> httpx.Response:
        if self.body is None:
            response.headers.update(self.headers)
            return response
        kept = {name: text for name, text in response.headers.items() if name != "content-length"}
        return httpx.Response(response.status_code, headers={**kept, **self.headers}, content=self.body)


def _reset(_fault: Fault) -> httpx.Response:
    raise ResetConnection


def _status(fault: Fault) -> httpx.Response:
    match fault.status:
        case 401:
            return unauthorized("Token is invalid, expired, or not supported for this endpoint.")
        case 403:
            return envelope(403, "You may not access this repository, or this resource of it.")
        case 404:
            return envelope(404, "Resource not found")
        case 429:
            return too_many()
        case status if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return html(status, "Something went wrong")
        case status:
            return envelope(status, "Something went wrong")


def _login_page(_fault: Fault) -> httpx.Response:
    return html(200, "Log in with Atlassian account")


def _redirect(_fault: Fault) -> httpx.Response:
    return plain(302, "", {"location": _LOGIN})


def _json_null(_fault: Fault) -> httpx.Response:
    return document(None)


def _wrong_schema(_fault: Fault) -> httpx.Response:
    return document({"type": "surprise", "values": {"unexpected": True}})


def _truncated(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    if in_process(request):
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
    response.extensions[TRUNCATE] = len(response.content) // 2
    return response


def _malformed(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
    return _with_body(response, response.content[: len(response.content) // 2])


def _foreign_next(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    foreign = f"{FOREIGN}{request.url.raw_path.decode('ascii')}"
    return _edited(response, lambda page: {**page, "next": foreign})


def _loop(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    return _edited(response, lambda page: {**page, "next": str(request.url)})


def _duplicate(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
    return _edited(response, lambda page: {**page, "values": [*page["values"], *page["values"][:1]]})


def _empty(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
    if response.content.startswith(b"["):
        return _with_body(response, b"[]")
    kept = ("pagelen", "size", "page")
    return _edited(response, lambda page: {"values": [], **{name: page[name] for name in kept if name in page}})


def _edited(response: httpx.Response, edit: Callable[[dict[str, Any]], object]) -> httpx.Response:
    """The answer with its page edited; an answer without pages stays as it is."""
    page = json.loads(response.content)
    if not isinstance(page, dict) or "values" not in page:
        return response
    return _with_body(response, json.dumps(edit(page)).encode())


def _with_body(response: httpx.Response, body: bytes) -> httpx.Response:
    kept = {name: text for name, text in response.headers.items() if name != "content-length"}
    return httpx.Response(response.status_code, headers={"content-type": JSON, **kept}, content=body)


_REPLACING: dict[str, Callable[[Fault], httpx.Response]] = {
    "status": _status,
    "reset": _reset,
    "html": _login_page,
    "redirect": _redirect,
    "null": _json_null,
    "wrong_schema": _wrong_schema,
}
_SPOILING: dict[str, Callable[[httpx.Request, httpx.Response], httpx.Response]] = {
    "truncated": _truncated,
    "malformed": _malformed,
    "foreign_next": _foreign_next,
    "loop": _loop,
    "duplicate": _duplicate,
    "empty": _empty,
}
KINDS = frozenset(_REPLACING) | frozenset(_SPOILING)
