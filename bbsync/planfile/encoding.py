"""The one spelling of a document as JSON, and its digest.

msgspec writes and reads it. Only text with lone surrogates, which is JSON but not UTF-8, takes Python's own module.
"""

from __future__ import annotations

import hashlib
import json
from typing import NoReturn

import msgspec

INDENT = 2


class Malformed(ValueError):
    """Not JSON."""


class Truncated(Malformed):
    """JSON that ends too early."""


def encode(document: object, *, indent: bool = False) -> bytes:
    """The document as JSON with sorted keys, either without blanks or indented for people."""
    try:
        written = msgspec.json.encode(document, order="sorted")
        return msgspec.json.format(written, indent=INDENT) if indent else written
    except UnicodeEncodeError:
        if indent:
            return json.dumps(document, sort_keys=True, indent=INDENT).encode()
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def decode(data: bytes) -> object:
    """What the JSON says.

    Raises:
        Truncated: it ends too early.
        Malformed: it is not JSON, or nested deeper than any plan.
    """
    try:
        return msgspec.json.decode(data)
    except RecursionError as error:
        raise Malformed("it is nested deeper than any plan") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return _decode_surrogates(data, error)


def _decode_surrogates(data: bytes, refusal: Exception) -> object:
    """What it says if all that msgspec minds is a lone surrogate."""
    try:
        return json.loads(data.decode(), parse_constant=_refuse_constant)
    except RecursionError as error:
        raise Malformed("it is nested deeper than any plan") from error
    except ValueError:
        if "truncated" in str(refusal):
            raise Truncated(str(refusal)) from refusal
        raise Malformed(str(refusal)) from refusal


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def fingerprint(document: object) -> str:
    """64 hex digits over the document without blanks."""
    return hashlib.sha256(encode(document)).hexdigest()
