"""A mapping with a few changes laid over it, so that a large one need not be copied to be changed."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from typing import Any, TypeVar

V = TypeVar("V")


class Overlay(Mapping[str, V]):
    """What `base` holds, but for `changed`: what is None there is gone. Neither may change afterwards."""

    def __init__(self, base: Mapping[str, V], changed: Mapping[str, V | None]) -> None:
        self.base = base
        self.changed = changed
        self._new = {key: held for key, held in changed.items() if held is not None and key not in base}
        gone = sum(held is None and key in base for key, held in changed.items())
        self._size = len(base) - gone + len(self._new)

    def __getitem__(self, key: str) -> V:
        if key not in self.changed:
            return self.base[key]
        held = self.changed[key]
        if held is None:
            raise KeyError(key)
        return held

    def __contains__(self, key: object) -> bool:
        if isinstance(key, str) and key in self.changed:
            return self.changed[key] is not None
        return key in self.base

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.pairs())

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        return repr(dict(self.pairs()))

    def values(self) -> ValuesView[V]:
        """What is held: the base's first, in its order."""
        return _Values(self)

    def items(self) -> ItemsView[str, V]:
        """Keys and what is held: the base's first, in its order."""
        return _Items(self)

    def pairs(self) -> Iterator[tuple[str, V]]:
        """What `items` goes through."""
        changed = self.changed
        for key, held in self.base.items():
            now = changed.get(key, held)
            if now is not None:
                yield key, now
        yield from self._new.items()


class _Values(ValuesView[V]):
    def __init__(self, overlay: Overlay[V]) -> None:
        super().__init__(overlay)
        self._overlay: Overlay[V] = overlay

    def __iter__(self) -> Iterator[V]:
        return (held for _, held in self._overlay.pairs())


class _Items(ItemsView[str, V]):
    def __init__(self, overlay: Overlay[Any]) -> None:
        super().__init__(overlay)
        self._overlay: Overlay[V] = overlay

    def __iter__(self) -> Iterator[tuple[str, V]]:
        return self._overlay.pairs()
