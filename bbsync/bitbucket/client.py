"""The one HTTP client that talks to Bitbucket, put together from consumers, auth and transport."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self
from urllib.parse import urlsplit

import httpx
from attrs import evolve

from bbsync import __version__
from bbsync.bitbucket.allowance import AllSpent, Consumer
from bbsync.bitbucket.auth import CONSUMER, BitbucketAuth, give_up
from bbsync.bitbucket.consumers import ConsumerPool
from bbsync.bitbucket.ledger import Ledger
from bbsync.bitbucket.scopes import EVERYTHING, Granted, check_scopes
from bbsync.bitbucket.settings import BitbucketSettings, LimitSettings
from bbsync.bitbucket.tally import Tally, Traffic
from bbsync.bitbucket.transport import RetryingTransport
from bbsync.bitbucket.waiting import Waiting
from bbsync.errors import BitbucketError, ConsumerError
from bbsync.events import Happened, unheard
from bbsync.network.settings import NetworkSettings
from bbsync.network.way import Way
from bbsync.network.whole import errors_without_credentials

#: For each phase of a request, in seconds. Nothing waits for a connection of the pool, whatever it may say there.
TIMEOUT = httpx.Timeout(connect=10.0, read=60.0, write=30.0, pool=30.0)

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"bbsync/{__version__}",
}


class Connection:
    """Bitbucket, ready to be asked by as many threads as `limits.concurrency`.

    `http` is the client: it follows no redirects and keeps no cookies. `pool` knows what every consumer has left.

    Args:
        settings: addresses and consumers.
        limits: how many calls at once, an hour and in this run, and what to do when all are spent.
        network: the way to Bitbucket.
        inner: sends requests; None means over the network.
        clock: epoch seconds.
        sleep: waits, between tries and, if the limits say "wait", until a consumer is free again.
        ledger: knows the calls of earlier runs, and of others that go on now.
        say: told when the run waits, and when failed requests are sent again.
        happened: told when a consumer is spent.
    """

    def __init__(
        self,
        settings: BitbucketSettings,
        limits: LimitSettings,
        *,
        network: NetworkSettings | None = None,
        inner: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        ledger: Ledger | None = None,
        say: Callable[[str], None] = lambda _line: None,
        happened: Happened = unheard,
    ) -> None:
        def transport() -> RetryingTransport:
            return RetryingTransport(
                inner or Way(network or NetworkSettings(), limits.concurrency),
                connections=limits.concurrency,
                sleep=sleep,
                clock=clock,
                may_resend=self._may_resend,
                tally=self._tally,
            )

        self._tally = Tally(limits.retries, say)
        self.pool = ConsumerPool(
            settings.consumers,
            calls_per_hour=limits.calls_per_hour,
            clock=clock,
            ledger=ledger,
            budget=limits.calls_budget,
            happened=happened,
        )
        # Two pools: in a shared one, a connection to the other origin may be closed under a request to make room.
        self._transports = {origin: transport() for origin in (_origin(settings.api_url), _origin(settings.url))}
        self.http = _client(self._transports)
        self._partial = limits.on_exhausted == "partial"
        self._on_spent = Waiting(clock, sleep, say, happened) if limits.on_exhausted == "wait" else give_up
        self._auth = BitbucketAuth(
            self.pool,
            url=settings.url,
            api_url=settings.api_url,
            clock=clock,
            on_spent=self._on_spent,
            build_request=self.http.build_request,
        )
        self.http.auth = self._auth

    @property
    def traffic(self) -> Traffic:
        """What was asked so far."""
        return self._tally.traffic(sum(transport.sent for transport in self._transports.values()))

    def validate(self, *, pull_requests: bool) -> Granted:
        """Get every consumer its token, which is used from then on, and see what they all may do.

        Who is told to ask for a token later is spent until then, and looked at when it gets one.

        Raises:
            ConsumerError: a consumer is wrong or lacks a scope; all such are named.
            RateLimitSpent: all are told to ask later, and the limits say that this ends the run.
            BitbucketError: Bitbucket cannot be reached.
        """
        scopes = self._scopes()
        granted = check_scopes(scopes, pull_requests=pull_requests) if scopes else EVERYTHING
        self._auth.require_scopes(pull_requests=pull_requests)
        unchecked = [str(consumer) for consumer in self.pool.consumers if str(consumer) not in scopes]
        return evolve(granted, unchecked=tuple(unchecked))

    def close(self) -> None:
        """Close all connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _scopes(self) -> dict[str, frozenset[str]]:
        """The scopes of each consumer that gets a token; of none only where a run goes on without calls."""
        scopes = self._scopes_of(self.pool.consumers)
        while not scopes:
            try:
                self._on_spent(AllSpent(self.pool.allowances()))
            except AllSpent:
                if self._partial:
                    break
                raise
            scopes = self._scopes_of([consumer for consumer in self.pool.consumers if not self.pool.rests(consumer)])
        return scopes

    def _scopes_of(self, consumers: Sequence[Consumer]) -> dict[str, frozenset[str]]:
        scopes: dict[str, frozenset[str]] = {}
        wrong: list[ConsumerError] = []
        for consumer, response in zip(consumers, self._token_answers(consumers), strict=True):
            try:
                token = self._auth.keep_token(consumer, response)
            except ConsumerError as error:
                wrong.append(error)
            else:
                scopes |= {str(consumer): token.scopes} if token else {}
        if wrong:
            raise _all_of(wrong)
        return scopes

    def _token_answers(self, consumers: Sequence[Consumer]) -> list[httpx.Response]:
        """What the token address says to each consumer; all are asked at once, as there may be many."""
        with ThreadPoolExecutor(max(1, len(consumers)), thread_name_prefix="bbsync-token") as threads:
            return list(threads.map(lambda consumer: self._ask(self._auth.token_request(consumer)), consumers))

    def _ask(self, request: httpx.Request) -> httpx.Response:
        try:
            with errors_without_credentials(request):
                return self.http.send(request, auth=None)
        except httpx.HTTPError as error:
            raise BitbucketError(
                f"Bitbucket cannot be reached at {request.url.host}",
                why=f"{type(error).__name__}: {error}.",
                next_step="See whether the network, a proxy or BITBUCKET_URL is in the way, and run again.",
            ) from error

    def _may_resend(self, request: httpx.Request) -> bool:
        """A repeated request costs its consumer another call; those for tokens have no consumer and cost none."""
        consumer: Consumer | None = request.extensions.get(CONSUMER)
        if consumer is not None:
            return self.pool.again(consumer)
        self.pool.count_token()
        return True


def _client(transports: Mapping[str, httpx.BaseTransport]) -> httpx.Client:
    api, *others = transports
    return httpx.Client(
        transport=transports[api],
        mounts={origin: transports[origin] for origin in others},
        headers=HEADERS,
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _all_of(errors: Sequence[ConsumerError]) -> ConsumerError:
    """One error that says everything that several say."""
    if len(errors) == 1:
        return errors[0]
    return ConsumerError(
        f"{len(errors)} OAuth consumers are wrong",
        why=" ".join(f"{error.what}: {error.why}" for error in errors),
        next_step=" ".join(dict.fromkeys(error.next_step for error in errors)),
    )
