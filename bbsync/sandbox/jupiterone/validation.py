"""What an uploaded object must look like, and the sentences that say how it does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from bbsync.sandbox.jupiterone.answers import Document, Json, bad_request

#: A leading underscore is the service's own; inside a name there is none.
PROPERTY_NAME = re.compile(r"(_|tag\.)?[A-Za-z0-9. -]+\Z")
TYPE_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*\Z")
VERB = re.compile(r"[A-Z]+(_[A-Z]+)*\Z")

MINIMUM_KEY = 10
MINIMUM_TYPE = 3

_ENTITY_MEMBERS = frozenset({"_key", "_type", "_class", "_rawData"})
_PATCH_MEMBERS = _ENTITY_MEMBERS | {"_id"}
_ENDS = tuple(f"_{side}Entity{part}" for side in ("from", "to") for part in ("Key", "Id", "Source", "Scope"))
_RELATIONSHIP_MEMBERS = _ENTITY_MEMBERS | {*_ENDS, "_mapping"}

Problems = Iterator[str]
Check = Callable[[Document], Problems]


def check_entities(entities: Json, *, patch: bool, ignore_illegal: bool) -> list[Document]:
    """The entities of one request, all of them or none."""
    if not isinstance(entities, list):
        raise bad_request("ENTITY_IS_NOT_ARRAY", '"entities" should be an array')
    allowed = _PATCH_MEMBERS if patch else _ENTITY_MEMBERS
    if ignore_illegal:
        entities = [_without_illegal(entity, allowed) for entity in entities]
    problems = _problems("entities", entities, patched_entity_problems if patch else entity_problems, allowed)
    _refuse("ENTITY_UPLOAD_FAILED_VALIDATION", problems)
    return list(entities)


def check_relationships(relationships: Json, *, ignore_illegal: bool) -> list[Document]:
    """The relationships of one request, all of them or none. Whether the ends exist is not asked here."""
    if not isinstance(relationships, list):
        raise bad_request("RELATIONSHIP_IS_NOT_ARRAY", '"relationships" should be an array')
    if ignore_illegal:
        relationships = [_without_illegal(relationship, _RELATIONSHIP_MEMBERS) for relationship in relationships]
    problems = _problems("relationships", relationships, relationship_problems, _RELATIONSHIP_MEMBERS)
    _refuse("RELATIONSHIP_UPLOAD_FAILED_VALIDATION", problems)
    return list(relationships)


def refuse_duplicates(documents: Sequence[Document], code: str) -> None:
    """Refuse a request in which two objects have the same key."""
    keys = Counter(document["_key"] for document in documents if "_key" in document)
    _refuse(code, [f"duplicate _key {key!r} ({times} times)" for key, times in keys.items() if times > 1])


def entity_problems(entity: Document) -> Problems:
    """What is wrong with the members that every entity must have."""
    yield from _text_problems(entity, "_key", MINIMUM_KEY)
    yield from _text_problems(entity, "_type", MINIMUM_TYPE)
    yield from _type_problems(entity)
    yield from _class_problems(entity)


def patched_entity_problems(entity: Document) -> Problems:
    """What is wrong with an entity of which only some properties are sent."""
    if "_id" not in entity:
        yield from _text_problems(entity, "_key", MINIMUM_KEY)
    yield from _type_problems(entity)
    if "_class" in entity:
        yield from _class_problems(entity)


def relationship_problems(relationship: Document) -> Problems:
    """What is wrong with the members that every relationship must have."""
    yield from _text_problems(relationship, "_key", 1)
    yield from _text_problems(relationship, "_type", MINIMUM_TYPE)
    yield from _type_problems(relationship)
    verb = relationship.get("_class")
    if not isinstance(verb, str) or not VERB.match(verb):
        yield "._class must be one upper-case string"
    if "_mapping" in relationship:
        yield from mapping_problems(relationship["_mapping"])
    else:
        yield from _end_problems(relationship, "from")
        yield from _end_problems(relationship, "to")
    yield from (
        f".{name} must be a string" for name in sorted(_ENDS) if not isinstance(relationship.get(name, ""), str)
    )
    yield from (f".{name} must be a scalar" for name, value in _own(relationship) if isinstance(value, list))


def mapping_problems(mapping: Json) -> Problems:
    """What is wrong with the description of a relationship whose target the mapper looks for."""
    if not isinstance(mapping, dict):
        yield "._mapping must be an object"
        return
    if mapping.get("relationshipDirection") not in ("FORWARD", "REVERSE"):
        yield "._mapping.relationshipDirection must be FORWARD or REVERSE"
    yield from (f"._mapping{problem}" for problem in _text_problems(mapping, "sourceEntityKey", 1))
    if not _is_filter(mapping.get("targetFilterKeys")):
        yield "._mapping.targetFilterKeys must be an array of property names or of arrays of them"
    target = mapping.get("targetEntity")
    if not isinstance(target, dict):
        yield "._mapping.targetEntity must be an object"
        return
    for name, value in target.items():
        if value is None or _kind(value) is None:
            yield f"._mapping.targetEntity.{name} must be one of [string, number, boolean, array]"


def _problems(name: str, documents: Sequence[Json], check: Check, allowed: frozenset[str]) -> list[str]:
    found: list[str] = []
    for index, document in enumerate(documents):
        if not isinstance(document, dict):
            found.append(f"{name}[{index}] must be an object")
            continue
        found += [f"{name}[{index}]{problem}" for problem in (*check(document), *_property_problems(document, allowed))]
    return found


def _refuse(code: str, problems: Sequence[str]) -> None:
    if problems:
        raise bad_request(code, f"{len(problems)} validation error(s): {'; '.join(problems[:20])}")


def _own(document: Document) -> Iterator[tuple[str, Json]]:
    return ((name, value) for name, value in document.items() if not name.startswith("_"))


def _without_illegal(document: Json, allowed: frozenset[str]) -> Json:
    if not isinstance(document, dict):
        return document
    return {name: value for name, value in document.items() if name in allowed or not _name_problem(name)}


def _property_problems(document: Document, allowed: frozenset[str]) -> Problems:
    for name, value in document.items():
        if name in allowed:
            continue
        problem = _name_problem(name) or _value_problem(name, value)
        if problem:
            yield f".{name} {problem}"
    if "_rawData" in document and not _is_raw_data(document["_rawData"]):
        yield "._rawData must be an array of named entries or an object of bodies"


def _name_problem(name: str) -> str:
    if name.startswith("_"):
        return "is reserved: custom properties must not begin with an underscore"
    return "" if PROPERTY_NAME.match(name) else "is not a valid property name"


def _value_problem(name: str, value: Json) -> str:
    if name.startswith("tag.") and _scalar_kind(value) not in ("string", "number", "boolean"):
        return "must be one of [string, number, boolean]"
    if _kind(value) is None:
        return "must be one of [string, number, boolean, null] or an array of one of them"
    return ""


def _kind(value: Json) -> str | None:
    if not isinstance(value, list):
        return _scalar_kind(value)
    kinds = {_scalar_kind(item) for item in value}
    return "array" if len(kinds) <= 1 and None not in kinds else None


def _scalar_kind(value: Json) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if value is None:
        return "null"
    return "string" if isinstance(value, str) else None


def _text_problems(document: Document, name: str, minimum: int) -> Problems:
    value = document.get(name)
    if not isinstance(value, str):
        yield f".{name} must be a string"
    elif len(value) < minimum:
        yield f".{name} must be at least {minimum} characters long"


def _type_problems(document: Document) -> Problems:
    value = document.get("_type")
    if isinstance(value, str) and not TYPE_NAME.match(value):
        yield "._type must be in snake_case"


def _class_problems(document: Document) -> Problems:
    value = document.get("_class")
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and len(name) > 1 for name in names):
        yield "._class must be a string or a non-empty array of strings"


def _end_problems(relationship: Document, side: str) -> Problems:
    by_key, by_id = relationship.get(f"_{side}EntityKey"), relationship.get(f"_{side}EntityId")
    if not isinstance(by_key, str) and not isinstance(by_id, str):
        yield f"._{side}EntityKey or ._{side}EntityId must be a string"


def _is_filter(keys: Json) -> bool:
    return isinstance(keys, list) and all(
        isinstance(group, str) or (isinstance(group, list) and all(isinstance(name, str) for name in group))
        for group in keys
    )


def _is_raw_data(raw: Json) -> bool:
    if isinstance(raw, dict):
        return all(isinstance(entry, dict) and "body" in entry for entry in raw.values())
    if not isinstance(raw, list) or not all(isinstance(entry, dict) and "name" in entry for entry in raw):
        return False
    names = [entry["name"] for entry in raw]
    return len(names) == len(set(names))
