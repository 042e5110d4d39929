"""The JSON Schemas under `specs/`, and what can be asked of one."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SPECS = Path(__file__).parent.parent / "specs"


def schema(name: str) -> dict[str, Any]:
    """The schema of that name."""
    found: dict[str, Any] = json.loads((SPECS / f"{name}.schema.json").read_text("utf-8"))
    return found


def faults(document: object, name: str, *, closed: bool = False) -> list[str]:
    """What is wrong with the document, by its schema; when closed, a field that the schema does not name is, too."""
    return [error.message for error in _validator(name, closed=closed).iter_errors(document)]


@cache
def _validator(name: str, *, closed: bool) -> Draft202012Validator:
    plan = schema("plan")  # which the others refer to
    wanted, beside = schema(name), (plan["$id"], Resource.from_contents(plan))
    if closed:
        wanted = json.loads(json.dumps(wanted), object_hook=_closed)
    return Draft202012Validator(wanted, registry=Registry().with_resources([beside]))


def undescribed(name: str) -> list[str]:
    """The fields that the schema has no sentence for."""
    found = schema(name)
    Draft202012Validator.check_schema(found)
    return [field for field, said in _fields(found) if not ({"description", "$ref"} & said.keys())]


def _closed(part: dict[str, Any]) -> dict[str, Any]:
    """An object of the schema that allows no field that is not named, by itself or by what it refers to."""
    if "if" in part:
        return {"unevaluatedProperties": False, **part}
    named = part.get("properties")
    is_whole = part.get("type") == "object" and "description" in part
    if is_whole and isinstance(named, dict) and not {"action", "sort"} & named.keys():
        return {"additionalProperties": False, **part}
    return part


def _fields(part: object) -> list[tuple[str, dict[str, Any]]]:
    """Every named field, at any depth."""
    if isinstance(part, list):
        return [field for below in part for field in _fields(below)]
    if not isinstance(part, dict):
        return []
    named = part.get("properties", {})
    below = [*named.values(), *(rest for key, rest in part.items() if key != "properties")]
    return [*named.items(), *(field for one in below for field in _fields(one))]
