"""The one place where remote text becomes harmless, and where it is measured and cut.

A name may hold anything: line breaks that forge a line of the plan, codes that steer a terminal, characters that turn
the direction of the text around. Whatever Python does not call printable is written as an escape. So is the sign by
which the logs of CI systems know a command.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate, takewhile
from typing import NewType

#: Text of ours, or remote text that went through `safe()`.
Safe = NewType("Safe", str)

#: How commands begin that the runners of GitHub, Azure and TeamCity carry out when they read them in a log.
_COMMAND = re.compile(r":(?=:[a-zA-Z-]+( |::))|#(?=#(\[|vso\[|teamcity\[))")

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def safe(text: str, *, ascii_only: bool = False) -> Safe:
    r"""The text with everything unprintable, and commands, escaped as `\uXXXX`; `ascii_only` leaves only ASCII."""
    if "::" in text or "##" in text:
        text = _COMMAND.sub(lambda sign: _escaped(sign[0]), text)
    if text.isprintable() and (text.isascii() or not ascii_only):
        return Safe(text)
    return Safe("".join(_escaped(one) if _is_odd(one, ascii_only=ascii_only) else one for one in text))


def _is_odd(character: str, *, ascii_only: bool) -> bool:
    return not character.isprintable() or (ascii_only and not character.isascii())


def _escaped(character: str) -> str:
    number = ord(character)
    return _SHORT.get(character) or (f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}")


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return len(text) if text.isascii() else sum(_width(one) for one in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clip(text: str, width: int, ellipsis: str) -> str:
    """The text, or as much of its beginning as fits with the ellipsis after it."""
    if columns(text) <= width:
        return text
    return _first(text, max(width - columns(ellipsis), 0)) + ellipsis


def _first(text: str, width: int) -> str:
    """As much of the text's beginning as fits."""
    ends = accumulate(map(_width, text))
    return text[: sum(1 for _ in takewhile(lambda end: end <= width, ends))]


def pad(text: str, width: int) -> str:
    """The text, with blanks up to the width."""
    return text + " " * (width - columns(text))


def wrapped(text: str, width: int) -> Iterator[str]:
    """The text in lines of at most that width, broken between words where there are any."""
    rest = text
    while columns(rest) > width:
        line = _first(rest, width) or rest[:1]
        blank = line.rfind(" ") if rest[len(line)] != " " else len(line)
        line = line[:blank] if blank > 0 else line
        if line.strip(" "):
            yield line.rstrip(" ")
        rest = rest[len(line) :].lstrip(" ")
    if rest:
        yield rest
