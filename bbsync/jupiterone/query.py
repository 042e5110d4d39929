"""Ask in J1QL, and wait for answers that are prepared elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from bbsync.errors import TargetError
from bbsync.jupiterone.client import Document, JupiterOneClient, pauses
from bbsync.jupiterone.refusals import READ_GRAPH, RequestFailed, quote, strange_answer

#: `FORCE`: an answer that may take more than 30 seconds is not given directly.
_QUERY = """
query Page($query: String!, $cursor: String) {
  queryV1(query: $query, cursor: $cursor, deferredResponse: FORCE, flags: {variableResultSize: true}) {
    type
    url
  }
}
"""

#: Seconds that one page may take.
_LONGEST_WAIT = 600.0

#: No graph has more pages than this; whoever hands out more is not to be believed.
MOST_PAGES = 100_000

#: Nor is a cursor longer.
LONGEST_CURSOR = 10_000

#: How often a page is asked for whose result was gone before it could be fetched.
ASKED_FOR = 3

#: What the place of a result answers when its signature, or the result itself, has expired.
_EXPIRED = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)

_DOING = "reading the graph"


class _Expired(Exception):
    """A result is not, or no longer, where it was to be."""


def pages(client: JupiterOneClient, query: str, most: int = MOST_PAGES) -> Iterator[Any]:
    """The data of every page. Only a missing cursor is the end: a page may be short, or empty."""
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(most):
        result = _page(client, query, cursor)
        yield result.get("data")
        cursor = _cursor(result)
        if cursor is None:
            return
        if cursor in seen:
            raise strange_answer(doing=_DOING, why="Its pages go round in a circle.")
        seen.add(cursor)
    raise strange_answer(doing=_DOING, why=f"It has more than {most:,} pages.")


def _page(client: JupiterOneClient, query: str, cursor: str | None) -> Document:
    """One page, asked for anew where its result has expired."""
    for _ in range(ASKED_FOR):
        try:
            return _finished(client, _deferred(client, query, cursor))
        except _Expired as expired:
            client.say(f"a result of JupiterOne's is gone ({expired}): asking for it again")
    raise TargetError(
        "JupiterOne's results are gone before they can be fetched",
        why=f"A page of the graph was asked for {ASKED_FOR} times, and its result was not there.",
        next_step="Run the same command again later; if it stays so, check that no proxy stands in the way.",
        code="BB-JUPITERONE-EXPIRED",
    )


def _cursor(result: Document) -> str | None:
    """Where the next page is; None after the last one."""
    cursor = result.get("cursor") or None
    if cursor is not None and not (isinstance(cursor, str) and len(cursor) <= LONGEST_CURSOR):
        raise strange_answer(doing=_DOING, why="It has a cursor that is none.")
    return cursor


def _deferred(client: JupiterOneClient, query: str, cursor: str | None) -> str:
    """The address where the page will be."""
    client.allowance()
    answer = client.graphql(_QUERY, {"query": query, "cursor": cursor}, doing=_DOING, permission=READ_GRAPH)
    placed = answer.get("queryV1")
    url = placed.get("url") if isinstance(placed, dict) else None
    if not isinstance(url, str):
        raise strange_answer(doing=_DOING, why="It has no address of a result.")
    return url


def _finished(client: JupiterOneClient, url: str) -> Document:
    """The page, once it is there."""
    for pause in pauses(0.1, longest=5, total=_LONGEST_WAIT):
        state = _fetch(client, url)
        match state.get("status"):
            case "IN_PROGRESS":
                client.sleep(pause)
            case "FAILED":
                raise _failed(state)
            case _:
                return _result(client, state)
    raise TargetError(
        "JupiterOne did not answer a query in time",
        why=f"It was still at work after {_LONGEST_WAIT:.0f} seconds.",
        next_step="Run the same command again later.",
        code="BB-JUPITERONE-SLOW",
    )


def _fetch(client: JupiterOneClient, url: str) -> Document:
    try:
        return client.fetch(url, doing=_DOING)
    except RequestFailed as failure:
        if failure.status in _EXPIRED:
            raise _Expired(failure.status) from failure
        raise


def _result(client: JupiterOneClient, state: Document) -> Document:
    """The result, in the same document or in one that it names."""
    if state.get("data") is not None:
        return state
    if not isinstance(state.get("url"), str):
        raise strange_answer(doing=_DOING, why="It has neither data nor the address of data.")
    result = _fetch(client, state["url"])
    return {"cursor": state.get("cursor"), **result}


def _failed(state: Document) -> TargetError:
    return TargetError(
        "JupiterOne could not answer a query",
        why=f"It says: {quote(_text(state.get('error')) or 'nothing')}.",
        next_step="Run the same command again later; if it stays so, report it with this message.",
        code="BB-JUPITERONE-QUERY",
    )


def _text(said: object) -> str:
    return said if isinstance(said, str) else ""
