"""Find the workspaces of a run: by the name they are configured with, or by uuid if that name is no more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from bbsync.bitbucket.answers import MISSING, Unreadable, content_of, server_time
from bbsync.bitbucket.findings import Findings
from bbsync.bitbucket.items import structure
from bbsync.bitbucket.listing import Reader
from bbsync.coverage import Extent, Gap, Listing, Read
from bbsync.errors import BitbucketError
from bbsync.graph import Entity
from bbsync.kinds import AnyKind, Place
from bbsync.observation import Proof

#: Above the workspaces there is nothing.
NOWHERE = Place(Entity("", "", (), {}), Entity("", "", (), {}))


def find_workspaces(
    reader: Reader, kind: AnyKind, names: Iterable[str], held: Iterable[Entity], found: Findings
) -> dict[str, Any]:
    """The workspaces that exist, by key; `found` learns of those that are gone or could not be read.

    Args:
        reader: asks Bitbucket.
        kind: the kind at the top.
        names: slugs or uuids.
        held: the workspaces of the snapshot.
        found: what the run has found so far.

    Raises:
        BitbucketError: there is no workspace of that name, and never was one in the graph.
    """
    items: dict[str, Any] = {}
    asked_at: int | None = None
    for name in dict.fromkeys(names):
        known = next((one for one in held if _is_called(one, name)), None)
        if known:
            found.workspaces.add(known.key)
        try:
            key, item, asked_at = _find(reader, kind, name, known)
        except Unreadable as failure:
            _lose(kind, name, known, failure, found)
        else:
            items[key] = item  # one may be named twice
            found.workspaces.add(key)
    found.read[Listing(kind.name)] = Read(Extent.COMPLETE, len(items), len(items), watermark=asked_at)
    return items


def _find(reader: Reader, kind: AnyKind, name: str, known: Entity | None) -> tuple[str, Any, int | None]:
    try:
        return _read(reader, kind, name)
    except Unreadable as failure:
        if failure.status in MISSING and known is not None:
            return _read(reader, kind, known.key)  # it may only have been renamed
        raise


def _read(reader: Reader, kind: AnyKind, address: str) -> tuple[str, Any, int | None]:
    """The workspace's key, itself, and Bitbucket's time."""
    response = reader.get(kind.requests[0].path.format(workspace=quote(address, safe="")))
    content = content_of(response)
    item = structure(content, kind.item)
    key = kind.key(item, NOWHERE)
    if not key:
        raise Unreadable("BB-FETCH-SCHEMA", "it is not as documented: its identity is empty")
    reader.keep(kind.entity.type, key, content)
    return key, item, server_time(response)


def _lose(kind: AnyKind, name: str, known: Entity | None, failure: Unreadable, found: Findings) -> None:
    listing = Listing(kind.name)
    if failure.status not in MISSING:
        detail = f"workspace {name}: {failure.detail}"
        found.miss([Gap(listing, failure.code, detail, item=known.key if known else "")])
    elif known:
        found.gone[(listing, known.key)] = Proof(listing, 0, 1, failure.status)
    else:
        raise BitbucketError(
            f"there is no workspace {name!r}, or the consumers may not see it",
            why=f"Bitbucket answered {failure.status}.",
            next_step="Write the workspace as in its address (bitbucket.org/<workspace>), and make the OAuth consumers"
            " in that workspace.",
            code="BB-WORKSPACE",
        )


def _is_called(workspace: Entity, name: str) -> bool:
    return name == workspace.key or name.lower() == str(workspace.properties.get("slug", "")).lower()
