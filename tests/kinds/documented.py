"""Documented-looking answers of Bitbucket, and what the kinds make of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import evolve, frozen

from bbsync.bitbucket.items import structure
from bbsync.graph import Entity, Relationship
from bbsync.kinds import KINDS, AnyKind, Detail, Paging, Place, Request

ANSWERS = Path(__file__).parents[2] / "fixtures" / "bitbucket"

WORKSPACE = "{5c1f7a0e-2b64-4d0b-9f55-0d6f3a7c1e01}"
IRIS = "{91d0c5f2-7e3a-4c27-8a11-6b2f0e4d7a10}"
OTTO = "{91d0c5f2-7e3a-4c27-8a11-6b2f0e4d7a11}"
ROBOT = "{91d0c5f2-7e3a-4c27-8a11-6b2f0e4d7a12}"
STRANGER = "{91d0c5f2-7e3a-4c27-8a11-6b2f0e4d7a19}"
REPOSITORY = "{c7b1e9d4-30a2-4f6e-b8d3-4e5a6f708192}"
MEMBERS = frozenset({IRIS, OTTO, ROBOT})

WORKSPACE_ENTITY = Entity(WORKSPACE, "bitbucket_workspace", ("Account",), {"slug": "lantern-works"})
REPOSITORY_ENTITY = Entity(
    REPOSITORY, "bitbucket_repo", ("CodeRepo",), {"fullName": "lantern-works/beacon", "slug": "beacon"}
)


@frozen
class Made:
    """What a kind makes of one item."""

    key: str | None
    properties: dict[str, Any]
    ties: tuple[Relationship, ...]


def answers(kind: str) -> dict[str, Any]:
    """Bitbucket's answers to what the kind asks for, by path."""
    held: dict[str, Any] = json.loads((ANSWERS / f"{kind}.json").read_text())
    return held


def place_of(kind: AnyKind) -> Place:
    """Where items of the kind are found: in the repository, or in the workspace."""
    parent = REPOSITORY_ENTITY if kind.parent == "repository" else WORKSPACE_ENTITY
    return Place(WORKSPACE_ENTITY, parent, neighbours={"user": MEMBERS}, enriched=True)


def raw_items(kind: AnyKind) -> Iterator[dict[str, Any]]:
    """Every item of the kind's listings, as JSON."""
    for request in kind.requests:
        yield from _values(answers(kind.name)[path(request)], request.paging)


def made(kind: AnyKind, raw: dict[str, Any], place: Place | None = None) -> Made:
    """What the kind makes of one item, its details read where it asks for them."""
    item = structure(raw, kind.item)
    here = place or place_of(kind)
    if not here.details:
        here = evolve(here, details={one.name: _detail(kind, one) for one in kind.details(item, here)})
    key = kind.key(item, here)
    if key is None:
        return Made(None, {}, ())
    return Made(key, dict(kind.properties(item, here)), tuple(kind.links(item, here)))


def documented(kind: str, number: int = 0, **changes: Any) -> Made:
    """What the kind makes of one of its documented items, with some fields changed."""
    declared = KINDS.by_name[kind]
    raw = list(raw_items(declared))[number]
    return made(declared, {**raw, **changes})


def path(request: Request | Detail) -> str:
    """The path that is asked for in the documented workspace and repository."""
    return request.path.format(
        workspace="lantern-works",
        workspace_id=quote(WORKSPACE, safe=""),
        repository_id=quote(REPOSITORY, safe=""),
    )


def _detail(kind: AnyKind, detail: Detail) -> tuple[Any, ...] | None:
    held = answers(kind.name).get(path(detail))
    return None if held is None else tuple(structure(raw, detail.item) for raw in _values(held, detail.paging))


def _values(answer: Any, paging: Paging) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = {
        Paging.PAGES: lambda: answer["values"],
        Paging.ARRAY: lambda: answer,
        Paging.SINGLE: lambda: [answer],
    }[paging]()
    return found
