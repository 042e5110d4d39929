"""The properties of an element as its file spells them, read where somebody looks at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import cast

import msgspec

from bbsync.graph import Properties, Scalar, SpelledProperties, Value, spelled
from bbsync.local.texts import Texts

#: Arrays come back as tuples, `1`, `1.0` and `true` as what they were.
_PROPERTIES = msgspec.json.Decoder(dict[str, Scalar | tuple[Scalar, ...]])


class StoredProperties(SpelledProperties):
    """The properties of one element, read from their text where somebody looks at them."""

    __slots__ = ("number", "texts")

    def __init__(self, texts: Texts, number: int) -> None:
        self.texts = texts
        self.number = number

    @property
    def spelling(self) -> str:
        """As the file spells them, which is in canonical JSON."""
        return self.texts[self.number]

    def __getitem__(self, name: str) -> Value:
        return read_properties(self.spelling)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(read_properties(self.spelling))

    def __len__(self) -> int:
        return len(read_properties(self.spelling))

    def is_spelled_as(self, other: Properties) -> bool:
        """Whether the other properties are the same text."""
        if isinstance(other, StoredProperties) and self.texts is other.texts and self.number == other.number:
            return True
        return super().is_spelled_as(other)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and (self.is_spelled_as(other) or dict(self) == dict(other))

    __hash__ = None  # type: ignore[assignment]  # as a dict has none

    def __repr__(self) -> str:
        return repr(read_properties(self.spelling))


def require_properties(text: str) -> str:
    """The text in one line, once it can be read. Somebody may have laid it out by hand.

    Raises:
        msgspec.MsgspecError: it does not say properties.
    """
    found = _PROPERTIES.decode(text)
    return spelled(cast("Properties", found)) if "\n" in text else text


@lru_cache(maxsize=1024)
def read_properties(text: str) -> Properties:
    """What the text says; those read last are kept."""
    return cast("Properties", _PROPERTIES.decode(text))
