"""The stand-in itself: who calls, may they, what goes wrong, what is answered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from bbsync.sandbox.bitbucket.answers import Refusal, document, finish, nothing_here, refusal
from bbsync.sandbox.bitbucket.asked import Asked
from bbsync.sandbox.bitbucket.call import Call, read_call
from bbsync.sandbox.bitbucket.changes import CHANGES
from bbsync.sandbox.bitbucket.control import PREFIX, Control
from bbsync.sandbox.bitbucket.faults import Fault
from bbsync.sandbox.bitbucket.limits import RollingHour
from bbsync.sandbox.bitbucket.routes import TOKEN_PATH, Endpoint, Found, find_endpoint
from bbsync.sandbox.bitbucket.tokens import Consumer, Tokens, token_headers
from bbsync.sandbox.bitbucket.world import World

#: Method, path with query, status (0: the connection broke), key of the consumer.
Recorded = tuple[str, str, int, str | None]

_ANONYMOUS = "anonymous"


class Bitbucket:
    """A Bitbucket Cloud over a made-up world. `app` answers requests, in process or behind a socket.

    Args:
        world: what there is.
        consumers: the OAuth consumers that get tokens.
        calls_per_hour: allowed to each consumer below `/2.0/repositories/`, on a rolling hour.
        limit_everything: let every call of the API count, not only those.
        count_refused: let refused calls count, too.
        rate_headers: say in headers how many calls are left.
        anonymous_calls_per_hour: allowed to callers without a token, before they hear that they need one.
        latency: seconds before each answer.
        token_seconds: how long a token lasts.
        clock, sleep: time, in seconds.
        faults: what goes wrong; the first rule that strikes decides.
    """

    def __init__(
        self,
        world: World,
        *,
        consumers: Iterable[Consumer] = (Consumer("sandbox-key", "sandbox-secret"),),
        calls_per_hour: int = 1000,
        limit_everything: bool = False,
        count_refused: bool = False,
        rate_headers: bool = False,
        anonymous_calls_per_hour: int = 60,
        latency: float = 0.0,
        token_seconds: float = 7200,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        faults: Iterable[Fault] = (),
    ) -> None:
        self.world = world
        self.tokens = Tokens(consumers, token_seconds, clock)
        self.faults: list[Fault] = list(faults)
        self.calls_per_hour = calls_per_hour
        self.limit_everything = limit_everything
        self.anonymous_calls_per_hour = anonymous_calls_per_hour
        self.latency = latency
        self._sleep = sleep
        self._hour = RollingHour(clock, count_refused, rate_headers)
        self._control = Control(world, self.faults, self.calls_by_endpoint)
        self._recorded: list[Recorded] = []
        self._lock = threading.Lock()

    @property
    def calls(self) -> list[Recorded]:
        """Every call so far, in the order of the answers."""
        with self._lock:
            return list(self._recorded)

    def reset_calls(self) -> None:
        with self._lock:
            self._recorded.clear()

    def calls_by_endpoint(self) -> dict[str, int]:
        """How many calls each endpoint got, tokens included."""
        return dict(sorted(Counter(_endpoint_name(method, target) for method, target, _, _ in self.calls).items()))

    def spend(self, key: str) -> None:
        """Use up a consumer's hour, as somebody else with the same consumer might."""
        self._hour.spend(key, self.calls_per_hour)

    def change(self, change: str, /, **arguments: Any) -> Any:
        """Change the world while it is served; the names are those of `changes.CHANGES`."""
        with self.world.lock:
            return CHANGES[change](self.world, **arguments)

    def app(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        if request.url.path.startswith(PREFIX):
            return self._control.answer(request)
        if self.latency:
            self._sleep(self.latency)
        try:
            response = self._answer(request)
        except httpx.TransportError:
            self._record(request, 0)
            raise
        self._record(request, response.status_code)
        return response

    def _record(self, request: httpx.Request, status: int) -> None:
        key = self.tokens.key(request)
        with self._lock:
            self._recorded.append((request.method, _target(request), status, key))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        fault = self._striking(_target(request))
        if fault is not None and fault.replaces:
            return fault.answer()
        response = self._serve(request)
        if fault is not None and response.is_success:
            response = fault.spoil(request, response)
        return response if request.url.path == TOKEN_PATH else finish(request, response)

    def _striking(self, target: str) -> Fault | None:
        with self._lock:
            return next((fault for fault in self.faults if fault.strikes(target)), None)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == TOKEN_PATH:
            return self.tokens.grant(request)
        call = read_call(request)
        found = find_endpoint(call.segments)
        try:
            consumer = self._caller(request)
            headers = self._headers(call, consumer, found[0] if found else None)
        except Refusal as error:
            return error.response
        response = self._reply(call, consumer, found)
        response.headers.update(headers)
        return response

    def _caller(self, request: httpx.Request) -> Consumer:
        if "authorization" not in request.headers:
            self._hour.take(_ANONYMOUS, self.anonymous_calls_per_hour)
        return self.tokens.consumer(request)

    def _headers(self, call: Call, consumer: Consumer, endpoint: Endpoint | None) -> dict[str, str]:
        """Count the call, and say about the token what every answer says."""
        limited = self.limit_everything or call.segments[1:2] == ("repositories",)
        left = self._hour.take(consumer.key, self.calls_per_hour) if limited else {}
        accepted = {} if endpoint is None or endpoint.scope is None else {"x-accepted-oauth-scopes": endpoint.scope}
        return {**token_headers(consumer), **accepted, **left}

    def _reply(self, call: Call, consumer: Consumer, found: Found | None) -> httpx.Response:
        if found is None or call.method not in {"GET", "HEAD"}:
            return nothing_here()
        endpoint, names = found
        try:
            check_scope(consumer, endpoint)
            with self.world.lock:
                content = endpoint.answer(Asked(self.world, call, names, consumer))
        except Refusal as error:
            return error.response
        return document(content)


def check_scope(consumer: Consumer, endpoint: Endpoint) -> None:
    """Refuse a consumer that lacks the endpoint's scope."""
    if endpoint.scope is not None and not consumer.holds(endpoint.scope):
        lacking = "Your credentials lack one or more required privilege scopes."
        raise refusal(403, lacking, {"granted": list(consumer.scopes), "required": [endpoint.scope]})


def _target(request: httpx.Request) -> str:
    return request.url.raw_path.decode("ascii")


def _endpoint_name(method: str, target: str) -> str:
    if target.startswith(TOKEN_PATH):
        return f"{method} {TOKEN_PATH}"
    found = find_endpoint(read_call(httpx.Request(method, f"http://sandbox{target}")).segments)
    return f"{method} {found[0].template if found else '(unknown)'}"
