"""One request as the stand-in reads it: where it came in, what it asks for."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlencode

import httpx
from attrs import frozen

#: The same API answers under each of these; the value is where links inside objects point then.
_HOMES = {"/api": "/!api", "/!api": "/!api", "": ""}


@frozen
class Call:
    """A request, taken apart.

    `home` is the part of the path before the version, `segments` are the decoded parts from the version on, and
    `path` is as it was sent, because `next` repeats it.
    """

    method: str
    origin: str
    home: str
    path: str
    segments: tuple[str, ...]
    query: httpx.QueryParams

    @property
    def api(self) -> str:
        """Where the links inside objects point."""
        return f"{self.origin}{_HOMES[self.home]}"

    def page_link(self, page: int | str, name: str = "page") -> str:
        """The address of another page of this listing, with the rest of the query repeated."""
        rest = [(key, text) for key, text in self.query.multi_items() if key != name]
        return f"{self.origin}{self.path}?{urlencode([*rest, (name, str(page))], quote_via=quote)}"

    def moved_link(self, start: int, *parts: str) -> str:
        """This address with some of its segments replaced."""
        segments = [*self.segments[:start], *parts, *self.segments[start + len(parts) :]]
        path = "/".join(quote(segment) for segment in segments)
        query = f"?{self.query}" if self.query else ""
        return f"{self.origin}{self.home}/{path}{query}"


def read_call(request: httpx.Request) -> Call:
    """Take a request apart."""
    path, _, _ = request.url.raw_path.decode("ascii").partition("?")
    home = next(home for home in _HOMES if path.startswith(f"{home}/"))
    origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
    segments = tuple(unquote(part) for part in path.removeprefix(home).strip("/").split("/"))
    return Call(request.method, origin, home, path, segments, request.url.params)
