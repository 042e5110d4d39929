"""How a plan file is spelled: JSON with sorted keys and two-space indent, sealed by a digest.

msgspec writes and reads it. Only text with lone surrogates, which is JSON but not UTF-8, takes Python's own module.

The seal is two lines of their own, the plan's id and the digest of all other lines. Anybody can check it:
`grep -vE '^  "(plan_id|sha256)": ' plan.json | sha256sum`.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import NoReturn

import msgspec

INDENT = 2

#: The lines of the seal. Text cannot look like them: inside a string a line break is escaped.
_SEAL = re.compile(rb'^  "(plan_id|sha256)": "([^"\n]*)",\n', re.MULTILINE)

#: Keys are sorted, so each line of the seal has its place: before this one.
_PLACES = ((b"plan_id", b'\n  "population": '), (b"sha256", b'\n  "summary": '))


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


def _parsed(written: object) -> object:
    """What `msgspec.Raw` holds, for the encoder that does not know it."""
    if not isinstance(written, msgspec.Raw):
        raise TypeError(f"{type(written).__name__} has no place in a plan file")
    return json.loads(memoryview(written).tobytes())


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


def sealed(body: bytes) -> bytes:
    """The indented document with its seal."""
    digest = fingerprint(body).encode()
    for name, place in _PLACES:
        value = digest[:8] if name == b"plan_id" else digest
        before, after = body.split(place, 1)
        body = b"".join((before, b'\n  "', name, b'": "', value, b'",', place, after))
    return body


def unsealed(data: bytes) -> str:
    """The digest of a sealed document, once it holds.

    Raises:
        Broken: anything was changed since.
    """
    lines = list(_SEAL.finditer(data))
    starts, ends = [0, *(line.end() for line in lines)], [*(line.start() for line in lines), len(data)]
    view = memoryview(data)
    digest = fingerprint(*(view[start:end] for start, end in zip(starts, ends, strict=True)))
    if [(line[1], line[2].decode(errors="replace")) for line in lines] != [
        (b"plan_id", digest[:8]),
        (b"sha256", digest),
    ]:
        raise Broken(digest[:8])
    return digest
