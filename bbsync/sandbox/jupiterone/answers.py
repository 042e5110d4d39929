"""How the stand-in says no, and how it writes JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

#: A JSON value. What clients send is unknown until validation has looked at it.
Json = Any
Document = dict[str, Any]


class Refused(Exception):
    """A request that the service does not carry out: status, code, message and further headers of the answer."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = dict(headers or {})
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> httpx.Response:
        """The answer in the persister's error envelope."""
        error = {"code": self.code, "message": self.message}
        return httpx.Response(self.status, headers=self.headers, json={"error": error})


def bad_request(code: str, message: str) -> Refused:
    """A refusal with HTTP 400."""
    return Refused(400, code, message)


def read_json(body: bytes) -> Json:
    """The body as JSON; NaN and Infinity are not JSON."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except ValueError as unreadable:
        raise bad_request("BAD_REQUEST", f"The request body is not JSON: {unreadable}") from unreadable


def read_object(body: bytes) -> Document:
    """The body as a JSON object; no body is an empty one."""
    value = read_json(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise bad_request("BAD_REQUEST", "The request body should be a JSON object")
    return value


def _no_constant(text: str) -> Json:
    raise ValueError(f"{text} is not a JSON value")
