"""Read one listing to its end, or say why that was not possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
from attrs import frozen

from bbsync.bitbucket.answers import Unreadable, content_of, refusal, server_time
from bbsync.kinds import Paging

#: No listing has more pages than this; whoever hands out more is not to be believed.
MOST_PAGES = 20_000

#: How often a redirect on the same origin is followed.
MOST_REDIRECTS = 3

#: An item of the listing: its identity (None when it has lost it), and what became of it.
Take = Callable[[Any], tuple[str | None, Any]]


@frozen
class Read:
    """A listing that was read to its end.

    `items` pairs identities with items, each identity once. `broken` are the reasons why items could not be used.
    `consistent` says that the number of items was the announced one, and that it did not change meanwhile.
    `asked_at` is Bitbucket's time at the first answer, in epoch milliseconds.
    """

    items: tuple[tuple[str | None, Any], ...]
    broken: tuple[Unreadable, ...]
    pages: int
    consistent: bool
    asked_at: int | None
    limited: bool = False


class Reader:
    """Asks Bitbucket. One `httpx.Client`, which may be used by several threads; its auth chooses the consumer."""

    def __init__(self, client: httpx.Client, api_url: str) -> None:
        self._client = client
        self._api_url = api_url.rstrip("/")
        self._origin = _origin(httpx.URL(self._api_url))

    def get(self, url: str, query: Mapping[str, str] | None = None, *, follow: bool = True) -> httpx.Response:
        """The answer to a GET of a path or of a `next` link; redirects are followed, if at all, on
        the same origin.

        Raises:
            Unreadable: no answer came, or it points to another origin.
            BbsyncError: the run cannot go on (no consumer is accepted, or all are spent).
        """
        response = self._send(url if "://" in url else self._api_url + url, query)
        for _ in range(MOST_REDIRECTS):
            if response.next_request is None or not follow:
                return response
            response = self._send(str(response.next_request.url))
        raise refusal(response)

    def _send(self, url: str, query: Mapping[str, str] | None = None) -> httpx.Response:
        target = httpx.URL(url) if query is None else httpx.URL(url).copy_merge_params(dict(query))
        if _origin(target) != self._origin:
            raise Unreadable("BB-FETCH-ORIGIN", f"it points to another host ({target.host})")
        try:
            return self._client.get(target, follow_redirects=False)
        except httpx.TimeoutException as error:
            raise Unreadable("BB-FETCH-TIMEOUT", "no answer in time") from error
        except httpx.TransportError as error:
            raise Unreadable("BB-FETCH-NETWORK", f"the connection failed ({type(error).__name__})") from error
        except httpx.DecodingError as error:
            raise Unreadable("BB-FETCH-JSON", "the answer is damaged (its compression is not)") from error

    def read(self, path: str, query: Mapping[str, str], paging: Paging, take: Take, pages: int | None = None) -> Read:
        """The listing at that path.

        Args:
            path: with ancestors filled in.
            query: further parameters.
            paging: how it is handed out.
            take: structures one item; it raises Unreadable for one that cannot be used.
            pages: the page length to ask for.
        """
        asked = dict(query) if pages is None else {**query, "pagelen": str(pages)}
        try:
            return self._read(path, asked, paging, take)
        except Unreadable as failure:
            if failure.status == 400 and "pagelen" in failure.detail:  # a maximum that nobody documents has changed
                return self._read(path, dict(query), paging, take)
            raise

    def _read(self, path: str, query: Mapping[str, str], paging: Paging, take: Take) -> Read:
        taken: dict[object, tuple[str | None, Any]] = {}
        broken: list[Unreadable] = []
        sizes: set[int] = set()
        count, asked_at = 0, None
        for response, content in self._pages(path, query, paging):
            count += 1
            asked_at = server_time(response) if count == 1 else asked_at
            values, size = _page(content, paging)
            if size is not None:
                sizes.add(size)
            for raw in values:
                try:
                    key, item = take(raw)
                except Unreadable as failure:
                    broken.append(failure)
                else:
                    taken.setdefault(key if key is not None else object(), (key, item))
        total = len(taken) + len(broken)
        return Read(tuple(taken.values()), tuple(broken), count, sizes in (set(), {total}), asked_at)

    def _pages(self, path: str, query: Mapping[str, str], paging: Paging) -> Iterator[tuple[httpx.Response, Any]]:
        response = self.get(path, query)
        content = content_of(response)
        yield response, content
        visited = {str(response.url)}
        while paging is Paging.PAGES and (following := content.get("next")) is not None:
            if not isinstance(following, str) or following in visited or len(visited) >= MOST_PAGES:
                raise Unreadable("BB-FETCH-LOOP", f"page {len(visited) + 1} was handed out before")
            visited.add(following)
            response = self.get(following)
            content = content_of(response)
            yield response, content


def _page(content: Any, paging: Paging) -> tuple[list[Any], int | None]:
    """The items of a page, and how many the whole listing has, where it says."""
    if paging is Paging.SINGLE:
        return [content], None
    if paging is Paging.ARRAY:
        if not isinstance(content, list):
            raise Unreadable("BB-FETCH-SCHEMA", "the answer is not an array")
        return content, None
    values = content.get("values") if isinstance(content, dict) else None
    if not isinstance(values, list):
        raise Unreadable("BB-FETCH-SCHEMA", "the answer is not a page: it has no values")
    size = content.get("size")
    return values, size if isinstance(size, int) and not isinstance(size, bool) else None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return (url.scheme, url.host, url.port)
