"""How a plan file is spelled: JSON with sorted keys and two-space indent, sealed by a digest.

msgspec writes and reads it. Only text with lone surrogates, which is JSON but not UTF-8, takes Python's own module.

The seal is two lines of their own, the plan's id and the digest of all other lines. Anybody can check it:
`grep -vE '^  "(plan_id|sha256)": ' plan.json | sha256sum`.
"""

from __future__ import annotations

import hashlib
import json
from typing import NoReturn

import msgspec

INDENT = 2

#: The fields of the seal, and how the line of each begins. No text can look like such a line: inside a string a line
#: break is escaped, and keys further down are indented more.
SEAL = ("plan_id", "sha256")
_PLAN_ID, _SHA256 = (f'\n  "{name}": '.encode() for name in SEAL)


class Malformed(ValueError):
    """Not JSON."""


class Truncated(Malformed):
    """JSON that ends too early."""


class Broken(ValueError):
    """The seal does not fit. The text is what the digest is, the first 8 digits of it."""


def encode(document: object) -> bytes:
    """The document as JSON with sorted keys and no blanks."""
    try:
        return msgspec.json.encode(document, order="sorted")
    except UnicodeEncodeError:
        return json.dumps(document, sort_keys=True, separators=(",", ":"), default=_parsed).encode()


def _parsed(written: msgspec.Raw) -> object:
    """What is JSON already, for the encoder that does not know it."""
    return json.loads(bytes(memoryview(written)))


def indented(written: bytes) -> bytes:
    """The same JSON for people, with a line break at its end."""
    try:
        return msgspec.json.format(written, indent=INDENT) + b"\n"
    except msgspec.DecodeError:
        return json.dumps(json.loads(written), indent=INDENT).encode() + b"\n"


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


def fingerprint(*parts: bytes | memoryview) -> str:
    """64 hex digits over the parts, one after the other."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()


def seal(digest: str) -> dict[str, str]:
    """The fields of the seal."""
    return dict(zip(SEAL, (digest[:8], digest), strict=True))


def unsealed(data: bytes) -> str:
    """The digest of a sealed document, once it holds.

    Raises:
        Broken: anything was changed since.
    """
    first, second = data.find(_PLAN_ID), data.find(_SHA256)
    first_end, second_end = (data.find(b"\n", start + 1) for start in (first, second))
    if not 0 < first < first_end <= second < second_end:
        raise Broken(fingerprint(data)[:8])
    view = memoryview(data)
    digest = fingerprint(view[:first], view[first_end:second], view[second_end:])
    if (data[first:first_end], data[second:second_end]) != _lines(digest):
        raise Broken(digest[:8])
    return digest


def _lines(digest: str) -> tuple[bytes, bytes]:
    """Both lines of the seal, each with the line break before it."""
    return _PLAN_ID + f'"{digest[:8]}",'.encode(), _SHA256 + f'"{digest}",'.encode()
