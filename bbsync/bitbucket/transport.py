"""Send a request, and send it again when the connection or the server failed and that does no harm."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import cast

import httpx
import tenacity

from bbsync.bitbucket.auth import NOT_SENT, REPEATABLE
from bbsync.bitbucket.retry_after import retry_after
from bbsync.bitbucket.tally import Tally
from bbsync.network.whole import MEBIBYTE, errors_without_credentials, read_whole

#: Answers that say "not now" and not "no".
TROUBLES = frozenset({500, 502, 503, 504})

#: Where an answer says how many seconds it took, in `response.extensions`.
SECONDS = "bbsync_seconds"

#: Failures after which the same request may well succeed.
FAILURES = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)

#: No answer of Bitbucket's has more bytes, unpacked, or more values; a page has a hundredth of that.
LARGEST = 32 * MEBIBYTE
MOST_VALUES = 1_000_000


class RetryingTransport(httpx.BaseTransport):
    """A transport around another one; whole answers come out of it, decoded and of bounded size.

    After the last try the caller gets what came: the answer or the exception. Bodies are read here and not by the
    caller, so that a connection that breaks in the middle of one is a failure like any other.

    Args:
        inner: does the sending.
        connections: how many requests are under way at most. The inner pool has as many connections, as its waiting
            line loses requests when threads stand in it.
        tries: how often a request is sent at most.
        longest_wait: no wait is longer, whatever Retry-After says, in seconds.
        largest_answer: in bytes, unpacked.
        sleep: waits between tries.
        clock: epoch seconds.
        stopwatch: seconds since any moment; an answer says how many it took.
        may_resend: asked right before a request is sent again, as that costs another call. If not, the answer is a 429
            that is marked as `NOT_SENT`: another consumer may send the request.
        tally: counts what is refused and sent again, and knows how often that may be, over all requests of the run.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        connections: int = 16,
        tries: int = 4,
        longest_wait: float = 30.0,
        largest_answer: int = LARGEST,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        stopwatch: Callable[[], float] = time.monotonic,
        may_resend: Callable[[httpx.Request], bool] = lambda _request: True,
        tally: Tally | None = None,
    ) -> None:
        self._inner = inner
        self._gate = threading.BoundedSemaphore(connections)
        self._tries = tries
        self._longest_wait = longest_wait
        self._largest_answer = largest_answer
        self._sleep = sleep
        self._clock = clock
        self._stopwatch = stopwatch
        self._may_resend = may_resend
        self._tally = Tally() if tally is None else tally
        self._backoff = tenacity.wait_random_exponential(multiplier=0.5, max=longest_wait)
        self._counting = threading.Lock()
        self._sent = 0

    @property
    def sent(self) -> int:
        """How many requests were sent, repetitions included."""
        return self._sent

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to the request, after as many tries as it took."""
        if request.method != "GET" and REPEATABLE not in request.extensions:
            return self._send(request)
        failures: list[str] = []
        trying = tenacity.Retrying(
            sleep=self._sleep,
            stop=self._is_last,
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(FAILURES) | tenacity.retry_if_result(_in_trouble),
            before_sleep=lambda state: failures.append(_what_was(state)),
            retry_error_callback=_what_came,
        )
        return trying(self._try, request, failures)

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()

    def _is_last(self, state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= self._tries or not self._tally.may_go_on()

    def _try(self, request: httpx.Request, failures: Sequence[str]) -> httpx.Response:
        """Send a request that failed that often so far."""
        if failures:
            if not self._may_resend(request):
                return httpx.Response(httpx.codes.TOO_MANY_REQUESTS, request=request, extensions={NOT_SENT: True})
            self._tally.repeat(failures[-1])
        return self._send(request)

    def _send(self, request: httpx.Request) -> httpx.Response:
        with self._counting:
            self._sent += 1
        with self._gate, errors_without_credentials(request):
            started = self._stopwatch()
            response = read_whole(self._inner.handle_request(request), request, self._largest_answer, MOST_VALUES)
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                self._tally.refuse()
            response.extensions[SECONDS] = self._stopwatch() - started
            return response

    def _wait(self, state: tenacity.RetryCallState) -> float:
        outcome = _outcome(state)
        if not outcome.failed:
            asked = retry_after(outcome.result(), self._clock())
            if asked is not None:
                return min(asked, self._longest_wait)
        return self._backoff(state)


def _in_trouble(response: httpx.Response) -> bool:
    return response.status_code in TROUBLES


def _what_came(state: tenacity.RetryCallState) -> httpx.Response:
    """The last answer, or the last exception."""
    last: httpx.Response = _outcome(state).result()
    return last


def _what_was(state: tenacity.RetryCallState) -> str:
    """Why a request is sent again, in a word or two."""
    failure = _outcome(state).exception()
    if failure is None:
        return str(_outcome(state).result().status_code)
    return "a timeout" if isinstance(failure, httpx.TimeoutException) else "a broken connection"


def _outcome(state: tenacity.RetryCallState) -> tenacity.Future:
    return cast("tenacity.Future", state.outcome)  # there was a try, so there is an outcome
