"""Cut what is uploaded into requests by their size in bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

import msgspec
from attrs import frozen

from bbsync.errors import TargetError

#: JupiterOne takes 6,291,456 bytes; its own software stays below this.
LIMIT = 5_000_000

Collection = Literal["entities", "relationships"]


@frozen
class Batch:
    """The elements of one request, each as JSON."""

    collection: Collection
    elements: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        """The request's body."""
        return _opening(self.collection) + b",".join(self.elements) + _CLOSING

    def halves(self) -> tuple[Batch, Batch]:
        """Two batches of half the elements each."""
        middle = len(self.elements) // 2
        return Batch(self.collection, self.elements[:middle]), Batch(self.collection, self.elements[middle:])


_CLOSING = b"]}"


def _opening(collection: Collection) -> bytes:
    return b'{"%s":[' % collection.encode()


#: Makes an element smaller, so that it has at most so many bytes; None where that cannot be.
Cut = Callable[[bytes, int], bytes | None]


def uncut(_element: bytes, _room: int) -> bytes | None:
    """Nothing of it can be spared."""
    return None


def batches(
    collection: Collection, payloads: Iterable[Mapping[str, object]], limit: int = LIMIT, cut: Cut = uncut
) -> Iterator[Batch]:
    """Batches whose bodies have at most `limit` bytes; no element is left out. What is larger by itself is `cut`.

    Raises:
        TargetError: an element is larger than a request may be.
    """
    envelope = len(_opening(collection)) + len(_CLOSING)
    elements: list[bytes] = []
    size = envelope
    for payload in payloads:
        element = _small_enough(msgspec.json.encode(payload), limit - envelope, cut)
        if elements and size + 1 + len(element) > limit:
            yield Batch(collection, tuple(elements))
            elements, size = [], envelope
        size += len(element) + bool(elements)
        elements.append(element)
    if elements:
        yield Batch(collection, tuple(elements))


def _small_enough(element: bytes, room: int, cut: Cut) -> bytes:
    if len(element) <= room:
        return element
    smaller = cut(element, room)
    if smaller is None:
        raise too_large(element)
    return smaller


def too_large(element: bytes) -> TargetError:
    """The error for an element that JupiterOne does not take. It is not left out, as that would delete it."""
    key = msgspec.json.decode(element, type=_Keyed).key
    return TargetError(
        f"An element is too large for JupiterOne: {key!r}",
        why=f"It has {len(element):,} bytes as JSON.",
        next_step="Shorten what makes it large in Bitbucket, or switch its kind off under [kinds].",
        code="BB-JUPITERONE-SIZE",
    )


class _Keyed(msgspec.Struct):
    key: str = msgspec.field(name="_key")
