"""The conversation around one request, driven by hand."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.allowance import AllSpent
from bbsync.bitbucket.auth import CONSUMER, NOT_SENT, BitbucketAuth, give_up
from bbsync.bitbucket.consumers import ConsumerPool
from bbsync.bitbucket.settings import ConsumerCredentials
from bbsync.bitbucket.tokens import Token
from bbsync.errors import BitbucketError, ConsumerError
from bbsync.secret import Secret

NOW = 1_800_000_000.0
API = "https://api.bitbucket.org"
TOKEN_URL = "https://bitbucket.org/site/oauth2/access_token"


def pool_of(count: int, *, calls_per_hour: int = 1000) -> ConsumerPool:
    """A pool of that many consumers, on a clock that stands."""
    credentials = [ConsumerCredentials(f"key-{number}", Secret(f"secret-{number}")) for number in range(1, count + 1)]
    return ConsumerPool(credentials, calls_per_hour=calls_per_hour, clock=lambda: NOW)


def auth_of(pool: ConsumerPool, on_spent: Callable[[AllSpent], None] = give_up) -> BitbucketAuth:
    """The auth under test."""
    return BitbucketAuth(pool, url="https://bitbucket.org", api_url=API, clock=lambda: NOW, on_spent=on_spent)


def give_tokens(pool: ConsumerPool) -> None:
    """Every consumer has a token already: token-1, token-2 …"""
    for consumer in pool.consumers:
        pool.keep(consumer, Token(Secret(f"token-{consumer.position}"), frozenset(), NOW + 7200))


def get(path: str = "/2.0/workspaces/acme") -> httpx.Request:
    """A request for the API."""
    return httpx.Request("GET", f"{API}{path}")


def token_answer(text: str) -> httpx.Response:
    """What the token address answers when all is well."""
    return httpx.Response(
        200,
        json={"access_token": text, "expires_in": 7200, "scope": "account"},
        request=httpx.Request("POST", TOKEN_URL),
    )


def bearer(request: httpx.Request) -> str:
    """The token that the request is sent with."""
    return str(request.headers["Authorization"])


def test_the_last_answer_for_now_rests_the_consumer() -> None:
    """An answer that says that nothing remains is used, and spares the refusal that would come next."""
    pool = pool_of(2)
    give_tokens(pool)
    first, second = auth_of(pool).auth_flow(get()), auth_of(pool).auth_flow(get())

    next(first)
    with pytest.raises(StopIteration):
        first.send(httpx.Response(200, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "90"}))

    assert bearer(next(second)) == "Bearer token-2"
    assert pool.allowances()[0].free_at == NOW + 90


def test_without_a_token_the_token_is_asked_for_first() -> None:
    """Basic with key and secret, the grant in a form; then the request itself with what came."""
    pool = pool_of(1)
    flow = auth_of(pool).auth_flow(get())

    asking = next(flow)
    sending = flow.send(token_answer("fresh"))

    assert (asking.method, str(asking.url)) == ("POST", TOKEN_URL)
    assert asking.headers["Authorization"] == httpx.BasicAuth("key-1", "secret-1")._auth_header
    assert asking.content == b"grant_type=client_credentials"
    assert (str(sending.url), bearer(sending)) == (f"{API}/2.0/workspaces/acme", "Bearer fresh")
    assert sending.extensions[CONSUMER] == pool.consumers[0]
    with pytest.raises(StopIteration):
        flow.send(httpx.Response(200))


def test_a_token_is_used_as_long_as_it_lasts() -> None:
    """The second request asks for none."""
    pool = pool_of(1)
    give_tokens(pool)

    sending = next(auth_of(pool).auth_flow(get()))

    assert bearer(sending) == "Bearer token-1"


def test_a_rejected_token_is_renewed_once() -> None:
    """401: forget, ask, send again; that costs the consumer a second call."""
    pool = pool_of(1)
    give_tokens(pool)
    flow = auth_of(pool).auth_flow(get())
    next(flow)

    asking = flow.send(httpx.Response(401))
    sending = flow.send(token_answer("fresh"))

    assert asking.method == "POST"
    assert bearer(sending) == "Bearer fresh"
    assert pool.allowances()[0].used == 2
    with pytest.raises(StopIteration):
        flow.send(httpx.Response(200))


def test_a_token_renewed_by_another_thread_is_not_asked_for_again() -> None:
    """The rejected one is gone already; the new one is used."""
    pool = pool_of(1)
    give_tokens(pool)
    flow = auth_of(pool).auth_flow(get())
    next(flow)
    pool.keep(pool.consumers[0], Token(Secret("by-another"), frozenset(), NOW + 7200))

    sending = flow.send(httpx.Response(401))

    assert bearer(sending) == "Bearer by-another"


def test_a_second_rejection_stops_the_run() -> None:
    """A fresh token that is rejected will not get better; nobody goes on with this consumer."""
    pool = pool_of(2)
    give_tokens(pool)
    flow = auth_of(pool).auth_flow(get())
    next(flow)
    flow.send(httpx.Response(401))
    flow.send(token_answer("fresh"))

    with pytest.raises(ConsumerError, match="rejects consumer 1 of 2"):
        flow.send(httpx.Response(401))

    with pytest.raises(ConsumerError, match="rejects consumer 1 of 2"):
        next(auth_of(pool).auth_flow(get()))


def test_the_next_consumer_sends_the_refused_request_again() -> None:
    """429: the same request, another token, and its answer ends the conversation."""
    pool = pool_of(2)
    give_tokens(pool)
    request = get("/2.0/repositories/acme?page=3")
    flow = auth_of(pool).auth_flow(request)
    next(flow)

    sending = flow.send(httpx.Response(429))

    assert sending is request
    assert bearer(sending) == "Bearer token-2"
    assert sending.extensions[CONSUMER] == pool.consumers[1]
    with pytest.raises(StopIteration):
        flow.send(httpx.Response(200))


def test_a_refused_consumer_rests_as_long_as_the_answer_says() -> None:
    """Retry-After is believed."""
    pool = pool_of(2)
    give_tokens(pool)
    flow = auth_of(pool).auth_flow(get())
    next(flow)

    flow.send(httpx.Response(429, headers={"retry-after": "90"}))

    assert [allowance.free_at - NOW for allowance in pool.allowances()] == [90, 0]


def test_when_all_are_refused_the_request_fails() -> None:
    """One clear error, after every consumer was asked once."""
    pool = pool_of(2)
    give_tokens(pool)
    flow = auth_of(pool).auth_flow(get())
    next(flow)
    flow.send(httpx.Response(429))

    with pytest.raises(AllSpent, match="all 2 OAuth consumers have no calls left"):
        flow.send(httpx.Response(429))


def test_a_refusal_that_ends_at_once_still_moves_on() -> None:
    """However soon a consumer is free again, a request does not go round for ever."""
    later = itertools.count(int(NOW), 100)
    pool = ConsumerPool(
        [ConsumerCredentials("key-1", Secret("secret-1"))], calls_per_hour=1000, clock=lambda: next(later)
    )
    give_tokens(pool)
    flow = auth_of(pool).auth_flow(get())
    next(flow)

    with pytest.raises(AllSpent):
        flow.send(httpx.Response(429, headers={"retry-after": "0"}))


def test_while_one_thread_asks_for_the_token_the_others_wait_for_it() -> None:
    """Two requests, one token request; the second thread gets what the first one got."""
    auth = auth_of(pool_of(1))
    first = auth.auth_flow(get())
    next(first)
    seconds_request: list[httpx.Request] = []
    second = threading.Thread(target=lambda: seconds_request.append(next(auth.auth_flow(get()))))
    second.start()
    second.join(timeout=0.1)

    first.send(token_answer("shared"))
    second.join(timeout=10)

    assert [bearer(request) for request in seconds_request] == ["Bearer shared"]


def test_who_is_refused_a_token_rests_and_the_next_consumer_asks() -> None:
    """429 at the address of tokens: spent for as long as the answer says, whatever its own calls."""
    pool = pool_of(2)
    flow = auth_of(pool).auth_flow(get())
    next(flow)

    asking = flow.send(httpx.Response(429, headers={"retry-after": "90"}))
    sending = flow.send(token_answer("of-the-second"))

    assert asking.headers["Authorization"] == httpx.BasicAuth("key-2", "secret-2")._auth_header
    assert sending.extensions[CONSUMER] == pool.consumers[1]
    assert pool.allowances()[0].free_at == NOW + 90


def test_who_is_refused_a_token_without_a_time_rests_for_the_usual_guess() -> None:
    """Bitbucket seldom says how long; with nobody left, that is the end of the request."""
    pool = pool_of(1)
    flow = auth_of(pool).auth_flow(get())
    next(flow)

    with pytest.raises(AllSpent) as caught:
        flow.send(httpx.Response(429, text="Rate limit for this resource has been exceeded"))

    assert caught.value.free_at == NOW + 3600


def test_no_token_is_asked_for_while_its_consumer_rests() -> None:
    """The token was rejected, and another thread was told to stop meanwhile: the next consumer sends the request."""
    pool = pool_of(2)
    give_tokens(pool)
    flow = auth_of(pool).auth_flow(get())
    next(flow)
    pool.rest(pool.consumers[0], 90.0)

    sending = flow.send(httpx.Response(401))

    assert bearer(sending) == "Bearer token-2"


def test_a_request_whose_token_was_rejected_is_not_repeated_beyond_the_hour() -> None:
    """The rejected request was the last one of this hour: the next consumer sends it."""
    pool = pool_of(2, calls_per_hour=1)
    give_tokens(pool)
    flow = auth_of(pool).auth_flow(get())
    next(flow)
    flow.send(httpx.Response(401))

    sending = flow.send(token_answer("fresh"))

    assert bearer(sending) == "Bearer token-2"
    assert [allowance.used for allowance in pool.allowances()] == [1, 1]


def test_a_refusal_of_our_own_prolongs_no_rest() -> None:
    """It was Bitbucket that said how long the consumer has to rest, to another thread; nobody knows better."""
    pool = pool_of(2)
    give_tokens(pool)
    flow = auth_of(pool).auth_flow(get())
    next(flow)
    pool.rest(pool.consumers[0], 30.0)

    sending = flow.send(httpx.Response(429, extensions={NOT_SENT: True}))

    assert bearer(sending) == "Bearer token-2"
    assert pool.allowances()[0].free_at == NOW + 30


def test_a_token_that_comes_late_has_the_scopes_that_all_must_have() -> None:
    """Its consumer could not be looked at before; what it lacks ends the run all the same."""
    auth = auth_of(pool_of(1))
    auth.require_scopes(pull_requests=False)
    flow = auth.auth_flow(get())
    next(flow)

    with pytest.raises(ConsumerError, match=r"consumer 1 of 1 .* lacks project"):
        flow.send(token_answer("with-account-alone"))


def test_who_waits_goes_on_with_the_same_request() -> None:
    """`on_spent` may return instead of raising: then everybody is tried again."""
    now = [NOW]
    pool = ConsumerPool([ConsumerCredentials("key-1", Secret("secret-1"))], calls_per_hour=1000, clock=lambda: now[0])
    give_tokens(pool)
    waits: list[float] = []

    def wait(spent: AllSpent) -> None:
        waits.append(spent.free_at - now[0])
        now[0] = spent.free_at

    flow = auth_of(pool, on_spent=wait).auth_flow(get())
    next(flow)

    sending = flow.send(httpx.Response(429, headers={"retry-after": "600"}))

    assert waits == [600]
    assert bearer(sending) == "Bearer token-1"


def test_an_abandoned_conversation_lets_the_next_one_ask_for_the_token() -> None:
    """The connection broke while the token was asked for: the next thread must not wait for ever."""
    pool = pool_of(1)
    auth = auth_of(pool)
    broken = auth.auth_flow(get())
    next(broken)

    broken.close()
    asking = next(auth.auth_flow(get()))

    assert asking.method == "POST"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/2.0/workspaces/acme",
        "http://api.bitbucket.org/2.0/workspaces/acme",
        "https://api.bitbucket.org:8443/2.0/workspaces/acme",
        "https://api.bitbucket.org.evil.example/2.0/x",
        "https://bitbucket.org/2.0/workspaces/acme",
    ],
)
def test_no_token_leaves_the_origin_of_the_api(url: str) -> None:
    """A request that goes elsewhere is not sent at all."""
    pool = pool_of(1)
    give_tokens(pool)
    request = httpx.Request("GET", url)

    with pytest.raises(BitbucketError, match="was not sent"):
        next(auth_of(pool).auth_flow(request))

    assert "Authorization" not in request.headers
    assert pool.allowances()[0].used == 0


def test_the_port_that_goes_without_saying_is_the_same_origin() -> None:
    """https://host and https://host:443 are one."""
    pool = pool_of(1)
    give_tokens(pool)

    sending = next(auth_of(pool).auth_flow(httpx.Request("GET", "https://api.bitbucket.org:443/2.0/x")))

    assert bearer(sending) == "Bearer token-1"


def test_an_unusable_token_answer_fails_the_request() -> None:
    """The error names the consumer, and the next request may try again."""
    pool = pool_of(3)
    auth = auth_of(pool)
    flow = auth.auth_flow(get())
    next(flow)

    with pytest.raises(ConsumerError, match="there is no token for consumer 1 of 3"):
        flow.send(httpx.Response(503, text="", request=httpx.Request("POST", TOKEN_URL)))

    assert next(auth.auth_flow(get())).method == "POST"


@given(st.integers(1, 5), st.lists(st.lists(st.booleans(), max_size=6), max_size=8))
def test_the_answer_is_that_of_the_last_request_sent(count: int, refusals: list[list[bool]]) -> None:
    """For every sequence of refusals, and no request is sent more often than there are consumers."""
    pool = pool_of(count)
    give_tokens(pool)
    script: Iterator[bool] = iter(())
    sent: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(429 if next(script, False) else 200)
        return httpx.Response(sent[-1], json={"number": len(sent), "token": bearer(request)})

    with httpx.Client(transport=httpx.MockTransport(answer), auth=auth_of(pool)) as client:
        for refused in refusals:
            script, before = iter(refused), len(sent)
            with contextlib.suppress(AllSpent):
                response = client.get(f"{API}/2.0/x")
                assert (response.status_code, response.json()["number"]) == (200, len(sent))
            assert len(sent) - before <= count + 1
            assert 200 not in sent[before:-1]
