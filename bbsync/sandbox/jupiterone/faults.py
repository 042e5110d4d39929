"""Faults by rule: which requests go wrong, how, and how often."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal

import httpx
from attrs import define, field

from bbsync.sandbox.server import TRUNCATE, ResetConnection

#: `truncated` needs a socket (bbsync.sandbox.server); in process the answer arrives whole.
Kind = Literal["status", "reset", "truncated", "malformed"]


@define(eq=False)
class Fault:
    """Spoils the answers to requests whose `METHOD /path?query` matches a regular expression.

    A `processed` request takes effect although its answer is lost; otherwise the fault comes first. Truncated and
    malformed answers are spoilt real ones, so those requests always take effect.
    """

    path: str
    kind: Kind = "status"
    status: int = 503
    times: int | None = None
    after: int = 0
    headers: Mapping[str, str] = field(factory=dict)
    body: str | None = None
    processed: bool = False
    _seen: int = field(default=0, init=False)

    def strikes(self, target: str) -> bool:
        """Whether this request is one to spoil; counts the requests that match."""
        if not re.search(self.path, target):
            return False
        self._seen += 1
        past = self._seen - self.after
        return past > 0 and (self.times is None or past <= self.times)

    def spoil(self, answer: Callable[[], httpx.Response]) -> httpx.Response:
        """The spoilt answer, or a reset connection."""
        if self.kind in ("truncated", "malformed"):
            return self._spoilt(answer())
        if self.processed:
            answer()
        if self.kind == "reset":
            raise ResetConnection
        text = "the stand-in was told to fail" if self.body is None else self.body
        return httpx.Response(self.status, headers=dict(self.headers), text=text)

    def _spoilt(self, response: httpx.Response) -> httpx.Response:
        half = len(response.content) // 2
        if self.kind == "truncated":
            response.extensions[TRUNCATE] = half
            return response
        body = response.content[:half] if self.body is None else self.body.encode()
        return httpx.Response(response.status_code, headers={"Content-Type": "application/json"}, content=body)
