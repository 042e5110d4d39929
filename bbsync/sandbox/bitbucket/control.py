"""Changing a world over HTTP while it is served, and what goes wrong in it.

It asks for no token: it is for loopback addresses alone.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable

import httpx
from attrs import fields, frozen

from bbsync.sandbox.bitbucket.answers import document, envelope, nothing_here
from bbsync.sandbox.bitbucket.changes import CHANGES
from bbsync.sandbox.bitbucket.faults import KINDS, Fault
from bbsync.sandbox.bitbucket.world import NotThere, World

PREFIX = "/_sandbox/"


@frozen
class Control:
    """Answers `POST changes`, `POST faults`, `DELETE faults` and `GET calls` below its prefix."""

    world: World
    faults: list[Fault]
    calls_by_endpoint: Callable[[], dict[str, int]]

    def answer(self, request: httpx.Request) -> httpx.Response:
        match request.method, request.url.path.removeprefix(PREFIX):
            case "GET", "calls":
                return document(self.calls_by_endpoint())
            case "GET", "changes":
                return document({name: _parameters(change) for name, change in CHANGES.items()})
            case "POST", "changes":
                return self._checked(request, self._change)
            case "POST", "faults":
                return self._checked(request, self._add_fault)
            case "DELETE", "faults":
                self.faults.clear()
                return document({"faults": 0})
            case _:
                return nothing_here()

    def _checked(self, request: httpx.Request, act: Callable[[dict[str, object]], object]) -> httpx.Response:
        try:
            return document(act(_object(request.content)))
        except ValueError as error:
            return envelope(400, str(error))
        except NotThere as error:
            return envelope(400, f"there is no {error}")

    def _change(self, asked: dict[str, object]) -> object:
        name = asked.pop("change", None)
        change = CHANGES.get(str(name))
        if change is None:
            raise ValueError(f"unknown change {name}; known are {', '.join(sorted(CHANGES))}")
        _check_names(asked, change, str(name))
        _check_values(asked, change)
        with self.world.lock:
            change(self.world, **asked)
        return {"changed": name}

    def _add_fault(self, asked: dict[str, object]) -> object:
        known = [field.alias for field in fields(Fault) if field.init]
        unknown = sorted(set(asked) - set(known))
        if unknown or asked.get("kind", "status") not in KINDS or "path" not in asked:
            raise ValueError(f"a fault takes {', '.join(map(str, known))}; kinds are {', '.join(sorted(KINDS))}")
        self.faults.append(Fault(**asked))  # type: ignore[arg-type]  # names are checked above, values are the caller's
        return {"faults": len(self.faults)}


def _object(body: bytes) -> dict[str, object]:
    asked = json.loads(body)
    if not isinstance(asked, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - the caller answers every wrong body alike
    return asked


def _parameters(change: Callable[..., object]) -> dict[str, bool]:
    """The names that a change takes, and whether each must be given."""
    parameters = list(inspect.signature(change).parameters.values())[1:]
    return {parameter.name: parameter.default is inspect.Parameter.empty for parameter in parameters}


def _check_names(asked: dict[str, object], change: Callable[..., object], name: str) -> None:
    parameters = _parameters(change)
    missing = [parameter for parameter, needed in parameters.items() if needed and parameter not in asked]
    unknown = sorted(set(asked) - set(parameters))
    if missing or unknown:
        raise ValueError(f"{name} takes {', '.join(parameters)}; missing: {missing}, unknown: {unknown}")


def _check_values(asked: dict[str, object], change: Callable[..., object]) -> None:
    annotations = {name: str(parameter.annotation) for name, parameter in inspect.signature(change).parameters.items()}
    for name, value in asked.items():
        wanted = int if annotations[name] in {"int", "int | None", "bool"} else str
        if not isinstance(value, wanted):
            needed = "a number" if wanted is int else "text"
            raise ValueError(f"{name} must be {needed}, not {value!r}")  # noqa: TRY004 - every wrong body alike
