"""Everything that goes wrong with an answer, by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from attrs import frozen

from bbsync.sandbox.bitbucket import Fault
from bbsync.sandbox.server import TRUNCATE, App, ResetConnection
from tests.trouble.wires import Trouble


@frozen
class Named:
    """A trouble; `requests` is how many requests of one listing it takes to show it once."""

    trouble: Trouble
    requests: int = 1


def _fault(**how: Any) -> Trouble:
    """As the stand-in for Bitbucket does it."""
    fault = Fault("", **how)

    def trouble(request: httpx.Request, app: App) -> httpx.Response:
        return fault.answer() if fault.replaces else _spoilt(request, app, lambda fine: fault.spoil(request, fine))

    return trouble


def status(code: int, **headers: str) -> Trouble:
    """This status in place of the answer."""
    return _fault(status=code, headers={name.replace("_", "-"): text for name, text in headers.items()})


def late(_request: httpx.Request, _app: App) -> httpx.Response:
    """No answer in time."""
    raise httpx.ReadTimeout("timed out")


def reset(_request: httpx.Request, _app: App) -> httpx.Response:
    """The connection breaks before the request is looked at."""
    raise ResetConnection


def lost(request: httpx.Request, app: App) -> httpx.Response:
    """The request is carried out, and the connection breaks before the answer is there."""
    app(request)
    raise ResetConnection


def late_after_all(request: httpx.Request, app: App) -> httpx.Response:
    """The request is carried out, and the answer takes too long."""
    app(request)
    raise httpx.ReadTimeout("timed out")


def truncated(request: httpx.Request, app: App) -> httpx.Response:
    """The request is carried out, and the connection breaks in the middle of the answer."""
    response = app(request)
    response.extensions[TRUNCATE] = len(response.content) // 2
    return response


def malformed(request: httpx.Request, app: App) -> httpx.Response:
    """Half an answer that says it is whole."""
    return _spoilt(request, app, lambda fine: _body(fine, fine.content[: len(fine.content) // 2]))


def repeated_page(request: httpx.Request, app: App) -> httpx.Response:
    """A second page that holds what the first one held."""
    return _second_page(request, app, lambda items: items, lambda items: items, 0)


def shifted_by_insert(request: httpx.Request, app: App) -> httpx.Response:
    """Something came in front between the first page and the second: its last item comes again, the new one not."""
    return _second_page(request, app, lambda items: items[:1], lambda items: items, 1)


def shifted_by_delete(request: httpx.Request, app: App) -> httpx.Response:
    """Something in front went between the first page and the second: an item is on neither."""
    return _second_page(request, app, lambda items: items[:1], lambda items: items[2:], -1)


def hidden_item(request: httpx.Request, app: App) -> httpx.Response:
    """The last item is missing, and the page says that there are as many as it holds."""

    def hide(response: httpx.Response) -> httpx.Response:
        page = json.loads(response.content)
        page["values"] = page["values"][:-1]
        page["size"] = page.get("size", 1) - 1
        return _body(response, json.dumps(page).encode())

    return _spoilt(request, app, hide)


def null_values(request: httpx.Request, app: App) -> httpx.Response:
    """Null where each value of each item was."""
    return _spoilt(request, app, lambda fine: _body(fine, json.dumps(_nulled(json.loads(fine.content))).encode()))


def _nulled(content: Any) -> Any:
    if isinstance(content, list):
        return [dict.fromkeys(item) for item in content]
    if "values" in content:
        return {**content, "values": _nulled(content["values"])}
    return dict.fromkeys(content)


def _second_page(
    request: httpx.Request,
    app: App,
    first: Callable[[list[Any]], list[Any]],
    second: Callable[[list[Any]], list[Any]],
    grows: int,
) -> httpx.Response:
    """A listing of one page in two; an answer that is no page stays as it is."""
    is_second = "page" in request.url.params
    whole = httpx.Request("GET", request.url.copy_remove_param("page"), headers=request.headers)
    whole.extensions.update(request.extensions)

    def cut(response: httpx.Response) -> httpx.Response:
        page = json.loads(response.content)
        if not isinstance(page, dict) or "values" not in page:
            return response
        page["values"] = (second if is_second else first)(page["values"])
        if is_second and "size" in page:
            page["size"] += grows
        if not is_second:
            page["next"] = str(request.url.copy_set_param("page", "2"))
        return _body(response, json.dumps(page).encode())

    return _spoilt(whole, app, cut)


def _spoilt(request: httpx.Request, app: App, spoil: Callable[[httpx.Response], httpx.Response]) -> httpx.Response:
    response = app(request)
    return spoil(response) if response.is_success else response


def _body(response: httpx.Response, body: bytes) -> httpx.Response:
    kept = {name: text for name, text in response.headers.items() if name not in ("content-length", "content-encoding")}
    return httpx.Response(response.status_code, headers=kept, content=body)


#: What any service may do.
EVERYWHERE: Mapping[str, Named] = {
    **{str(code): Named(status(code)) for code in (401, 403, 404, 410, 429)},
    "429, retry after": Named(status(429, retry_after="30")),
    **{str(code): Named(status(code)) for code in (500, 502)},
    "timeout": Named(late),
    "reset": Named(reset),
    "login page": Named(_fault(kind="html")),
    "redirect to login": Named(_fault(kind="redirect")),
    "truncated": Named(truncated),
    "half the JSON": Named(malformed),
    "wrong schema": Named(_fault(kind="wrong_schema")),
    "null": Named(_fault(kind="null")),
}

#: What goes wrong with listings.
LISTINGS: Mapping[str, Named] = {
    "null in the items": Named(null_values),
    "next is itself": Named(_fault(kind="loop")),
    "next elsewhere": Named(_fault(kind="foreign_next")),
    "repeated item": Named(_fault(kind="duplicate")),
    "repeated page": Named(repeated_page, 2),
    "shifted by insert": Named(shifted_by_insert, 2),
    "shifted by delete": Named(shifted_by_delete, 2),
    "empty 200": Named(_fault(kind="empty")),
}

BITBUCKETS: Mapping[str, Named] = {**EVERYWHERE, **LISTINGS}
