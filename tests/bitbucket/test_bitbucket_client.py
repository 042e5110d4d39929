"""Consumers, auth and transport together, over an app in process."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.budget import BudgetSpent
from bbsync.bitbucket.client import Connection
from bbsync.bitbucket.ledger import MemoryLedger
from bbsync.bitbucket.settings import BitbucketSettings, ConsumerCredentials, LimitSettings
from bbsync.errors import BitbucketError, ConsumerError, RateLimitSpent
from bbsync.network.settings import NetworkSettings
from bbsync.network.way import Way
from bbsync.sandbox.server import serve
from bbsync.secret import Secret

ALL = "account project pullrequest repository:admin"
API = "https://api.bitbucket.org"


class Bitbucket:
    """A stand-in with consumers by key; each has its scopes and as many calls as given."""

    def __init__(self, scopes: dict[str, str], calls: int = 1000) -> None:
        self.scopes = scopes
        self.left = Counter(dict.fromkeys(scopes, calls))
        self.tokens: list[str] = []
        self.gets: list[tuple[str, str]] = []
        self.valid: dict[str, str] = {}
        self.lock = threading.Lock()

    def app(self, request: httpx.Request) -> httpx.Response:
        """Tokens and everything else."""
        with self.lock:
            return self._token(request) if request.url.path == "/site/oauth2/access_token" else self._get(request)

    def _token(self, request: httpx.Request) -> httpx.Response:
        key, _, secret = (
            base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode().partition(":")
        )
        self.tokens.append(key)
        if key not in self.scopes or secret != f"secret-of-{key}":
            content = {"error": "unauthorized_client", "error_description": "Invalid OAuth client credentials"}
            return httpx.Response(400, json=content)
        token = f"token-{len(self.tokens)}-{key}"
        self.valid[token] = key
        return httpx.Response(200, json={"access_token": token, "expires_in": 7200, "scope": self.scopes[key]})

    def _get(self, request: httpx.Request) -> httpx.Response:
        key = self.valid.get(request.headers["authorization"].removeprefix("Bearer "))
        if key is None:
            return httpx.Response(401)
        self.gets.append((key, request.url.raw_path.decode()))
        if not self.left[key]:
            return httpx.Response(429, text="Rate limit for this resource has been exceeded")
        self.left[key] -= 1
        return httpx.Response(200, json={"by": key, "number": len(self.gets)})


def settings_of(*keys: str) -> BitbucketSettings:
    """Consumers of these keys, each with its secret."""
    return BitbucketSettings(tuple(ConsumerCredentials(key, Secret(f"secret-of-{key}")) for key in keys))


def connect(bitbucket: Bitbucket, *keys: str, limits: LimitSettings | None = None) -> Connection:
    """A connection to the stand-in."""
    return Connection(
        settings_of(*keys), limits or LimitSettings(), inner=httpx.MockTransport(bitbucket.app), clock=lambda: 1e9
    )


def token_or(request: httpx.Request, answer: httpx.Response | None) -> httpx.Response | None:
    """A token for who asks for one, and the answer for everybody else."""
    return httpx.Response(200, json={"access_token": "t"}) if request.method == "POST" else answer


def refusing_tokens(bitbucket: Bitbucket, *refusals: tuple[str, str]) -> Callable[[httpx.Request], httpx.Response]:
    """The stand-in, which refuses these keys a token, once each, and says how many seconds they are to wait."""
    left = dict(refusals)

    def app(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
            with bitbucket.lock:
                seconds = left.pop(pair.partition(":")[0], None)
            if seconds is not None:
                return httpx.Response(429, headers={"retry-after": seconds}, text="slow down")
        return bitbucket.app(request)

    return app


def test_who_is_refused_a_token_is_spent_for_that_long() -> None:
    """The run goes on with the other, and takes the first when its time has come; it is not called accepted before."""
    bitbucket = Bitbucket({"one": ALL, "two": ALL})
    bitbucket.left["two"] = 1
    now = [1e9]

    with Connection(
        settings_of("one", "two"),
        LimitSettings(),
        inner=httpx.MockTransport(refusing_tokens(bitbucket, ("one", "600"))),
        clock=lambda: now[0],
    ) as connection:
        granted = connection.validate(pull_requests=True)
        free_at = [allowance.free_at for allowance in connection.pool.allowances()]
        during = connection.http.get(f"{API}/2.0/x").json()["by"]
        now[0] += 600
        after = connection.http.get(f"{API}/2.0/x").json()["by"]

    assert granted.admin
    assert granted.unchecked == ("consumer 1 of 2 (its key ends in one)",)
    assert free_at == [1e9 + 600, 1e9]
    assert (during, after) == ("two", "one")


def test_when_all_are_refused_a_token_the_run_fails_for_the_rate_limit() -> None:
    """`on_exhausted = "fail"`: one sentence says who is free again when."""
    bitbucket = Bitbucket({"one": ALL, "two": ALL})

    with (
        Connection(
            settings_of("one", "two"),
            LimitSettings(),
            inner=httpx.MockTransport(refusing_tokens(bitbucket, ("one", "600"), ("two", "60"))),
            clock=lambda: 1e9,
        ) as connection,
        pytest.raises(RateLimitSpent, match=r"all 2 OAuth consumers .* Run again after 2001-09-09 01:47:40Z"),
    ):
        connection.validate(pull_requests=True)


def test_who_is_told_to_wait_waits_for_a_token() -> None:
    """`on_exhausted = "wait"`: the consumer that is free first is asked again, and its scopes are looked at."""
    bitbucket = Bitbucket({"one": ALL, "two": "account project pullrequest"})
    now = [1e9]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with Connection(
        settings_of("one", "two"),
        LimitSettings(on_exhausted="wait"),
        inner=httpx.MockTransport(refusing_tokens(bitbucket, ("one", "600"), ("two", "90"))),
        clock=lambda: now[0],
        sleep=sleep,
    ) as connection:
        granted = connection.validate(pull_requests=True)

    assert now[0] == 1e9 + 90
    assert bitbucket.tokens == ["two"]
    assert not granted.admin
    assert granted.unchecked == ("consumer 1 of 2 (its key ends in one)",)


def test_who_goes_on_without_calls_goes_on_without_a_token() -> None:
    """`on_exhausted = "partial"`: nothing is held to be lacking, and the first request says that nothing is left."""
    bitbucket = Bitbucket({"one": ALL})

    with Connection(
        settings_of("one"),
        LimitSettings(on_exhausted="partial"),
        inner=httpx.MockTransport(refusing_tokens(bitbucket, ("one", "600"))),
        clock=lambda: 1e9,
    ) as connection:
        granted = connection.validate(pull_requests=True)
        with pytest.raises(RateLimitSpent):
            connection.http.get(f"{API}/2.0/x")

    assert granted.admin
    assert bitbucket.tokens == []


def test_every_consumer_is_validated_and_its_token_kept() -> None:
    """One token for each, and none asked for afterwards."""
    bitbucket = Bitbucket({"one": ALL, "two": ALL})

    with connect(bitbucket, "one", "two") as connection:
        granted = connection.validate(pull_requests=True)
        answer = connection.http.get(f"{API}/2.0/workspaces/acme")

    assert granted.admin
    assert sorted(bitbucket.tokens) == ["one", "two"]
    assert answer.json()["by"] == "one"
    assert str(connection.traffic) == "3 calls to Bitbucket"


def test_a_wrong_consumer_fails_the_run_by_its_position() -> None:
    """Also when it is not the first, and without its secret."""
    bitbucket = Bitbucket({"key-good": ALL})

    with connect(bitbucket, "key-good", "key-wrong") as connection, pytest.raises(ConsumerError) as caught:
        connection.validate(pull_requests=True)

    assert "consumer 2 of 2 (its key ends in rong)" in str(caught.value)
    assert "secret-of" not in str(caught.value)
    assert not bitbucket.gets


def test_all_wrong_consumers_are_named_at_once() -> None:
    """Nobody corrects a list one run at a time."""
    bitbucket = Bitbucket({"two": ALL})

    with connect(bitbucket, "one1", "two", "three") as connection, pytest.raises(ConsumerError) as caught:
        connection.validate(pull_requests=True)

    assert str(caught.value).startswith("2 OAuth consumers are wrong (BB-CONSUMER).")
    assert "consumer 1 of 3" in str(caught.value)
    assert "consumer 3 of 3" in str(caught.value)


def test_a_missing_scope_fails_the_run_before_anything_is_read() -> None:
    """Which consumer, which scope, where to tick it."""
    bitbucket = Bitbucket({"one": ALL, "two": "account,repository:admin"})

    with (
        connect(bitbucket, "one", "two") as connection,
        pytest.raises(ConsumerError, match=r"consumer 2 of 2 .* lacks project \(Projects: Read\)"),
    ):
        connection.validate(pull_requests=False)

    assert not bitbucket.gets


def test_an_unreachable_bitbucket_is_one_sentence() -> None:
    """With the host and the way out."""

    def app(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to host")

    with (
        Connection(
            settings_of("one"), LimitSettings(), inner=httpx.MockTransport(app), sleep=lambda _seconds: None
        ) as connection,
        pytest.raises(BitbucketError, match=r"cannot be reached at bitbucket\.org .* no route to host"),
    ):
        connection.validate(pull_requests=True)


def test_the_answer_of_the_next_consumer_is_used() -> None:
    """A spent consumer costs one refused call; the request is answered all the same."""
    bitbucket = Bitbucket({"one": ALL, "two": ALL})
    bitbucket.left["one"] = 1

    with connect(bitbucket, "one", "two") as connection:
        answers = [connection.http.get(f"{API}/2.0/page/{number}").json()["by"] for number in range(3)]

    assert answers == ["one", "two", "two"]
    assert bitbucket.gets == [
        ("one", "/2.0/page/0"),
        ("one", "/2.0/page/1"),
        ("two", "/2.0/page/1"),
        ("two", "/2.0/page/2"),
    ]


def test_when_all_are_spent_the_run_fails_for_the_rate_limit() -> None:
    """And not before."""
    bitbucket = Bitbucket({"one": ALL, "two": ALL}, calls=2)

    with connect(bitbucket, "one", "two") as connection:
        for _ in range(4):
            connection.http.get(f"{API}/2.0/x").raise_for_status()
        with pytest.raises(RateLimitSpent, match="all 2 OAuth consumers"):
            connection.http.get(f"{API}/2.0/x")


def test_our_own_count_spares_the_refused_call() -> None:
    """With the limit known, nobody runs into it."""
    bitbucket = Bitbucket({"one": ALL, "two": ALL}, calls=2)

    with connect(bitbucket, "one", "two", limits=LimitSettings(calls_per_hour=2)) as connection:
        answers = [connection.http.get(f"{API}/2.0/x").json()["by"] for _ in range(4)]

    assert answers == ["one", "one", "two", "two"]
    assert len(bitbucket.gets) == 4


def test_who_is_told_to_wait_waits_until_a_consumer_is_free() -> None:
    """`on_exhausted = "wait"`: the request is answered an hour later."""
    bitbucket = Bitbucket({"one": ALL}, calls=1)
    now = [1e9]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        bitbucket.left["one"] = 1

    with Connection(
        settings_of("one"),
        LimitSettings(on_exhausted="wait"),
        inner=httpx.MockTransport(bitbucket.app),
        clock=lambda: now[0],
        sleep=sleep,
    ) as connection:
        answers = [connection.http.get(f"{API}/2.0/x").status_code for _ in range(2)]

    assert answers == [200, 200]
    assert now[0] - 1e9 == 3600


def test_threads_ask_for_one_token_a_consumer() -> None:
    """Thirty-two requests at once, two consumers, one of them spent midway: two tokens."""
    bitbucket = Bitbucket({"one": ALL, "two": ALL})
    bitbucket.left["one"] = 10

    with connect(bitbucket, "one", "two") as connection, ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: connection.http.get(f"{API}/2.0/{number}").status_code, range(32)))

    assert answers == [200] * 32
    assert sorted(bitbucket.tokens) == ["one", "two"]


def test_threads_renew_a_rejected_token_once() -> None:
    """All of them are told 401; one asks, and everybody is answered."""
    bitbucket = Bitbucket({"one": ALL})

    with connect(bitbucket, "one") as connection, ThreadPoolExecutor(8) as threads:
        connection.validate(pull_requests=True)
        bitbucket.valid.clear()
        answers = list(threads.map(lambda number: connection.http.get(f"{API}/2.0/{number}").status_code, range(16)))

    assert answers == [200] * 16
    assert len(bitbucket.tokens) == 2


def test_a_repeated_request_is_charged_to_its_consumer() -> None:
    """Bitbucket counts what fails, too."""
    bitbucket = Bitbucket({"one": ALL})
    failures = iter([503, 503])

    def app(request: httpx.Request) -> httpx.Response:
        status = next(failures, None) if request.method == "GET" else None
        return bitbucket.app(request) if status is None else httpx.Response(status)

    with Connection(
        settings_of("one"), LimitSettings(), inner=httpx.MockTransport(app), sleep=lambda _seconds: None
    ) as connection:
        connection.http.get(f"{API}/2.0/x").raise_for_status()

        assert connection.pool.allowances()[0].used == 3


def test_the_next_consumer_goes_on_where_a_repetition_would_be_a_call_too_many() -> None:
    """The first consumer fails until it has no calls left; the second is answered, and nothing was asked in excess."""
    bitbucket = Bitbucket({"one": ALL, "two": ALL})
    asked: Counter[str] = Counter()

    def app(request: httpx.Request) -> httpx.Response:
        answer = bitbucket.app(request)
        if request.method == "POST":
            return answer
        asked[answer.json()["by"]] += 1
        return answer if asked["two"] else httpx.Response(503)

    with Connection(
        settings_of("one", "two"),
        LimitSettings(calls_per_hour=2),
        inner=httpx.MockTransport(app),
        sleep=lambda _seconds: None,
        clock=lambda: 1e9,
    ) as connection:
        answer = connection.http.get(f"{API}/2.0/x")

        assert (answer.status_code, answer.json()["by"]) == (200, "two")
        assert str(connection.traffic) == "5 calls to Bitbucket, 1 sent again (1 after 503)"
    assert asked == {"one": 2, "two": 1}


def test_when_repetitions_spend_the_last_consumer_the_run_fails_for_the_rate_limit() -> None:
    """Not for the failure, which is not the reason why nobody asks any more."""
    with (
        Connection(
            settings_of("one"),
            LimitSettings(calls_per_hour=2),
            inner=httpx.MockTransport(lambda request: token_or(request, httpx.Response(502))),
            sleep=lambda _seconds: None,
            clock=lambda: 1e9,
        ) as connection,
        pytest.raises(RateLimitSpent, match="made 2 of 2 calls within the hour and is free again"),
    ):
        connection.http.get(f"{API}/2.0/x")


def test_a_repetition_counts_from_when_it_is_sent() -> None:
    """Not from before the wait: Bitbucket's hour begins when the request arrives."""
    now = [1e9]
    ledger = MemoryLedger()

    def sleep(_seconds: float) -> None:
        now[0] += 20

    answers = iter([httpx.Response(503), httpx.Response(200)])
    with Connection(
        settings_of("one"),
        LimitSettings(),
        inner=httpx.MockTransport(lambda request: token_or(request, None) or next(answers)),
        sleep=sleep,
        clock=lambda: now[0],
        ledger=ledger,
    ) as connection:
        connection.http.get(f"{API}/2.0/x")
        (consumer,) = connection.pool.consumers

    assert ledger.past(consumer.id, int(now[0] * 1000), since=0)[0] == (10**12, 10**12 + 20_000)


@given(
    st.integers(1, 3),
    st.integers(1, 4),
    st.lists(st.sampled_from([200, 401, 429, 500, 503, 0]), max_size=30),
    st.integers(1, 6),
)
def test_whatever_is_answered_no_consumer_is_asked_more_often_than_its_limit(
    count: int, limit: int, script: list[int], requests: int
) -> None:
    """Repetitions after failures, after a rejected token and after a refusal included; 0 breaks the connection."""
    asked: Counter[str] = Counter()
    outcomes = iter(script)

    def app(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
            return httpx.Response(200, json={"access_token": pair.partition(":")[0]})
        asked[request.headers["authorization"]] += 1
        status = next(outcomes, 200)
        if not status:
            raise httpx.ReadError("reset")
        return httpx.Response(status)

    with Connection(
        settings_of(*(f"key-{number}" for number in range(count))),
        LimitSettings(calls_per_hour=limit),
        inner=httpx.MockTransport(app),
        sleep=lambda _seconds: None,
        clock=lambda: 1e9,
    ) as connection:
        for _ in range(requests):
            with contextlib.suppress(RateLimitSpent, ConsumerError, httpx.ReadError):
                connection.http.get(f"{API}/2.0/x")

        used = [allowance.used for allowance in connection.pool.allowances()]
    assert all(times <= limit for times in (*asked.values(), *used))


def test_the_repetitions_of_a_run_are_bounded_and_told() -> None:
    """A Bitbucket that answers 503 to everything is not asked for everything four times; both origins count."""
    lines: list[str] = []

    with Connection(
        settings_of("one"),
        LimitSettings(retries=20, concurrency=4),
        inner=httpx.MockTransport(lambda _request: httpx.Response(503)),
        sleep=lambda _seconds: None,
        say=lines.append,
    ) as connection:
        for _ in range(100):
            with pytest.raises(ConsumerError):
                connection.validate(pull_requests=True)

        assert str(connection.traffic) == "120 calls to Bitbucket, 20 sent again (20 after 503)"
    assert lines[0] == "Bitbucket fails  sending again after 503 (1 of at most 20 times)"
    assert lines[-1] == "Bitbucket fails  20 requests were sent again; from now on failures are gaps"
    assert len(lines) <= 11


def test_a_repetition_beyond_the_budget_of_calls_is_not_sent() -> None:
    """`calls_budget` bounds repetitions like everything else."""
    bitbucket = Bitbucket({"one": ALL})
    sent: list[httpx.Request] = []

    def app(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(503) if request.method == "GET" else bitbucket.app(request)

    with (
        Connection(
            settings_of("one"),
            LimitSettings(calls_budget=3),
            inner=httpx.MockTransport(app),
            sleep=lambda _seconds: None,
        ) as connection,
        pytest.raises(BudgetSpent),
    ):
        connection.http.get(f"{API}/2.0/x")

    assert len(sent) == 3
    assert str(connection.traffic) == "3 calls to Bitbucket, 1 sent again (1 after 503)"


def test_refused_calls_are_counted() -> None:
    """Two consumers are spent: two refusals."""
    bitbucket = Bitbucket({"one": ALL, "two": ALL}, calls=0)

    with connect(bitbucket, "one", "two") as connection, pytest.raises(RateLimitSpent):
        connection.http.get(f"{API}/2.0/x")

    assert str(connection.traffic) == "4 calls to Bitbucket, 2 refused (429)"


def test_braces_plus_signs_and_the_query_arrive_as_they_were_written() -> None:
    """`%7B` in paths and `%2B` in `fields` mean something to Bitbucket."""
    bitbucket = Bitbucket({"one": ALL})
    path = "/2.0/repositories/%7Ba%7D/pullrequests?fields=%2Bvalues.reviewers,%2Bvalues.participants&pagelen=50"

    with connect(bitbucket, "one") as connection:
        connection.http.get(f"{API}{path}")

    assert bitbucket.gets == [("one", path)]


def test_tokens_and_answers_come_over_connections_of_their_own() -> None:
    """In one pool, a connection may be closed under a request to make room for one to the other origin."""
    bitbucket = Bitbucket({"one": ALL})

    with connect(bitbucket, "one") as connection:
        connection.validate(pull_requests=True)
        for _ in range(3):
            connection.http.get(f"{API}/2.0/x")

    sent = {origin: transport.sent for origin, transport in connection._transports.items()}
    assert sent == {"https://api.bitbucket.org": 3, "https://bitbucket.org": 1}


def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    """Who reads decides about redirects; a session of one consumer is not another's."""
    seen: list[httpx.Request] = []

    def app(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t"}, headers={"set-cookie": "session=1"})
        return httpx.Response(302, headers={"location": f"{API}/elsewhere", "set-cookie": "session=2"})

    with Connection(settings_of("one"), LimitSettings(), inner=httpx.MockTransport(app)) as connection:
        answers = [connection.http.get(f"{API}/2.0/x").status_code for _ in range(2)]

    assert answers == [302, 302]
    assert [request.method for request in seen] == ["POST", "GET", "GET"]
    assert not [request for request in seen if "cookie" in request.headers]


def test_every_request_says_who_asks_and_has_a_time_limit() -> None:
    """Those for tokens, too."""
    seen: list[httpx.Request] = []

    def app(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"access_token": "t"})

    with Connection(settings_of("one"), LimitSettings(), inner=httpx.MockTransport(app)) as connection:
        connection.http.get(f"{API}/2.0/x")

    assert [request.headers["user-agent"].partition("/")[0] for request in seen] == ["bbsync", "bbsync"]
    assert {request.headers["accept-encoding"] for request in seen} == {"gzip"}
    for request in seen:
        assert {phase for phase, limit in request.extensions["timeout"].items() if limit} == {
            "connect",
            "read",
            "write",
            "pool",
        }


def test_no_secret_is_in_the_repr_of_a_request_or_an_error() -> None:
    """Whatever is logged of the conversation shows neither token nor secret."""
    bitbucket = Bitbucket({"one": ALL}, calls=0)

    with connect(bitbucket, "one") as connection, pytest.raises(RateLimitSpent) as caught:
        connection.http.get(f"{API}/2.0/x")

    request = httpx.Request("GET", API, headers={"Authorization": "Bearer token-1-one"})
    shown = f"{caught.value!r} {caught.value} {connection.pool.allowances()} {request.headers!r}"
    assert not [text for text in ("secret-of", "token-1") if text in shown]


def test_connections_are_used_again() -> None:
    """A hundred answers over two connections, one for tokens and one for the rest."""
    bitbucket = Bitbucket({"one": ALL})
    ports: set[int] = set()

    class Counting(httpx.BaseTransport):
        """The network, which notes the connections that it uses."""

        def __init__(self) -> None:
            self.way = Way(NetworkSettings(), 1)

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = self.way.handle_request(request)
            ports.add(response.extensions["network_stream"].get_extra_info("client_addr")[1])
            return response

        def close(self) -> None:
            self.way.close()

    with serve(bitbucket.app) as tokens, serve(bitbucket.app) as api:
        settings = evolve(settings_of("one"), url=tokens, api_url=api)
        with Connection(settings, LimitSettings(concurrency=1), inner=Counting()) as connection:
            for number in range(100):
                connection.http.get(f"{api}/2.0/{number}")

    assert len(ports) == 2


def test_the_whole_way_works_over_sockets() -> None:
    """Tokens from one origin, answers from another, sixteen threads, gzip and all."""
    bitbucket = Bitbucket({"one": ALL, "two": ALL}, calls=60)

    with serve(bitbucket.app) as tokens, serve(bitbucket.app) as api:
        settings = evolve(settings_of("one", "two"), url=tokens, api_url=api)
        with Connection(settings, LimitSettings(concurrency=16)) as connection, ThreadPoolExecutor(16) as threads:
            connection.validate(pull_requests=True)
            answers = list(
                threads.map(lambda number: connection.http.get(f"{api}/2.0/{number}").status_code, range(100))
            )

    assert answers == [200] * 100
    assert sorted(bitbucket.tokens) == ["one", "two"]
