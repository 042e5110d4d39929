"""What a stream can show: how wide, in colour or not, beyond ASCII or not. Decided for each stream by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import IO

from bbsync.show.safe import safe, wrapped

#: Columns of a stream that is not a terminal, so that logs and files always look the same.
FILE_WIDTH = 100
NARROWEST, WIDEST = 80, 120


def width(stream: IO[str]) -> int:
    """How many columns to use."""
    if not stream.isatty():
        return FILE_WIDTH
    return min(max(_columns(stream), NARROWEST), WIDEST)


def colour(stream: IO[str], environ: Mapping[str, str], *, wanted: bool) -> bool:
    """Whether to use colour: not if the user, NO_COLOR or the terminal says no, and only on a terminal."""
    return wanted and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb" and stream.isatty()


def unicode(stream: IO[str]) -> bool:
    """Whether the stream takes more than ASCII."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"


def prose(stream: IO[str], line: str, indent: str = "") -> Iterator[str]:
    """The line made harmless: broken between words on a terminal, and whole in a file, where people search."""
    if not stream.isatty():
        yield indent + safe(line)
        return
    for part in wrapped(safe(line), width(stream) - len(indent)):
        yield indent + part


def _columns(stream: IO[str]) -> int:
    """The columns of a terminal; many terminals of CI systems do not know theirs and say 0."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or FILE_WIDTH
    except OSError:
        return FILE_WIDTH
