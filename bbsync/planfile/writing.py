"""A plan file written piece by piece, so that a plan of many changes never is in memory as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from bbsync.planfile.encoding import SEAL, encode, indented, seal


def write_sealed(document: Mapping[str, object], stream: BinaryIO) -> str:
    """Write the document with its seal, and return its digest.

    Args:
        document: by field; an iterator stands for a list, and is gone through once.
        stream: where to; it must be able to go back, as the seal stands in the middle and is known at the end.
    """
    found = hashlib.sha256()
    places: dict[str, int] = {}
    for name, piece in _pieces({**document, **seal("0" * 64)}):
        if name in SEAL:
            places.setdefault(name, stream.tell())
        else:
            found.update(piece)
        stream.write(piece)
    end = stream.tell()
    for name, written in seal(found.hexdigest()).items():
        stream.seek(places[name])
        stream.write(_opening(name) + _inside(written, 1))
    stream.seek(end)
    return found.hexdigest()


def digest_of(document: Mapping[str, object]) -> str:
    """The digest that the seal of the document has."""
    found = hashlib.sha256()
    for _, piece in _pieces(document):
        found.update(piece)
    return found.hexdigest()


def _pieces(document: Mapping[str, object]) -> Iterator[tuple[str, bytes]]:
    """The indented JSON in pieces, each with the name of its field. What a field takes in it is its own lines."""
    names = sorted(document)
    yield "", b"{"
    for name in names:
        held = document[name]
        if isinstance(held, Iterator):
            yield from ((name, piece) for piece in _list(name, held))
        else:
            yield name, _opening(name) + _inside(held, 1)
        if name != names[-1]:
            yield name, b","
    yield "", b"\n}\n"


def _list(name: str, held: Iterator[object]) -> Iterator[bytes]:
    yield _opening(name) + b"["
    between = b""
    for one in held:
        yield between + b"\n    " + _inside(one, 2)
        between = b","
    yield b"\n  ]" if between else b"]"


def _opening(name: str) -> bytes:
    return b"\n  " + encode(name) + b": "


def _inside(held: object, depth: int) -> bytes:
    """Its JSON, indented as it is so many levels down. Inside a string a line break is escaped."""
    return indented(encode(held)).rstrip(b"\n").replace(b"\n", b"\n" + b"  " * depth)
