"""The OpenAPI document of the stand-ins, and a witness that holds every answer against it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from attrs import define, field, frozen
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from bbsync.sandbox.server import App

FILE = Path(__file__).parents[2] / "specs" / "sandbox.openapi.json"
DOCUMENT: dict[str, Any] = json.loads(FILE.read_text("utf-8"))

_NAME = "urn:sandbox"
_REGISTRY: Registry[Any] = Registry().with_resource(_NAME, Resource(DOCUMENT, DRAFT202012))
_METHODS = ("get", "post", "delete", "put", "patch")
_HOMES = ("/!api", "/api")


@frozen
class Operation:
    """A method on a path template, and what the document says about it."""

    method: str
    template: str
    said: dict[str, Any] = field(eq=False, repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def statuses(self) -> list[int]:
        """The statuses that it may answer."""
        return [int(status) for status in self.said["responses"]]

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """The parameters by name, references followed."""
        return {one["name"]: one for one in map(resolved, self.said.get("parameters", []))}

    def names(self) -> list[str]:
        """The names in the template."""
        return re.findall(r"{(\w+)}", self.template)

    def fits(self, path: str) -> bool:
        """Whether the path is one of the template's."""
        return re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.template)), path) is not None


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """The node, or what it refers to."""
    found: Any = node
    while "$ref" in found:
        place, found = found["$ref"], DOCUMENT
        for step in place.removeprefix("#/").split("/"):
            found = found[step]
    return dict(found)


OPERATIONS = [
    Operation(method.upper(), template, item[method])
    for template, item in DOCUMENT["paths"].items()
    for method in _METHODS
    if method in item
]


def tagged(tag: str) -> list[Operation]:
    """The operations with that tag that are not for control."""
    return [one for one in OPERATIONS if tag in one.said["tags"] and "control" not in one.said["tags"]]


def find(method: str, path: str) -> Operation | None:
    """The operation that a request is for; a path without names in it comes first."""
    home = next((home for home in _HOMES if path.startswith(f"{home}/")), "")
    found = [one for one in OPERATIONS if one.method == method and one.fits(path.removeprefix(home).rstrip("/") or "/")]
    return min(found, key=lambda one: len(one.names()), default=None)


def mistakes(content: Any, schema: dict[str, Any]) -> list[str]:
    """Where the content is not as the schema says."""
    anchored = json.loads(json.dumps(schema).replace('"#/', f'"{_NAME}#/'))
    return [f"{error.json_path}: {error.message}" for error in _validator(anchored).iter_errors(content)]


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, registry=_REGISTRY)


@define(eq=False)
class Witness:
    """Passes requests on to a stand-in, and notes what in them or in the answers is not described."""

    served: App
    mistakes: list[str] = field(factory=list)
    seen: set[tuple[Operation, int]] = field(factory=set)

    def app(self, request: httpx.Request) -> httpx.Response:
        """Answer as the stand-in does."""
        response = self.served(request)
        operation = find(request.method, request.url.path)
        if operation is None:
            self.mistakes.append(f"{request.method} {request.url.path} is not described")
        else:
            self.seen.add((operation, response.status_code))
            found = [*_answer_mistakes(operation, response), *_request_mistakes(operation, request, response)]
            self.mistakes += [f"{operation} {response.status_code} {mistake}" for mistake in found]
        return response


def _answer_mistakes(operation: Operation, response: httpx.Response) -> Iterator[str]:
    said = operation.said["responses"].get(str(response.status_code))
    if said is None:
        yield "is not a described status"
        return
    contents = resolved(said).get("content", {})
    media = response.headers.get("content-type", "").partition(";")[0]
    if media not in contents and (contents or response.content):
        yield f"is not described as {media!r}"
    elif media == "application/json":
        yield from mistakes(json.loads(_unpacked(response)), contents[media]["schema"])
    elif contents:
        yield from mistakes(response.text, contents[media]["schema"])


def _request_mistakes(operation: Operation, request: httpx.Request, response: httpx.Response) -> Iterator[str]:
    for name in request.url.params:
        if name not in operation.parameters:
            yield f"has no parameter {name}"
    said = operation.said.get("requestBody")
    if said and response.is_success and request.content and "application/json" in said["content"]:
        yield from mistakes(json.loads(_unpacked(request)), said["content"]["application/json"]["schema"])


def _unpacked(message: httpx.Request | httpx.Response) -> bytes:
    packed = message.content.startswith(b"\x1f\x8b")
    return gzip.decompress(message.content) if packed else message.content
