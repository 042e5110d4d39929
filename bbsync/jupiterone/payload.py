"""Elements as JupiterOne takes them and as it gives them back; the two halves are each other's inverse."""

from __future__ import annotations

from typing import Annotated, Required, TypedDict, cast

import msgspec

from bbsync.graph import Entity, Properties, Relationship, Scalar
from bbsync.mapped import found_by, is_mapped, sought

#: Arrays become tuples when they are read.
_Values = dict[str, Scalar | tuple[Scalar, ...]]


#: Types and classes come as a text in one place and as an array in another.
_OneOrMore = str | Annotated[list[str], msgspec.Meta(min_length=1)]


class Metadata(TypedDict, total=False):
    """What JupiterOne says about an element, as far as we use it."""

    _key: Required[str]
    _type: Required[_OneOrMore]
    _class: Required[_OneOrMore]
    _source: str | None
    _scope: str | None
    _integrationInstanceId: str | None
    _deleted: bool | None
    displayName: Scalar


class EntityRow(msgspec.Struct, frozen=True):
    """An entity in the result of a query: JupiterOne's metadata apart from the properties."""

    id: str
    entity: Metadata
    properties: _Values = {}


class Edge(msgspec.Struct, frozen=True, rename="camel"):
    """A relationship in the result of a TREE query; its ends are named by the ids of their vertices."""

    id: str
    from_vertex_id: str
    to_vertex_id: str
    relationship: Metadata
    properties: _Values = {}


class Tree(msgspec.Struct, frozen=True):
    """The result of a TREE query. Its vertices are known already, from the query for entities."""

    edges: tuple[Edge, ...] = ()


def entity_payload(entity: Entity) -> dict[str, object]:
    """The entity as it is uploaded."""
    return {**entity.properties, "_key": entity.key, "_type": entity.type, "_class": entity.classes}


def relationship_payload(tie: Relationship) -> dict[str, object]:
    """The relationship as it is uploaded."""
    head = {"_key": tie.key, "_type": tie.type, "_class": tie.verb}
    if is_mapped(tie):
        return {**head, "displayName": tie.properties.get("displayName", tie.verb), "_mapping": _mapping(tie)}
    return {**tie.properties, **head, "_fromEntityKey": tie.source, "_toEntityKey": tie.target}


def _mapping(tie: Relationship) -> dict[str, object]:
    """How JupiterOne finds the other end: by any of these properties. Where it finds nothing, it makes nothing."""
    known_by = found_by(tie)
    return {
        "relationshipDirection": "FORWARD",
        "sourceEntityKey": tie.source,
        "targetFilterKeys": [["_class", name] for name in sorted(known_by)],
        "targetEntity": {"_class": sought(tie), **known_by},
        "skipTargetCreation": True,
    }


def entity_from_row(row: EntityRow) -> Entity:
    """The entity that was uploaded, without what JupiterOne adds."""
    metadata = row.entity
    classes = metadata["_class"]
    return Entity(
        metadata["_key"],
        _one(metadata["_type"]),
        (classes,) if isinstance(classes, str) else tuple(classes),
        _properties(metadata, row.properties),
    )


def relationship_from_edge(edge: Edge, source: str, target: str) -> Relationship:
    """The relationship that was uploaded, without what JupiterOne adds."""
    metadata = edge.relationship
    return Relationship(
        metadata["_key"],
        _one(metadata["_type"]),
        _one(metadata["_class"]),
        source,
        target,
        _properties(metadata, edge.properties),
    )


def _one(value: _OneOrMore) -> str:
    return value if isinstance(value, str) else value[0]


def _properties(metadata: Metadata, properties: _Values) -> Properties:
    ours = {name: value for name, value in properties.items() if not name.startswith("_")}
    # The display name is a property that JupiterOne shows among its metadata.
    if metadata.get("displayName") is not None:
        ours["displayName"] = metadata["displayName"]
    return cast("Properties", ours)
