"""Request bodies of uploads: how large they may be, and how they are packed."""

from __future__ import annotations

import gzip
import zlib

import httpx

from bbsync.sandbox.jupiterone.answers import Document, Refused, bad_request, read_object

#: What one synchronous call of the service's backend can carry.
SIZE_LIMIT = 6_291_456


def read_upload(request: httpx.Request, size_limit: int, *, count_inflated: bool) -> Document:
    """The uploaded object, unpacked; 413 when it is too large as sent (or inflated, if that is what counts)."""
    _refuse_too_large(len(request.content), size_limit)
    body = _unpacked(request)
    if count_inflated:
        _refuse_too_large(len(body), size_limit)
    return read_object(body)


def _unpacked(request: httpx.Request) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        return request.content
    if encoding != "gzip":
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Encoding {encoding} is not supported")
    try:
        return gzip.decompress(request.content)
    except (OSError, EOFError, zlib.error) as broken:
        raise bad_request("BAD_REQUEST", f"The request body is not gzip: {broken}") from broken


def _refuse_too_large(size: int, limit: int) -> None:
    if size > limit:
        raise Refused(413, "RequestEntityTooLargeException", f"Request of {size} bytes is over the limit of {limit}")
