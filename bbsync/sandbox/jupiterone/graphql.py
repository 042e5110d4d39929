"""GraphQL: parse, validate and execute against the schema, with a resolver for each field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import httpx

from bbsync.sandbox.jupiterone.answers import Document, bad_request, read_object

if TYPE_CHECKING:
    from graphql import DocumentNode, GraphQLError, GraphQLSchema

#: Called with graphql-core's resolve info, and the field's arguments by name.
Resolver = Callable[..., Any]


def execute(request: httpx.Request, resolvers: Mapping[str, Resolver]) -> httpx.Response:
    """Answer a GraphQL request: HTTP 200, whether there are errors or not."""
    # graphql-core takes a fifth of a second to load, and only those who query need it.
    from graphql import execute_sync

    body = read_object(request.content)
    if not isinstance(body.get("query"), str):
        raise bad_request("BAD_REQUEST", '"query" should be a string')
    document, errors = _checked(body["query"])
    if document is None:
        return _answer({"errors": errors})
    result = execute_sync(
        _schema(),
        document,
        root_value=resolvers,
        variable_values=body.get("variables"),
        operation_name=body.get("operationName"),
    )
    failed = [_formatted(error) for error in result.errors or ()]
    return _answer({"data": result.data} | ({"errors": failed} if failed else {}))


def _answer(document: Document) -> httpx.Response:
    return httpx.Response(200, json={"data": None} | document)


@cache
def _checked(query: str) -> tuple[DocumentNode | None, list[Document]]:
    # graphql-core is loaded late, as above.
    from graphql import GraphQLSyntaxError, parse, validate

    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        return None, [_formatted(error, "GRAPHQL_PARSE_FAILED")]
    errors = [_formatted(error, "GRAPHQL_VALIDATION_FAILED") for error in validate(_schema(), document)]
    return (None if errors else document), errors


def _formatted(error: GraphQLError, code: str = "INTERNAL_SERVER_ERROR") -> Document:
    return {"extensions": {"code": code}, "path": None} | dict(error.formatted)


@cache
def _schema() -> GraphQLSchema:
    # graphql-core is loaded late, as above.
    from graphql import build_schema

    return build_schema(resources.files(__package__).joinpath("schema.graphql").read_text("utf-8"))
