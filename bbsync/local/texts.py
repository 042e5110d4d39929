"""Many texts in little memory: packed a few dozen at a time, and unpacked where one of them is asked for.

What elements say is spelled much alike, so that a packed text takes about a tenth of its length.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache

#: Texts packed together: more make them smaller, fewer make looking up one of them quicker.
PORTION = 64

#: Portions that stay unpacked; who goes through the texts in order unpacks each portion once.
_UNPACKED = 256


class Texts:
    """Texts by number, in the order in which they were added. None may have a line break in it."""

    __slots__ = ("_last", "_packed")

    def __init__(self) -> None:
        self._packed: list[bytes] = []
        self._last: list[str] = []

    def extend(self, texts: Iterable[str]) -> None:
        """Take more of them."""
        self._last.extend(texts)
        whole = len(self._last) // PORTION * PORTION
        self._packed.extend(_pack(self._last[first : first + PORTION]) for first in range(0, whole, PORTION))
        del self._last[:whole]

    def __getitem__(self, number: int) -> str:
        portion, place = divmod(number, PORTION)
        if portion == len(self._packed):
            return self._last[place]
        return _unpack(self._packed[portion])[place]

    def __len__(self) -> int:
        return len(self._packed) * PORTION + len(self._last)

    def __iter__(self) -> Iterator[str]:
        for packed in self._packed:
            yield from _unpack(packed)
        yield from self._last


def _pack(texts: list[str]) -> bytes:
    return zlib.compress("\n".join(texts).encode(), 1)


@lru_cache(_UNPACKED)
def _unpack(packed: bytes) -> list[str]:
    return zlib.decompress(packed).decode().split("\n")
