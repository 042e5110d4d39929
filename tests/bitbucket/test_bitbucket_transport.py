"""Sending again what failed, and only that."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.auth import NOT_SENT, REPEATABLE
from bbsync.bitbucket.transport import RetryingTransport
from bbsync.network.whole import AnswerTooLarge
from bbsync.sandbox.server import TRUNCATE, ResetConnection, serve

Outcome = httpx.Response | Exception | int


class Server:
    """Answers from a script, one outcome after the other; the last one for ever. Notes waits and repetitions."""

    def __init__(self, *script: Outcome) -> None:
        self.script = list(script)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        self.resent: list[httpx.Request] = []
        self.calls_left = 1000

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The next outcome of the script."""
        outcome = self.script[min(len(self.requests), len(self.script) - 1)]
        self.requests.append(request)
        if isinstance(outcome, Exception):
            raise outcome
        return httpx.Response(outcome) if isinstance(outcome, int) else outcome

    def _may_resend(self, request: httpx.Request) -> bool:
        self.resent.append(request)
        return len(self.resent) <= self.calls_left

    def transport(self, *, tries: int = 4, largest_answer: int = 1000) -> RetryingTransport:
        """The transport under test around this server."""
        return RetryingTransport(
            httpx.MockTransport(self.answer),
            tries=tries,
            largest_answer=largest_answer,
            longest_wait=30,
            sleep=self.waits.append,
            clock=lambda: 0.0,
            may_resend=self._may_resend,
        )


def get(transport: httpx.BaseTransport) -> httpx.Response:
    """The answer to a GET."""
    return transport.handle_request(httpx.Request("GET", "https://api.bitbucket.org/2.0/x"))


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("half an answer"),
        500,
        502,
        503,
        504,
    ],
)
def test_a_failed_request_is_sent_again(failure: Outcome) -> None:
    """Resets, timeouts and a server in trouble: the answer after them is the answer."""
    server = Server(failure, failure, httpx.Response(200, text="at last"))
    transport = server.transport()

    response = get(transport)

    assert (response.status_code, response.text) == (200, "at last")
    assert transport.sent == 3
    assert len(server.waits) == len(server.resent) == 2


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 410, 429, 501])
def test_an_answer_is_an_answer(status: int) -> None:
    """Nothing that Bitbucket says on purpose is asked for again."""
    server = Server(status)

    response = get(server.transport())

    assert response.status_code == status
    assert len(server.requests) == 1


def test_after_the_last_try_the_answer_is_given_back() -> None:
    """The caller sees what Bitbucket said, not that somebody retried."""
    server = Server(httpx.Response(503, text="down"))

    response = get(server.transport(tries=3))

    assert (response.status_code, response.text) == (503, "down")
    assert len(server.requests) == 3


def test_after_the_last_try_the_exception_is_raised() -> None:
    """As it came, not wrapped."""
    failure = httpx.ReadTimeout("slow")
    server = Server(failure)

    with pytest.raises(httpx.ReadTimeout) as caught:
        get(server.transport(tries=3))

    assert caught.value is failure
    assert len(server.requests) == 3


def test_a_post_is_sent_once() -> None:
    """Sending it twice might do harm."""
    server = Server(503)

    response = server.transport().handle_request(httpx.Request("POST", "https://api.bitbucket.org/2.0/x"))

    assert (response.status_code, len(server.requests)) == (503, 1)


def test_a_post_that_says_so_may_be_repeated() -> None:
    """Asking for a token twice does no harm."""
    server = Server(503, 200)
    request = httpx.Request("POST", "https://bitbucket.org/site/oauth2/access_token", extensions={REPEATABLE: True})

    response = server.transport().handle_request(request)

    assert (response.status_code, len(server.requests)) == (200, 2)


@pytest.mark.parametrize("failure", [503, httpx.ReadError("reset")])
def test_a_failed_request_that_costs_a_call_too_many_is_handed_back(failure: Outcome) -> None:
    """After one repetition the consumer is spent: the answer is a refusal of our own, which nobody sent."""
    server = Server(failure)
    server.calls_left = 1

    response = get(server.transport())

    assert (response.status_code, NOT_SENT in response.extensions) == (429, True)
    assert len(server.requests) == 2


@pytest.mark.parametrize(("retry_after", "waited"), [("7", 7.0), ("500", 30.0), ("Thu, 01 Jan 1970 00:00:09 GMT", 9.0)])
def test_retry_after_is_honoured_within_reason(retry_after: str, waited: float) -> None:
    """Seconds or a date, but never longer than the longest wait."""
    server = Server(httpx.Response(503, headers={"retry-after": retry_after}), 200)

    get(server.transport())

    assert server.waits == [waited]


@given(st.integers(2, 12))
def test_waits_are_bounded_and_one_fewer_than_tries(tries: int) -> None:
    """Backoff grows, but to no more than the longest wait."""
    server = Server(503)

    get(server.transport(tries=tries))

    assert len(server.waits) == tries - 1
    assert all(0 <= wait <= 30 for wait in server.waits)
    assert server.waits[0] <= 0.5


def test_an_answer_comes_out_decoded_and_whole() -> None:
    """The headers say what is true of the body as it is now."""
    packed = httpx.Response(
        200, stream=httpx.ByteStream(gzip.compress(b'{"a": 1}')), headers={"content-encoding": "gzip", "x-kept": "yes"}
    )

    response = get(Server(packed).transport())

    assert response.json() == {"a": 1}
    assert response.headers["content-length"] == "8"
    assert response.headers["x-kept"] == "yes"
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("body", [b"x" * 1001, gzip.compress(b"x" * 1001, mtime=0)])
def test_an_answer_beyond_the_bound_is_refused(body: bytes) -> None:
    """Counted after decompression; it is not asked for again."""
    encoding = {"content-encoding": "gzip"} if body[0] == 0x1F else {}
    server = Server(httpx.Response(200, stream=httpx.ByteStream(body), headers=encoding))

    with pytest.raises(AnswerTooLarge):
        get(server.transport())

    assert len(server.requests) == 1


def test_a_connection_that_breaks_inside_an_answer_is_a_failure_like_any_other() -> None:
    """The body is read here, so half of one is asked for again."""

    class Broken(httpx.SyncByteStream):
        """Breaks off."""

        def __iter__(self) -> Iterator[bytes]:
            yield b"half"
            raise httpx.ReadError("reset")

    server = Server(httpx.Response(200, stream=Broken()), httpx.Response(200, text="whole"))

    response = get(server.transport())

    assert response.text == "whole"
    assert len(server.requests) == 2


def test_no_more_requests_are_under_way_than_there_are_connections() -> None:
    """However many threads ask, none of them waits inside the pool of connections."""
    under_way: list[str] = []
    entered, leave = threading.Semaphore(0), threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        under_way.append(request.url.path)
        entered.release()
        leave.wait(10)
        return httpx.Response(200)

    transport = RetryingTransport(httpx.MockTransport(answer), connections=2)
    threads = [threading.Thread(target=get, args=(transport,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    first_two = [entered.acquire(timeout=10) for _ in range(2)]
    third = entered.acquire(timeout=0.1)
    leave.set()
    for thread in threads:
        thread.join()

    assert (first_two, third) == ([True, True], False)
    assert len(under_way) == 6


def test_resets_and_cut_answers_of_a_real_socket_are_repeated() -> None:
    """What a server can do to a connection arrives as what is retried."""
    calls: list[str] = []

    def app(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        if len(calls) == 1:
            raise ResetConnection
        return httpx.Response(200, json={"n": len(calls)}, extensions={TRUNCATE: 3} if len(calls) == 2 else {})

    transport = RetryingTransport(httpx.HTTPTransport(), sleep=lambda _seconds: None)
    with serve(app) as origin, httpx.Client(transport=transport) as client:
        response = client.get(f"{origin}/2.0/x")

    assert response.json() == {"n": 3}
    assert len(calls) == 3
