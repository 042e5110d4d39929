"""Vertices and edges as the graph stores them, and the metadata that the service adds."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from attrs import field, frozen

from bbsync.sandbox.jupiterone.access import Instance
from bbsync.sandbox.jupiterone.answers import Document, Json

#: What a synchronization compares within: the api scope, or the integration instance.
Domain = tuple[str, str]
#: Where an element lies: its domain and its `_key`.
Address = tuple[Domain, str]

#: The recipe of the real service is not published; no client may rely on the value.
_NAMESPACE = uuid.UUID("a7c7d8f0-6f2b-5b8e-9f53-0c1f3d3f2b11")

MAPPER = "system-mapper"


def domain_of(source: str, name: str) -> Domain:
    """All integration sources of an instance share one domain; every other source has its own."""
    return ("integration" if source.startswith("integration-") else source, name)


@frozen(eq=False)
class Origin:
    """Who wrote an element: the account, the source and the scope. An instance's scope is its id."""

    account: str
    source: str
    name: str
    instance: Instance | None = None
    facts: Mapping[str, Json] = field(init=False)

    @facts.default
    def _facts(self) -> Document:
        return {"_accountId": self.account, "_source": self.source, "_scope": self.name} | self._instance_facts()

    def _instance_facts(self) -> Document:
        if self.instance is None:
            return {}
        return {
            "_integrationInstanceId": self.instance.id,
            "_integrationDefinitionId": self.instance.definition_id,
            "_integrationType": self.instance.definition_type,
            "_integrationName": self.instance.name,
        }

    @property
    def domain(self) -> Domain:
        """What a synchronization from here compares within."""
        return domain_of(self.source, self.name)

    @property
    def instance_id(self) -> str | None:
        """The integration instance, None for an api scope."""
        return self.instance.id if self.instance else None

    def id_of(self, key: str) -> str:
        """The `_id` of a key: the same for ever, and unique in the account."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.name}\0{key}"))


@frozen(eq=False)
class Element:
    """What an entity and a relationship in the graph have in common."""

    origin: Origin
    key: str
    type: str
    properties: Mapping[str, Json]
    version: int
    created_on: int
    began_on: int
    id: str
    #: When it was deleted; deletes are soft.
    ended_on: int | None = field(default=None, kw_only=True)

    METADATA: ClassVar[Mapping[str, Callable[[Any], Json]]] = {}

    @property
    def address(self) -> Address:
        """Where it lies."""
        return (self.origin.domain, self.key)

    def look(self, name: str) -> Json:
        """One property or piece of metadata; None when it has none of that name."""
        if not name.startswith("_"):
            return self.properties.get(name)
        own = self.METADATA.get(name)
        return own(self) if own else self.origin.facts.get(name)

    def metadata(self) -> Document:
        """What the service adds, in the form query results have."""
        return {name: read(self) for name, read in self.METADATA.items()} | dict(self.origin.facts)

    def flat(self) -> Document:
        """Metadata and properties in one mapping."""
        return self.metadata() | dict(self.properties)


@frozen(eq=False)
class Vertex(Element):
    """An entity in the graph."""

    classes: tuple[str, ...]
    #: What is on the raw data tab. No query shows it.
    raw: Json = field(default=None, kw_only=True)

    METADATA: ClassVar[Mapping[str, Callable[[Any], Json]]] = {
        "_id": lambda vertex: vertex.id,
        "_key": lambda vertex: vertex.key,
        "_type": lambda vertex: [vertex.type],
        "_class": lambda vertex: list(vertex.classes),
        "_version": lambda vertex: vertex.version,
        "_createdOn": lambda vertex: iso_time(vertex.created_on),
        "_beginOn": lambda vertex: iso_time(vertex.began_on),
        "_endOn": lambda vertex: None if vertex.ended_on is None else iso_time(vertex.ended_on),
        "_deleted": lambda vertex: vertex.ended_on is not None,
        "_latest": lambda _: True,
    }


@frozen(eq=False)
class Edge(Element):
    """A relationship in the graph."""

    verb: str
    start: Address
    end: Address
    start_id: str
    end_id: str

    METADATA: ClassVar[Mapping[str, Callable[[Any], Json]]] = {
        "_id": lambda edge: edge.id,
        "_key": lambda edge: edge.key,
        "_type": lambda edge: edge.type,
        "_class": lambda edge: edge.verb,
        "_fromEntityKey": lambda edge: edge.start[1],
        "_toEntityKey": lambda edge: edge.end[1],
        "_fromEntityId": lambda edge: edge.start_id,
        "_toEntityId": lambda edge: edge.end_id,
        "_version": lambda edge: edge.version,
        "_createdOn": lambda edge: iso_time(edge.created_on),
        "_beginOn": lambda edge: iso_time(edge.began_on),
        "_deleted": lambda edge: edge.ended_on is not None,
    }


def iso_time(milliseconds: int) -> str:
    """Epoch milliseconds as query results write them: `2024-05-01T12:00:00.000Z`."""
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
