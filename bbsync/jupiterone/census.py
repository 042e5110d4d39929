"""How many elements of each type our part of the graph holds: one query for entities, one for relationships."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from attrs import field, frozen

from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.query import pages
from bbsync.jupiterone.refusals import strange_answer
from bbsync.target import Counts

T = TypeVar("T")

#: Types come as a text in one place and as an array in another.
_Type = str | Annotated[list[str], msgspec.Meta(min_length=1)]


@frozen
class Census:
    """Entities by type, whoever wrote them, and the relationships between them by the type of their source and own."""

    entities: Mapping[str, int] = field(factory=dict)
    relationships: Mapping[tuple[str, str], int] = field(factory=dict)

    @property
    def counts(self) -> Counts:
        """The same by type alone."""
        ties: Counter[str] = Counter()
        for (_source, type_name), number in self.relationships.items():
            ties[type_name] += number
        return Counts(self.entities, dict(ties))

    @property
    def outgoing(self) -> Mapping[str, int]:
        """How many relationships start at each type."""
        ties: Counter[str] = Counter()
        for (source, _type), number in self.relationships.items():
            ties[source] += number
        return ties


def take_census(client: JupiterOneClient, ownership: Ownership) -> Census:
    """What there is now; without entities there are no relationships to ask for."""
    ours = ownership.condition
    entities: Counter[str] = Counter()
    for row in _rows(client, f"FIND * WITH {ours} AS e RETURN e._type AS type, count(e) AS number", _Entities):
        entities[_one(row.type)] += row.number
    ties: Counter[tuple[str, str]] = Counter()
    if entities:
        asked = f"FIND * WITH {ours} AS e THAT RELATES TO >> AS r * WITH {ours}"
        returned = "RETURN e._type AS source, r._type AS type, count(r) AS number"
        for tie in _rows(client, f"{asked} {returned}", _Ties):
            ties[_one(tie.source), _one(tie.type)] += tie.number
    return Census(dict(entities), dict(ties))


class _Entities(msgspec.Struct):
    type: _Type
    number: int


class _Ties(msgspec.Struct):
    source: _Type
    type: _Type
    number: int


def _one(value: _Type) -> str:
    return value if isinstance(value, str) else value[0]


def _rows(client: JupiterOneClient, query: str, shape: type[T]) -> list[T]:
    try:
        return [msgspec.convert(row, shape) for page in pages(client, query) for row in msgspec.convert(page, list)]
    except msgspec.MsgspecError as error:
        raise strange_answer(doing="counting the graph", why=f"A result has another shape: {error}.") from error
