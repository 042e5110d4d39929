"""Every request gets a token of the consumer whose turn it is, and is sent again when that consumer is refused."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import partial

import httpx

from bbsync.bitbucket.allowance import AllSpent, Consumer
from bbsync.bitbucket.consumers import ConsumerPool
from bbsync.bitbucket.retry_after import told_to_rest
from bbsync.bitbucket.scopes import check_scopes
from bbsync.bitbucket.tokens import Token, read_token
from bbsync.errors import BitbucketError

#: Where a request says which consumer pays for it, in `request.extensions`.
CONSUMER = "bbsync_consumer"

#: Marks a request that may be sent again although it is no GET, in `request.extensions`.
REPEATABLE = "bbsync_repeatable"

#: Marks a 429 of our own, in `response.extensions`: the request was not sent again, as its consumer is spent.
NOT_SENT = "bbsync_not_sent"

TOKEN_PATH = "/site/oauth2/access_token"  # noqa: S105 - the path of an address, not a secret

Flow = Generator[httpx.Request, httpx.Response, None]


def give_up(spent: AllSpent) -> None:
    """What happens when all consumers are spent, unless something else is asked for: the request fails."""
    raise spent


class BitbucketAuth(httpx.Auth):
    """The conversation around one request, as a generator: no I/O, no sleep.

    401 forgets the token, gets a new one once and sends the request again. 429 rests the consumer, also where it asked
    for a token, and the next one sends the refused request; its answer is the answer. An answer that says it was the
    last one for now rests the consumer too, which spares the refusal.

    Args:
        pool: decides which consumer asks.
        url: where tokens come from.
        api_url: the only origin that ever sees a token.
        clock: epoch seconds.
        on_spent: called when no consumer is left. It raises, or returns when trying again makes sense.
        build_request: makes the requests for tokens; a client's, so that its headers and timeouts hold for them.
    """

    requires_response_body = True

    def __init__(
        self,
        pool: ConsumerPool,
        *,
        url: str,
        api_url: str,
        clock: Callable[[], float],
        on_spent: Callable[[AllSpent], None] = give_up,
        build_request: Callable[..., httpx.Request] = httpx.Request,
    ) -> None:
        self._pool = pool
        self._token_url = f"{url.rstrip('/')}{TOKEN_PATH}"
        self._origin = _origin(httpx.URL(api_url))
        self._clock = clock
        self._on_spent = on_spent
        self._build_request = build_request
        self._check: Callable[[Mapping[str, frozenset[str]]], object] = lambda _scopes: None

    def auth_flow(self, request: httpx.Request) -> Flow:
        """Send the request with one consumer after the other until one is not told to stop."""
        self._refuse_other_origin(request)
        tried: set[Consumer] = set()
        while True:
            consumer = self._turn(tried)
            if (yield from self._ask_as(consumer, request)):
                return
            tried.add(consumer)

    def token_request(self, consumer: Consumer) -> httpx.Request:
        """The request that gets the consumer a token, which counts as sent.

        Raises:
            BudgetSpent: the run has sent as many requests as it may.
        """
        self._pool.count_token()
        basic = httpx.BasicAuth(consumer.key, consumer.secret.reveal())
        form = {"grant_type": "client_credentials"}
        request = self._build_request("POST", self._token_url, data=form, extensions={REPEATABLE: True})
        return next(basic.auth_flow(request))

    def keep_token(self, consumer: Consumer, response: httpx.Response) -> Token | None:
        """Read the token out of the answer to `token_request`, and use it from now on; None if it was told to rest.

        Raises:
            ConsumerError: there is no token in it, or it lacks a scope that is required.
        """
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self._rest(consumer, response)
            return None
        token = read_token(response, consumer=consumer, secret=consumer.secret, now=self._clock())
        self._check({str(consumer): token.scopes})
        self._pool.keep(consumer, token)
        return token

    def require_scopes(self, *, pull_requests: bool) -> None:
        """From now on accept no token that lacks a scope; some consumers get their first one in the middle of a run."""
        self._check = partial(check_scopes, pull_requests=pull_requests)

    def _turn(self, tried: set[Consumer]) -> Consumer:
        while True:
            try:
                return self._pool.turn(tried)
            except AllSpent as spent:
                self._on_spent(spent)
                tried.clear()

    def _ask_as(self, consumer: Consumer, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, bool]:
        """Send the request as this consumer, with a new token if need be; whether it was answered and not refused."""
        token = yield from self._token(consumer)
        if token is None:
            return False
        response = yield _signed(request, consumer, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._pool.forget(consumer, token)
            token = yield from self._token(consumer)
            if token is None or not self._pool.again(consumer):
                return False
            response = yield _signed(request, consumer, token)
            if response.status_code == httpx.codes.UNAUTHORIZED:
                raise self._pool.refuse(consumer)
        return self._is_answered(consumer, response)

    def _is_answered(self, consumer: Consumer, response: httpx.Response) -> bool:
        """Whether the answer is no refusal. Who was refused rests, and who is told that nothing remains."""
        refused = response.status_code == httpx.codes.TOO_MANY_REQUESTS
        last = response.headers.get("x-ratelimit-remaining") == "0"
        if (refused or last) and NOT_SENT not in response.extensions:
            self._rest(consumer, response)
        return not refused

    def _rest(self, consumer: Consumer, response: httpx.Response) -> None:
        self._pool.rest(consumer, told_to_rest(response, self._clock()))

    def _token(self, consumer: Consumer) -> Generator[httpx.Request, httpx.Response, Token | None]:
        """The consumer's token; of several threads that need it one asks, and the others wait. None: it has to rest."""
        token = self._pool.token(consumer)
        if token is not None:
            return token
        with self._pool.asking(consumer):
            token = self._pool.token(consumer)
            if token is None and not self._pool.rests(consumer):
                response = yield self.token_request(consumer)
                token = self.keep_token(consumer, response)
        return token

    def _refuse_other_origin(self, request: httpx.Request) -> None:
        if _origin(request.url) != self._origin:
            raise BitbucketError(
                f"a request to {request.url.host} was not sent",
                why="Tokens go to the address of Bitbucket's API alone.",
                next_step="Check BITBUCKET_API_URL; if it is right, Bitbucket pointed to a foreign address.",
                code="BB-ORIGIN",
            )


def _signed(request: httpx.Request, consumer: Consumer, token: Token) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token.text.reveal()}"
    request.extensions[CONSUMER] = consumer
    return request


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80}.get(url.scheme, 443)
