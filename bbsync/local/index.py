"""Which number a key has, without keeping the key: who knows the key of a number is asked."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable

_EMPTY = -1


class Index:
    """Numbers by key: the first key has 0, and none comes twice. `key_of` must give the key of each number."""

    __slots__ = ("_hashes", "_key_of", "_slots")

    def __init__(self, key_of: Callable[[int], str]) -> None:
        self._key_of = key_of
        self._hashes = array("q")
        self._slots = array("i", [_EMPTY]) * 1024

    def extend(self, keys: Iterable[str]) -> None:
        """Take more keys; they have the numbers that come next."""
        known = len(self._hashes)
        self._hashes.extend(map(hash, keys))
        if 2 * len(self._hashes) > len(self._slots):  # half of the slots stay empty, so that a search soon meets one
            self._slots = array("i", [_EMPTY]) * (1 << (4 * len(self._hashes)).bit_length())
            known = 0
        self._place(range(known, len(self._hashes)))

    def find(self, key: str) -> int | None:
        """The number of the key."""
        slots, last = self._slots, len(self._slots) - 1
        wanted = hash(key)
        slot = wanted & last
        while (number := slots[slot]) != _EMPTY:
            if self._hashes[number] == wanted and self._key_of(number) == key:
                return number
            slot = (slot + 1) & last
        return None

    def _place(self, numbers: range) -> None:
        slots, hashes, last = self._slots, self._hashes, len(self._slots) - 1
        for number in numbers:
            slot = hashes[number] & last
            while slots[slot] != _EMPTY:
                slot = (slot + 1) & last
            slots[slot] = number
