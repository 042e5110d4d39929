"""Items of listings as Bitbucket answered them, packed: for whoever wants to see them beside what was made of them."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from attrs import define, field

#: Told about an item that was read: the type of the entity that it becomes, its key, and the item as answered.
Keep = Callable[[str, str, Any], None]

#: By type and key of an entity, its item as JSON, packed.
RawItems = Mapping[tuple[str, str], bytes]


def unkept(_type: str, _key: str, _item: Any) -> None:
    """Nobody wants to see it."""


@define
class Answered:
    """The items that were read so far; several threads may add to them. Of one read twice the later answer stays."""

    items: dict[tuple[str, str], bytes] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock, repr=False)

    def keep(self, entity_type: str, key: str, item: Any) -> None:
        """Add an item."""
        packed = zlib.compress(_spelled(item))
        with self._lock:
            self.items[entity_type, key] = packed


def _spelled(item: Any) -> bytes:
    try:
        return msgspec.json.encode(item)
    except UnicodeEncodeError:  # half a character, which is JSON but not UTF-8
        return json.dumps(item).encode()
