"""Talk to JupiterOne: credentials, patience, and nothing said twice by accident."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any

import httpx
import msgspec
from tenacity import RetryCallState, Retrying, retry_if_exception, retry_if_result, stop_after_attempt
from tenacity.wait import wait_random_exponential

from bbsync.jupiterone.refusals import SYNCHRONIZE, complaint, no_answer, quote, refusal, strange_answer
from bbsync.jupiterone.settings import READ_KEY, SYNC_KEY
from bbsync.network.settings import NetworkSettings, is_loopback
from bbsync.network.way import Way
from bbsync.network.whole import AnswerTooLarge, errors_without_credentials, read_whole
from bbsync.secret import Secret, holds

#: Requests sent before giving up; with the pauses below that is about a minute.
TRIES = 6

#: The longest pause that JupiterOne may ask for, in seconds.
LONGEST_PAUSE = 120.0

#: For each phase of a request, in seconds. A batch is sent in many writes, and each of them has this long.
TIMEOUT = httpx.Timeout(connect=10.0, read=60.0, write=60.0, pool=60.0)

_BACKOFF = wait_random_exponential(multiplier=0.5, max=30)

Document = dict[str, Any]


class JupiterOneClient:
    """The two interfaces of JupiterOne: GraphQL, with the key that reads, and jobs, with the key that writes.

    `connections` bounds the requests under way at once, and `network` is the way there. `allowance` returns when one
    more query may be asked, and `say` is told how long JupiterOne makes us wait. `transport` and `sleep` are replaced
    in tests.
    """

    def __init__(
        self,
        *,
        account: str,
        read_key: Secret,
        sync_key: Secret,
        api_url: str,
        graphql_url: str,
        connections: int = 4,
        network: NetworkSettings | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        say: Callable[[str], None] = lambda _line: None,
        allowance: Callable[[], None] = lambda: None,
    ) -> None:
        self.account = account
        self.connections = connections
        self.sleep = sleep
        self.allowance = allowance
        self.say = say
        self._read_key = read_key
        self._sync_key = sync_key
        self._api_url = api_url.rstrip("/")
        self._graphql_url = graphql_url

        def client() -> httpx.Client:
            way = transport or Way(network or NetworkSettings(), connections)
            return httpx.Client(transport=way, timeout=TIMEOUT, headers={"Accept-Encoding": "gzip"}, trust_env=False)

        self._http = client()
        # Results lie elsewhere, at signed addresses: what fetches them shares neither keys nor cookies.
        self._elsewhere = client()

    def __enter__(self) -> JupiterOneClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._elsewhere.close()

    def graphql(
        self,
        query: str,
        variables: Mapping[str, object],
        *,
        doing: str,
        again: bool = True,
        permission: str = "",
    ) -> Document:
        """The `data` of a GraphQL answer. `doing` completes the sentence "JupiterOne answered 500 when ...".

        With `again` off, a request that may have been carried out is not repeated. `permission` is what the key needs.
        """
        body = msgspec.json.encode({"query": query, "variables": variables})
        request = self._request("POST", self._graphql_url, self._read_key, body)
        response = self._send(self._http, request, doing, READ_KEY, again=again, permission=permission)
        answer = self._document(response, doing)
        if answer.get("errors"):
            raise complaint(
                answer["errors"], doing=doing, key_name=READ_KEY, secrets=self._secrets, permission=permission
            )
        return _part(answer, "data", doing)

    def job(
        self,
        method: str,
        path: str,
        body: bytes = b"{}",
        *,
        doing: str,
        headers: Mapping[str, str] | None = None,
        again: bool = True,
    ) -> Document:
        """The `job` of an answer of the synchronization API.

        With `again` off, a request that may have been carried out is not repeated.
        """
        url = f"{self._api_url}/persister/synchronization/jobs{path}"
        request = self._request(method, url, self._sync_key, body if method == "POST" else b"", headers)
        response = self._send(self._http, request, doing, SYNC_KEY, again=again, permission=SYNCHRONIZE)
        return _part(self._document(response, doing), "job", doing)

    def tell(self, path: str, body: bytes, *, doing: str) -> None:
        """Post something to the synchronization API whose answer says nothing; it is not repeated."""
        url = f"{self._api_url}/persister/synchronization/jobs{path}"
        request = self._request("POST", url, self._sync_key, body)
        self._send(self._http, request, doing, SYNC_KEY, again=False, permission=SYNCHRONIZE)

    def fetch(self, url: str, *, doing: str) -> Document:
        """A result that JupiterOne keeps elsewhere, asked for without credentials."""
        place = quote(url.partition("?")[0], self._secrets)
        try:
            request = self._elsewhere.build_request("GET", url)
        except httpx.InvalidURL as error:
            raise strange_answer(doing=doing, why=f"It names a place that is no address: {place}") from error
        if not self._is_safe(request.url):
            raise strange_answer(doing=doing, why=f"It names a place that is not safe: {place}")
        return self._document(self._send(self._elsewhere, request, doing, READ_KEY), doing)

    def _is_safe(self, url: httpx.URL) -> bool:
        """Whether results may lie there: behind TLS, or on this machine if JupiterOne is on it, too."""
        if url.userinfo:
            return False  # httpx would make credentials of it
        return url.scheme == "https" or (
            url.scheme == "http" and is_loopback(url.host) and is_loopback(httpx.URL(self._graphql_url).host)
        )

    def _request(
        self, method: str, url: str, key: Secret, body: bytes, headers: Mapping[str, str] | None = None
    ) -> httpx.Request:
        return self._http.build_request(
            method,
            url,
            content=body or None,
            headers={
                "Authorization": f"Bearer {key.reveal()}",
                "JupiterOne-Account": self.account,
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": "bbsync",
                **(headers or {}),
            },
        )

    def _send(
        self,
        http: httpx.Client,
        request: httpx.Request,
        doing: str,
        key_name: str,
        *,
        again: bool = True,
        permission: str = "",
    ) -> httpx.Response:
        try:
            response = self._patient(again=again)(self._answer, http, request)
        except httpx.HTTPError as error:
            raise no_answer(error, doing=doing) from error
        if not response.is_success:
            raise refusal(response, doing=doing, key_name=key_name, secrets=self._secrets, permission=permission)
        if holds(response.content, self._secrets):
            raise strange_answer(doing=doing, why="It repeats the key that it was asked with.")
        return response

    def _answer(self, http: httpx.Client, request: httpx.Request) -> httpx.Response:
        with errors_without_credentials(request):
            return read_whole(http.send(request, stream=True), request)

    def _patient(self, *, again: bool) -> Retrying:
        unsure = retry_if_exception(_passes) | retry_if_result(_failed)
        return Retrying(
            retry=retry_if_result(_throttled) | unsure if again else retry_if_result(_throttled),
            wait=_pause,
            stop=stop_after_attempt(TRIES),
            sleep=self.sleep,
            before_sleep=self._tell_of_pause,
            retry_error_callback=_last_outcome,
        )

    def _tell_of_pause(self, state: RetryCallState) -> None:
        """Say how long JupiterOne makes us wait, where it is longer than a moment."""
        assert state.outcome is not None  # noqa: S101 - tenacity calls this after a try
        if state.outcome.failed or not _throttled(state.outcome.result()) or state.upcoming_sleep < 1:
            return
        self.say(f"JupiterOne asks for patience (429): waiting {state.upcoming_sleep:.0f} s")

    @property
    def _secrets(self) -> tuple[Secret, Secret]:
        return self._read_key, self._sync_key

    def _document(self, response: httpx.Response, doing: str) -> Document:
        try:
            return msgspec.json.decode(response.content, type=Document)
        except RecursionError as error:
            raise strange_answer(doing=doing, why="It is nested too deeply.") from error
        except msgspec.MsgspecError as error:
            raise strange_answer(doing=doing, why=f"It is not the JSON that was expected: {error}.") from error


def pauses(first: float, longest: float, total: float) -> Iterator[float]:
    """Pauses that grow by half each time, up to the longest, until their sum reaches the total."""
    pause, spent = first, 0.0
    while spent < total:
        yield pause
        spent += pause
        pause = min(pause * 1.5, longest)


def _part(document: Document, name: str, doing: str) -> Document:
    part = document.get(name)
    if not isinstance(part, dict):
        raise strange_answer(doing=doing, why=f"It has no {name!r}.")
    return part


def _throttled(response: httpx.Response) -> bool:
    return response.status_code == HTTPStatus.TOO_MANY_REQUESTS


def _passes(error: BaseException) -> bool:
    """Whether the same request may succeed after that failure."""
    return isinstance(error, httpx.TransportError) and not isinstance(error, AnswerTooLarge)


def _failed(response: httpx.Response) -> bool:
    return response.is_server_error


def _last_outcome(state: RetryCallState) -> httpx.Response:
    """What came of the last try: its answer, or its exception."""
    assert state.outcome is not None  # noqa: S101 - tenacity calls this after a try
    response: httpx.Response = state.outcome.result()
    return response


def _pause(state: RetryCallState) -> float:
    """What JupiterOne asks for, else longer each time."""
    asked = None
    if state.outcome is not None and not state.outcome.failed:
        headers = state.outcome.result().headers
        asked = _retry_after(headers)
        if asked is None and _throttled(state.outcome.result()):
            asked = _reset_after(headers)
    return _BACKOFF(state) if asked is None else min(max(asked, 0.0), LONGEST_PAUSE)


def _retry_after(headers: httpx.Headers) -> float | None:
    text = headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    try:
        # Both times are the server's, so our clock does not matter.
        return (parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))).total_seconds()
    except (TypeError, ValueError):
        return None


def _reset_after(headers: httpx.Headers) -> float | None:
    """Whole seconds until JupiterOne takes requests again, as its limits say it."""
    text = headers.get("RateLimit-Reset", "")
    return float(text) if text.isdecimal() else None
