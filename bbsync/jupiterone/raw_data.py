"""Raw data: Bitbucket's items as they were answered, which ride along with the entities that are uploaded.

JupiterOne shows them on an entity's "raw data" tab. They are not compared, so they alone are no reason for an upload;
and they are the first to go where an entity is too large.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec
from attrs import define, evolve, field, frozen

from bbsync.graph import Entity
from bbsync.jupiterone.payload import entity_payload
from bbsync.target import Counters

#: What takes the place of a value that is too large, as JupiterOne's own software writes it.
TRUNCATED = "TRUNCATED"

#: The member of an entity that holds raw data, and the name of our entry in it.
MEMBER, ENTRY = "_rawData", "default"

#: How many entities' items are looked up at once.
PORTION = 1_000

#: The packed items of entities, by key, as far as they are known.
Find = Callable[[Sequence[Entity]], Mapping[str, bytes]]


@frozen
class Tally:
    """How many entities were uploaded with raw data, with a part of it, and without, as nobody knows their item."""

    whole: int = 0
    trimmed: int = 0
    lacking: int = 0

    @property
    def sentence(self) -> str:
        """The same for people."""
        return (
            f"raw data: {self.whole:,} entities have it whole, of {self.trimmed:,} the largest values were cut as they"
            f" were too large to upload, and {self.lacking:,} have none as their items were not read yet"
        )


@define
class RawData:
    """The raw data of one upload; the threads that upload may cut some of it."""

    find: Find
    _known: int = 0
    _lacking: int = 0
    _cut: set[str] = field(factory=set)
    _lock: threading.Lock = field(factory=threading.Lock, repr=False)

    def payloads(self, entities: Iterable[Entity]) -> Iterator[dict[str, object]]:
        """The entities as they are uploaded, with their raw data."""
        waiting = iter(entities)
        while portion := list(islice(waiting, PORTION)):
            found = self.find(portion)
            self._known += len(found)
            self._lacking += len(portion) - len(found)
            yield from (_with_raw(entity, found.get(entity.key)) for entity in portion)

    def cut(self, element: bytes, room: int) -> bytes | None:
        """The element with as much of its raw data as fits; None where even without it there is no room."""
        document = msgspec.json.decode(element)
        if MEMBER not in document:
            return None
        with self._lock:
            self._cut.add(document["_key"])
        return fitted(document, room)

    @property
    def tally(self) -> Tally:
        """What became of all of it."""
        return Tally(self._known - len(self._cut), len(self._cut), self._lacking)


def _with_raw(entity: Entity, packed: bytes | None) -> dict[str, object]:
    payload = entity_payload(entity)
    if packed is None:
        return payload
    return {**payload, MEMBER: [{"name": ENTRY, "rawData": msgspec.Raw(zlib.decompress(packed))}]}


def fitted(document: dict[str, object], room: int) -> bytes | None:
    """The entity as JSON of at most so many bytes: the largest values of its raw data go first, then all of it."""
    raw = document[MEMBER][0]["rawData"]  # type: ignore[index]  # it is what `_with_raw` made
    values = raw if isinstance(raw, dict) else {}
    size = len(msgspec.json.encode(document))
    for value, name in sorted(((_size(held), name) for name, held in values.items()), reverse=True):
        if size <= room:
            break
        size -= value - _size(TRUNCATED)
        values[name] = TRUNCATED
    for last in (document, {name: value for name, value in document.items() if name != MEMBER}):
        spelt = msgspec.json.encode(last)
        if len(spelt) <= room:
            return spelt
    return None


def _size(value: object) -> int:
    return len(msgspec.json.encode(value))


def without_raw(counted: Counters, expected: Counters) -> Counters:
    """What JupiterOne counted of everything but raw data.

    Nobody documents whether an entity of which only raw data differs counts as updated. So entities may count as
    updated that the plan does not name; all other numbers have to agree.
    """
    return evolve(counted, entities_updated=min(counted.entities_updated, expected.entities_updated))
