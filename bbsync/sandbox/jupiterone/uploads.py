"""An upload request: everything in it is as it must be, or none of it is taken."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from attrs import frozen

from bbsync.sandbox.jupiterone.answers import Document, Json, bad_request
from bbsync.sandbox.jupiterone.behaviour import Behaviour
from bbsync.sandbox.jupiterone.bodies import read_upload
from bbsync.sandbox.jupiterone.validation import check_entities, check_relationships, refuse_duplicates

#: The endpoints that take uploads: either kind by itself, or both together.
ENDPOINTS = ("entities", "relationships", "upload")


@frozen
class Upload:
    """One accepted upload request. A repeated correlation id is the same batch sent again."""

    entities: Sequence[Document] = ()
    relationships: Sequence[Document] = ()
    deleted_entities: Sequence[Document] = ()
    deleted_relationships: Sequence[Document] = ()
    correlation_id: str | None = None
    received_bytes: int = 0
    ignore_duplicates: bool = False

    def __len__(self) -> int:
        return len(self.entities) + len(self.relationships)

    @property
    def keys(self) -> set[str]:
        """The keys of everything in it; entities and relationships share them."""
        return {document["_key"] for document in (*self.entities, *self.relationships) if "_key" in document}


def check_upload(request: httpx.Request, endpoint: str, mode: str, behaviour: Behaviour) -> Upload:
    """The objects of an upload request, or a refusal that says what is wrong with them."""
    body = read_upload(request, behaviour.size_limit, count_inflated=behaviour.count_inflated)
    flags = {name for name, value in request.url.params.items() if value == "true"}
    patch = mode == "PATCH"
    entities, relationships = (_member(body, name, endpoint) for name in ("entities", "relationships"))
    if patch and (relationships or endpoint == "relationships"):
        raise bad_request("RELATIONSHIP_UPLOAD_FAILED_VALIDATION", "A PATCH job takes no relationships")
    ignore_illegal = "ignoreIllegalProperties" in flags
    upload = Upload(
        entities=check_entities(entities, patch=patch, ignore_illegal=ignore_illegal),
        relationships=check_relationships(relationships, ignore_illegal=ignore_illegal),
        deleted_entities=_delete_list(body, "deleteEntities", behaviour),
        deleted_relationships=_delete_list(body, "deleteRelationships", behaviour),
        correlation_id=request.headers.get("JupiterOne-Correlation-Id"),
        received_bytes=len(request.content),
        ignore_duplicates=behaviour.ignore_duplicates or "ignoreDuplicates" in flags,
    )
    if not upload.ignore_duplicates:
        refuse_duplicates(upload.entities, "ENTITY_UPLOAD_FAILED_VALIDATION")
        refuse_duplicates(upload.relationships, "RELATIONSHIP_UPLOAD_FAILED_VALIDATION")
    return upload


def _member(body: Document, name: str, endpoint: str) -> Json:
    if endpoint == name:
        return body.get(name)
    return body.get(name, []) if endpoint == "upload" else []


def _delete_list(body: Document, name: str, behaviour: Behaviour) -> list[Document]:
    wanted = body.get(name, [])
    if wanted and not behaviour.legacy_pipeline:
        raise bad_request("BAD_REQUEST", f'"{name}" is not supported; only a DIFF job deletes')
    return list(wanted)
