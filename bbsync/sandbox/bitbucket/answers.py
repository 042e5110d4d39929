"""Answers as Bitbucket words them: JSON, its error envelope, and the places where it forgets about JSON."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping

import httpx

from bbsync.sandbox.server import TRUNCATE

JSON = "application/json; charset=utf-8"
_COMPRESS_FROM = 200
_VARY = "Authorization, Origin, cookie, user-context, Accept-Encoding"


class Refusal(Exception):
    """Raised to answer something other than the document that was asked for."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def document(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """A JSON answer."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return httpx.Response(status, headers={"content-type": JSON, **(headers or {})}, content=body)


def envelope(status: int, message: str, detail: object = None, data: object = None) -> httpx.Response:
    """An error in the API's own envelope."""
    error: dict[str, object] = {"message": message}
    if detail is not None:
        error["detail"] = detail
    if data is not None:
        error["data"] = data
    more = {} if data is None else {"data": data}
    return document({"type": "error", "error": error, **more}, status)


def refusal(status: int, message: str, detail: object = None, data: object = None) -> Refusal:
    return Refusal(envelope(status, message, detail, data))


def plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer that is not JSON, although the API was asked."""
    return httpx.Response(status, headers={"content-type": "text/plain", **(headers or {})}, content=text.encode())


def html(status: int, title: str, filler: int = 0) -> httpx.Response:
    """A page meant for people."""
    body = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{'<!-- -->' * filler}{title}</body></html>"
    return httpx.Response(status, headers={"content-type": "text/html; charset=utf-8"}, content=body.encode())


def unauthorized(message: str) -> httpx.Response:
    response = envelope(401, message)
    response.headers["www-authenticate"] = 'Basic realm="Bitbucket.org HTTP"'
    return response


def removed() -> httpx.Response:
    """What the lists over all workspaces answer since they are gone."""
    return envelope(
        410,
        "CHANGE-2770 - Functionality has been deprecated",
        detail="This API is no longer available; ask for one workspace at a time.",
        data={"announcement_url": "https://developer.atlassian.com/cloud/bitbucket/changelog/#CHANGE-2770"},
    )


def nothing_here() -> httpx.Response:
    return envelope(404, "Resource not found", detail="There is no API hosted at this URL.")


def in_process(request: httpx.Request) -> bool:
    """Whether a client in this process is asking, with no socket in between: only clients set their time limits."""
    return "timeout" in request.extensions


def finish(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Add what every answer of the API carries: an etag, or 304 where the client has that one; gzip where allowed."""
    response.headers.setdefault("vary", _VARY)
    response.headers.setdefault("cache-control", "private")
    if response.status_code != httpx.codes.OK:
        return response
    compress = _compresses(request, response)
    digest = hashlib.md5(response.content, usedforsecurity=False).hexdigest()
    response.headers["etag"] = f'"gz[{digest}]"' if compress else f'"{digest}"'
    if request.headers.get("if-none-match") == response.headers["etag"]:
        return _unchanged(response)
    return _compressed(response) if compress else response


def _compresses(request: httpx.Request, response: httpx.Response) -> bool:
    # In process there is nothing to save, and httpx would undo it before anybody looked.
    wanted = "gzip" in request.headers.get("accept-encoding", "") and not in_process(request)
    return wanted and len(response.content) >= _COMPRESS_FROM


def _unchanged(response: httpx.Response) -> httpx.Response:
    kept = {name: text for name, text in response.headers.items() if name not in {"content-length", "content-type"}}
    return httpx.Response(304, headers=kept)


def _compressed(response: httpx.Response) -> httpx.Response:
    body = gzip.compress(response.content, compresslevel=1, mtime=0)
    kept = {name: text for name, text in response.headers.items() if name != "content-length"}
    compressed = httpx.Response(response.status_code, headers=kept, content=body, extensions=response.extensions)
    if TRUNCATE in compressed.extensions:
        compressed.extensions[TRUNCATE] = len(body) // 2
    # Said afterwards: a response that is told so when it is made decodes its content at once.
    compressed.headers["content-encoding"] = "gzip"
    return compressed
