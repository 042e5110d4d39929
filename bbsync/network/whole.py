"""An answer as a whole: read to its end, unpacked and measured, and refused where it is too large.

httpx unpacks as much as it is sent, in as many layers as the answer names; a few bytes may be a flood.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpx

from bbsync.secret import Secret, hide, holds

MEBIBYTE = 1024 * 1024

#: No answer has more bytes than this, unpacked.
LARGEST = 64 * MEBIBYTE

#: Nor more values, as every one of them takes many times its bytes in memory.
MOST_VALUES = 4_000_000

#: Headers that were true of the bytes on the wire and are not of the unpacked body.
_OF_THE_ENCODING = frozenset({"content-encoding", "content-length", "transfer-encoding"})

#: `wbits` of zlib for gzip.
_GZIP = 31


class AnswerTooLarge(httpx.TransportError):
    """An answer is larger than any that is meant."""


def read_whole(
    response: httpx.Response, request: httpx.Request, largest: int = LARGEST, most_values: int = MOST_VALUES
) -> httpx.Response:
    """The answer with its body read and unpacked; its connection is free again.

    Raises:
        AnswerTooLarge: it has more than `largest` bytes, or more than `most_values` values.
        httpx.DecodingError: it is packed in a way that was not asked for, or damaged.
        httpx.TransportError: the connection broke.
    """
    try:
        body = bytearray()
        for part in _unpacked(response, request):
            body += part
            if len(body) > largest:
                message = f"an answer has more than {largest / MEBIBYTE:g} MiB"
                raise AnswerTooLarge(message, request=request)
    finally:
        response.close()
    _require_few_values(body, request, most_values)
    headers = [(name, text) for name, text in response.headers.multi_items() if name not in _OF_THE_ENCODING]
    return httpx.Response(
        response.status_code, headers=headers, content=bytes(body), extensions=response.extensions, request=request
    )


def _unpacked(response: httpx.Response, request: httpx.Request) -> Iterator[bytes]:
    parts = _sent(response)
    match response.headers.get("content-encoding", "").strip().lower():
        case "" | "identity":
            return parts
        case "gzip" | "x-gzip":
            return _gunzipped(parts, request)
    raise httpx.DecodingError("it is packed in a way that was not asked for", request=request)


def _sent(response: httpx.Response) -> Iterator[bytes]:
    """The bytes as they were sent; `iter_raw` would not give those of an answer that was made in this process."""
    stream = response.stream
    if not isinstance(stream, httpx.SyncByteStream):
        raise TypeError("an answer is read by threads here")
    yield from stream


def _gunzipped(parts: Iterable[bytes], request: httpx.Request) -> Iterator[bytes]:
    """What the parts hold, a bounded piece at a time."""
    came, unpacker = False, zlib.decompressobj(_GZIP)
    try:
        for part in parts:
            came = came or bool(part)
            while part and not unpacker.eof:
                yield unpacker.decompress(part, MEBIBYTE)
                part = unpacker.unconsumed_tail  # noqa: PLW2901 - what is left of the part is the next part
    except zlib.error as error:
        raise httpx.DecodingError(str(error), request=request) from error
    if came and not unpacker.eof:
        raise httpx.DecodingError("it ends too early", request=request)


def _require_few_values(body: bytearray, request: httpx.Request, most: int) -> None:
    """Every value of JSON but the first comes after one of these."""
    if sum(map(body.count, (b",", b"[", b"{"))) > most:
        message = f"an answer has more than {most:,} values"
        raise AnswerTooLarge(message, request=request)


def credentials(request: httpx.Request) -> tuple[Secret, ...]:
    """What a request proves its sender with."""
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    return (*_behind(sent), Secret(sent)) if scheme.lower() == "basic" else (Secret(sent),)


def _behind(sent: str) -> Iterator[Secret]:
    """The secret in the text that HTTP makes of a name and a secret."""
    try:
        pair = base64.b64decode(sent, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return
    yield Secret(pair)
    yield Secret(pair.partition(":")[2])


def repeats_credentials(response: httpx.Response) -> bool:
    """Whether an answer that was read repeats what it was asked with: then nothing of it is used."""
    return holds(response.content, credentials(response.request))


def without_credentials(text: str, response: httpx.Response) -> str:
    """Text from the head of an answer, which may repeat what it was asked with."""
    return hide(text, credentials(response.request))


@contextmanager
def errors_without_credentials(request: httpx.Request) -> Iterator[None]:
    """In the block, an exception that quotes what came, and with it what was sent, is another one that does not."""
    try:
        yield
    except httpx.RequestError as error:
        said = hide(str(error), credentials(request))
        if said == str(error):
            raise
        raise type(error)(said, request=request) from None
