"""Read one listing to its end, or say why that was not possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
from attrs import define, field, frozen

from bbsync.bitbucket.answered import Keep, unkept
from bbsync.bitbucket.answers import Unreadable, content_of, server_time
from bbsync.bitbucket.budget import BudgetSpent
from bbsync.bitbucket.transport import SECONDS
from bbsync.errors import RateLimitSpent
from bbsync.kinds import Paging
from bbsync.network.whole import AnswerTooLarge, without_credentials

#: No listing has more pages than this; whoever hands out more is not to be believed.
MOST_PAGES = 20_000

#: Or items: whatever goes on after so many is made up to fill our memory.
MOST_ITEMS = 1_000_000

#: Or takes so many seconds to hand out; waiting for calls is not counted.
LONGEST_READING = 3600.0

#: No page has more items than this, whatever was asked for: the largest that anything is asked for have 100.
MOST_ON_A_PAGE = 1_000

#: Nor does one go on after so many pages in a row whose items were all there before.
MOST_REPEATED_PAGES = 3

#: Of the name of a foreign host, so many characters are told.
LONGEST_HOST = 60

#: How often a redirect on the same origin is followed.
MOST_REDIRECTS = 3

#: An item of the listing: its identity (None when it has lost it), and what became of it.
Take = Callable[[Any], tuple[str | None, Any]]


@frozen
class Read:
    """A listing that was read to its end.

    `items` pairs identities with items, each identity once. `broken` are the reasons why items could not be used.
    `consistent` says that the number of items was the announced one, and that it did not change meanwhile.
    `asked_at` is Bitbucket's time at the first answer, in epoch milliseconds. `limited` says that another listing,
    which knows less, was read instead.
    """

    items: tuple[tuple[str | None, Any], ...]
    broken: tuple[Unreadable, ...]
    pages: int
    consistent: bool
    asked_at: int | None
    limited: bool = False


class Reader:
    """Asks Bitbucket; several threads may use it.

    Args:
        client: its auth chooses the consumer.
        api_url: what is asked, and the only origin that is.
        partial: whether a run goes on when all consumers are spent; what could not be asked is a gap then.
        keep: told about the items of listings as they were answered.
    """

    def __init__(self, client: httpx.Client, api_url: str, *, partial: bool = False, keep: Keep = unkept) -> None:
        self._client = client
        self._api_url = api_url.rstrip("/")
        self._origin = _origin(httpx.URL(self._api_url))
        self._partial = partial
        self.keep = keep

    def get(self, url: str, query: Mapping[str, str] | None = None, *, follow: bool = True) -> httpx.Response:
        """The answer to a GET of a path or of a `next` link; redirects are followed on the same origin, if at all.

        Raises:
            Unreadable: no answer came, or it points to another origin.
            BbsyncError: the run cannot go on (no consumer is accepted, or all are spent).
        """
        response = self._send(self._address(url, query or {}))
        for _ in range(MOST_REDIRECTS if follow else 0):
            if response.next_request is None:
                break
            address = response.next_request.url
            self._require_origin(address, without_credentials(address.host, response))
            response = self._send(address)
        return response

    def _address(self, url: str, query: Mapping[str, str]) -> httpx.URL:
        try:
            # Paths of ours have no query of their own: what is handed over here is all of it.
            return httpx.URL(url if "://" in url else self._api_url + url, **({"params": query} if query else {}))
        except httpx.InvalidURL as error:
            raise Unreadable("BB-FETCH-ORIGIN", "it points to something that is no address") from error

    def _send(self, address: httpx.URL) -> httpx.Response:
        self._require_origin(address, address.host)
        try:
            return self._client.get(address, follow_redirects=False)
        except AnswerTooLarge as error:
            raise Unreadable("BB-FETCH-TOO-LARGE", f"{error}") from error
        except httpx.TimeoutException as error:
            raise Unreadable("BB-FETCH-TIMEOUT", "no answer in time") from error
        except httpx.TransportError as error:
            raise Unreadable("BB-FETCH-NETWORK", f"the connection failed ({type(error).__name__})") from error
        except httpx.DecodingError as error:
            raise Unreadable("BB-FETCH-JSON", "the answer is damaged (its compression is not)") from error
        except BudgetSpent as error:
            raise Unreadable("BB-FETCH-BUDGET", "the run has made as many calls as it may") from error
        except RateLimitSpent as error:
            if not self._partial:
                raise
            raise Unreadable("BB-FETCH-LIMIT", "every consumer has used up its calls for the hour") from error

    def _require_origin(self, address: httpx.URL, host: str) -> None:
        if _origin(address) != self._origin:
            raise Unreadable("BB-FETCH-ORIGIN", f"it points to another host ({host[:LONGEST_HOST]})")

    def read(self, path: str, query: Mapping[str, str], paging: Paging, take: Take, length: int | None = None) -> Read:
        """The listing at that path.

        Args:
            path: with ancestors filled in.
            query: further parameters.
            paging: how it is handed out.
            take: structures one item; it raises Unreadable for one that cannot be used.
            length: of the pages to ask for.

        Raises:
            Unreadable: it was not read to its end.
        """
        if length is None:
            return self._read(path, query, paging, take)
        try:
            return self._read(path, {**query, "pagelen": str(length)}, paging, take)
        except Unreadable as failure:
            if failure.status != 400 or "pagelen" not in failure.detail:
                raise
            return self._read(path, query, paging, take)  # a maximum that nobody documents has changed

    def _read(self, path: str, query: Mapping[str, str], paging: Paging, take: Take) -> Read:
        pile = _Pile(take)
        seconds = 0.0
        for response, content in self._pages(path, query, paging):
            seconds += response.extensions.get(SECONDS, 0.0)
            pile.add(_items(content, paging), _size(content, paging), server_time(response))
            if pile.repeated_pages > MOST_REPEATED_PAGES:
                raise Unreadable("BB-FETCH-LOOP", f"page after page repeats what was there (page {pile.pages})")
            if len(pile) > MOST_ITEMS:
                raise Unreadable("BB-FETCH-TOO-LARGE", f"a listing has more than {MOST_ITEMS:,} items")
            if seconds > LONGEST_READING:
                raise Unreadable("BB-FETCH-TOO-SLOW", f"it was not handed out within {LONGEST_READING:,.0f} seconds")
        return pile.read()

    def _pages(self, path: str, query: Mapping[str, str], paging: Paging) -> Iterator[tuple[httpx.Response, Any]]:
        response = self.get(path, query)
        content = content_of(response)
        yield response, content
        visited = {str(response.url)}
        while paging is Paging.PAGES and (following := content.get("next")) is not None:
            if not isinstance(following, str):
                raise Unreadable("BB-FETCH-SCHEMA", f"page {len(visited)} does not say which one is next")
            if following in visited or len(visited) >= MOST_PAGES:
                raise Unreadable("BB-FETCH-LOOP", f"page {len(visited) + 1} was handed out before")
            visited.add(following)
            response = self.get(following)
            content = content_of(response)
            yield response, content


@define
class _Pile:
    """What came on the pages of one listing so far. An item that is handed out twice is taken once."""

    take: Take
    taken: dict[object, tuple[str | None, Any]] = field(factory=dict)
    broken: list[Unreadable] = field(factory=list)
    sizes: set[int] = field(factory=set)
    pages: int = 0
    repeated_pages: int = 0
    asked_at: int | None = None

    def add(self, items: list[Any], size: int | None, answered_at: int | None) -> None:
        """Add a page."""
        before = len(self)
        for raw in items:
            self._add(raw)
        self.repeated_pages = self.repeated_pages + 1 if items and len(self) == before else 0
        self.sizes |= set() if size is None else {size}
        self.asked_at = answered_at if self.pages == 0 else self.asked_at
        self.pages += 1

    def _add(self, raw: Any) -> None:
        try:
            key, item = self.take(raw)
        except Unreadable as failure:
            self.broken.append(failure)
        else:
            self.taken.setdefault(object() if key is None else key, (key, item))

    def __len__(self) -> int:
        return len(self.taken) + len(self.broken)

    def read(self) -> Read:
        """The listing, now that its last page is here."""
        consistent = self.sizes <= {len(self)}
        return Read(tuple(self.taken.values()), tuple(self.broken), self.pages, consistent, self.asked_at)


def _items(content: Any, paging: Paging) -> list[Any]:
    """The items of a page."""
    if paging is Paging.SINGLE:
        return [content]
    items = content if paging is Paging.ARRAY else _values(content)
    if not isinstance(items, list):
        wanted = "an array" if paging is Paging.ARRAY else "a page: it has no values"
        raise Unreadable("BB-FETCH-SCHEMA", f"the answer is not {wanted}")
    if paging is Paging.PAGES and len(items) > MOST_ON_A_PAGE:
        raise Unreadable("BB-FETCH-TOO-LARGE", f"a page has more than {MOST_ON_A_PAGE:,} items")
    return items


def _values(page: Any) -> Any:
    return page.get("values") if isinstance(page, dict) else None


def _size(content: Any, paging: Paging) -> int | None:
    """How many items the whole listing has, where the page says. (A `size` of a single object is its own affair.)"""
    size = content.get("size") if paging is Paging.PAGES else None
    return size if type(size) is int else None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return (url.scheme, url.host, url.port)
