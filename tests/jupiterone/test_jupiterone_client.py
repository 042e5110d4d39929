"""The client: patience, credentials where they belong, and sentences for what goes wrong."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupiterone_rig import READ_KEY, SYNC_KEY, client_for

from bbsync.jupiterone.client import LONGEST_PAUSE, TRIES, JupiterOneClient, pauses
from bbsync.jupiterone.refusals import RequestFailed, quote

JOB = {"job": {"id": "job-1", "status": "AWAITING_UPLOADS"}}


class Answers:
    """An app that gives these answers, one after the other, and keeps the requests."""

    def __init__(self, *answers: httpx.Response | httpx.HTTPError) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The next answer."""
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return answer


def ask(client: JupiterOneClient, **how: object) -> object:
    """Ask for a job."""
    return client.job("GET", "/job-1", doing="asking", **how)


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(503),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("too slow"),
        httpx.RemoteProtocolError("cut off"),
    ],
)
def test_passing_trouble_is_sat_out(trouble: httpx.Response | httpx.HTTPError) -> None:
    """Throttling, server errors and the network are tried again."""
    app, slept = Answers(trouble, trouble, httpx.Response(200, json=JOB)), []

    with client_for(app, sleep=slept.append) as client:
        answer = ask(client)

    assert answer == JOB["job"]
    assert len(slept) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413])
def test_refusals_are_not_repeated(status: int) -> None:
    """What JupiterOne refuses once it refuses again."""
    app = Answers(httpx.Response(status, json={"error": {"code": "SOME_CODE", "message": "Because"}}))

    with client_for(app) as client, pytest.raises(RequestFailed) as caught:
        ask(client)

    assert len(app.requests) == 1
    assert caught.value.code == f"BB-JUPITERONE-{status}"
    assert caught.value.why == "It says: Because (SOME_CODE)."
    assert caught.value.definite


def test_trouble_that_stays_is_an_error() -> None:
    """After the last try the answer is told."""
    app = Answers(*[httpx.Response(503, text="down")] * TRIES)

    with client_for(app) as client, pytest.raises(RequestFailed, match=r"answered 503 when asking .*It says: down"):
        ask(client)

    assert app.answers == []


def test_network_that_stays_away_is_an_error() -> None:
    """After the last try the network's words are told."""
    app = Answers(*[httpx.ConnectError("no route")] * TRIES)

    with client_for(app) as client, pytest.raises(RequestFailed, match=r"could not be reached .*no route") as caught:
        ask(client)

    assert not caught.value.definite


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "100000"}, LONGEST_PAUSE),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:09 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 9),
        ({"Retry-After": "Wed, 21 Oct 2026 07:27:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0),
    ],
)
def test_pause_is_as_long_as_jupiterone_asks(headers: dict[str, str], pause: float) -> None:
    """Retry-After is kept, as seconds or as a time by the server's own clock, up to two minutes."""
    app, slept = Answers(httpx.Response(429, headers=headers), httpx.Response(200, json=JOB)), []

    with client_for(app, sleep=slept.append) as client:
        ask(client)

    assert slept == [pause]


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"Retry-After": "Wed, 21 Oct 2026 07:28:09 GMT"}])
def test_pause_without_advice_is_short(headers: dict[str, str]) -> None:
    """Advice that cannot be understood is no advice."""
    app, slept = Answers(httpx.Response(429, headers=headers), httpx.Response(200, json=JOB)), []

    with client_for(app, sleep=slept.append) as client:
        ask(client)

    assert 0 <= slept[0] <= 1


def test_pause_is_until_the_limit_opens_and_is_said() -> None:
    """Without Retry-After, RateLimit-Reset says how long; whoever watches is told."""
    app, slept, said = (
        Answers(httpx.Response(429, headers={"RateLimit-Reset": "37"}), httpx.Response(200, json=JOB)),
        [],
        [],
    )

    with client_for(app, sleep=slept.append, say=said.append) as client:
        ask(client)

    assert slept == [37]
    assert said == ["JupiterOne asks for patience (429): waiting 37 s"]


@pytest.mark.parametrize(
    ("trouble", "tries"), [(httpx.Response(500), 1), (httpx.ReadError("reset"), 1), (httpx.Response(429), TRIES)]
)
def test_what_may_have_been_done_is_not_repeated(trouble: httpx.Response | httpx.HTTPError, tries: int) -> None:
    """With `again` off, only a request that was surely not carried out is sent again."""
    app = Answers(*[trouble] * tries)

    with client_for(app) as client, pytest.raises(RequestFailed):
        ask(client, again=False)

    assert len(app.requests) == tries


def test_each_interface_gets_its_own_key() -> None:
    """Reading is done with the key that reads, writing with the key that writes."""
    app = Answers(httpx.Response(200, json={"data": {}}), httpx.Response(200, json=JOB))

    with client_for(app) as client:
        client.graphql("{x}", {}, doing="asking")
        ask(client)

    assert [request.headers["Authorization"] for request in app.requests] == [
        f"Bearer {READ_KEY}",
        f"Bearer {SYNC_KEY}",
    ]
    assert {request.headers["JupiterOne-Account"] for request in app.requests} == {"acme"}


def test_results_elsewhere_are_fetched_without_credentials() -> None:
    """A signed address gets neither key, account nor cookie."""
    cookie = {"Set-Cookie": "session=1; Domain=example.test; Path=/"}
    app = Answers(httpx.Response(200, json={"data": {}}, headers=cookie), httpx.Response(200, json={"status": "x"}))

    with client_for(app) as client:
        client.graphql("{x}", {}, doing="asking")
        client.fetch("https://storage.example.test/signed", doing="asking")

    assert not {"authorization", "jupiterone-account", "cookie"} & set(app.requests[-1].headers)


@pytest.mark.parametrize("url", ["http://storage.example/x?secret", "ftp://x", "https://a:b", ""])
def test_unsafe_results_are_not_fetched(url: str) -> None:
    """An address that is not https, or none at all, is not asked, and its signature is not shown."""
    app = Answers()

    with client_for(app) as client, pytest.raises(RequestFailed, match="It names a place that is") as caught:
        client.fetch(url, doing="asking")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<html>sign in</html>", b"[]", b"{}", b'{"job": 1}', b'{"job": nul'])
def test_answer_that_is_no_answer_is_an_error(body: bytes) -> None:
    """A page of a proxy is not taken for JupiterOne's word."""
    app = Answers(httpx.Response(200, content=body))

    with client_for(app) as client, pytest.raises(RequestFailed, match="could not be understood when asking"):
        ask(client)


def test_redirect_is_not_followed() -> None:
    """Keys go where they were meant to go, and nowhere else."""
    app = Answers(httpx.Response(302, headers={"Location": "https://elsewhere.example/"}))

    with client_for(app) as client, pytest.raises(RequestFailed, match="answered 302"):
        ask(client)


def test_graphql_errors_are_told() -> None:
    """GraphQL says no with status 200."""
    app = Answers(httpx.Response(200, json={"errors": [{"message": "one"}, {"message": "two"}], "data": None}))

    with client_for(app) as client, pytest.raises(RequestFailed, match="It says: one; two"):
        client.graphql("{x}", {}, doing="asking")


@pytest.mark.parametrize(
    "said",
    [
        lambda: httpx.Response(403, text=f"key {SYNC_KEY} may not, nor may {READ_KEY}"),
        lambda: httpx.Response(403, json={"error": {"code": "NO", "message": f"Bearer {SYNC_KEY} \x1b[31m"}}),
    ],
)
def test_no_error_shows_a_key(said: Callable[[], httpx.Response]) -> None:
    """Even when JupiterOne itself repeats it."""
    app = Answers(said())

    with client_for(app) as client, pytest.raises(RequestFailed) as caught:
        ask(client)

    assert SYNC_KEY not in str(caught.value)
    assert READ_KEY not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_refused_key_is_named_by_its_variable() -> None:
    """The next step names the variable to look at."""
    app = Answers(httpx.Response(401), httpx.Response(401))

    with client_for(app) as client:
        with pytest.raises(RequestFailed, match=r"JUPITERONE_SYNC_API_KEY"):
            ask(client)
        with pytest.raises(RequestFailed, match=r"JUPITERONE_API_KEY"):
            client.graphql("{x}", {}, doing="asking")


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(403, json={"error": {"code": "FORBIDDEN", "message": "no"}}),
        httpx.Response(200, json={"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}], "data": None}),
    ],
)
def test_key_that_may_not_read_is_named_with_what_it_lacks(refusal: httpx.Response) -> None:
    """Whether JupiterOne says so by the status or inside a success."""
    with client_for(Answers(refusal)) as client, pytest.raises(RequestFailed) as caught:
        client.graphql("{x}", {}, doing="asking", permission="query:ReadGraphData")

    assert "lacks, which is query:ReadGraphData (the key of an integration instance never" in caught.value.next_step
    assert "JUPITERONE_API_KEY" in caught.value.next_step


def test_key_that_may_not_write_is_named_with_what_it_lacks() -> None:
    """It is another key, and another permission."""
    with client_for(Answers(httpx.Response(403))) as client, pytest.raises(RequestFailed) as caught:
        ask(client)

    assert "lacks, which is persister:Synchronize, or set JUPITERONE_SYNC_API_KEY" in caught.value.next_step


@given(st.text())
def test_quoted_words_are_one_printable_line(words: str) -> None:
    """Somebody else's words never reach a terminal raw."""
    line = quote(words)

    assert line.isprintable()
    assert len(line) <= 301


@given(st.floats(0.01, 10), st.floats(1, 60), st.floats(1, 10_000))
def test_pauses_grow_and_end(first: float, longest: float, total: float) -> None:
    """Pauses never shrink, never exceed the longest, and add up to the total."""
    made = list(pauses(first, longest, total))

    assert made == sorted(made) or first > longest
    assert all(pause <= max(first, longest) for pause in made)
    assert sum(made) >= total > sum(made[:-1])
