"""Both services in this process, and wires to them on which every request can go wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from attrs import define, field

from bbsync.sandbox.bitbucket import Bitbucket, Sizes, make_world
from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from bbsync.sandbox.server import TRUNCATE, App
from tests.run_rig import CONSUMER, SMALL, START, Clock, Rig

BITBUCKET = "https://bitbucket.example.test"
JUPITERONE = "https://jupiterone.example.test"

#: What becomes of a request: it gets the request and what lets the service answer it, which it need not use.
Trouble = Callable[[httpx.Request, App], httpx.Response]

#: Which requests are meant.
Fits = Callable[[httpx.Request], bool]


@define(eq=False)
class Rule:
    """Requests that go wrong: the first `times` that fit after `after` went well, or all of them."""

    fits: Fits
    trouble: Trouble
    times: int | None = None
    after: int = 0
    struck: int = field(default=0, init=False)
    _met: int = field(default=0, init=False)

    def strikes(self, request: httpx.Request) -> bool:
        """Whether this request goes wrong; counts it when it is meant."""
        if not self.fits(request):
            return False
        self._met += 1
        strikes = self._met > self.after and (self.times is None or self._met <= self.after + self.times)
        self.struck += strikes
        return strikes


@define(eq=False)
class Wires(httpx.BaseTransport):
    """Hands requests to the app of their host, unless a rule says otherwise; `before` sees each of them first."""

    apps: Mapping[str, App]
    rules: list[Rule] = field(factory=list)
    before: Callable[[httpx.Request], None] = lambda _request: None
    seen: list[httpx.Request] = field(factory=list)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, as it arrives."""
        request.read()
        app = self.apps[f"{request.url.scheme}://{request.url.host}"]
        with self._lock:
            self.seen.append(request)
            self.before(request)
            rule = next((rule for rule in self.rules if rule.strikes(request)), None)
        response = app(request) if rule is None else rule.trouble(request, app)
        if TRUNCATE in response.extensions:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
        return response


@contextmanager
def wired_rig(
    place: Path, sizes: Sizes = SMALL, *, target: str = "local", seed: int = 7
) -> Iterator[tuple[Rig, Wires]]:
    """A new world, both services over it, and the wires to them; nobody listens on a socket."""
    clock = Clock()
    bitbucket = Bitbucket(make_world(seed, sizes, START, clock.moment), consumers=[CONSUMER], clock=clock)
    jupiterone = JupiterOne(account="acme", keys=(ApiKey("rig-api-key"),), clock=clock)
    wires = Wires({BITBUCKET: clock.dated(bitbucket.app), JUPITERONE: clock.dated(jupiterone.app)})
    yield Rig(bitbucket, jupiterone, (BITBUCKET, JUPITERONE), place, clock, target, transport=wires), wires
