"""A workspace: what everything else belongs to."""

from __future__ import annotations

from attrs import frozen

from bbsync.graph import Properties
from bbsync.kinds._accounts import Links, web_link
from bbsync.kinds._kind import Confirm, EntityType, Kind, Paging, Place, Request, known, milliseconds


@frozen
class Workspace:
    """`GET /2.0/workspaces/{workspace}`; `updated_on` is documented but not always sent."""

    uuid: str
    slug: str
    name: str
    is_private: bool
    created_on: str | None = None
    updated_on: str | None = None
    links: Links | None = None


def properties(workspace: Workspace, _place: Place) -> Properties:
    """The graph's properties of a workspace."""
    return known(
        {
            "id": workspace.uuid,
            "name": workspace.name,
            "displayName": workspace.name,
            "slug": workspace.slug,
            "isPrivate": workspace.is_private,
            "vendor": "Atlassian",
            "webLink": web_link(workspace.links),
            "createdOn": milliseconds(workspace.created_on),
            "updatedOn": milliseconds(workspace.updated_on),
        }
    )


KIND = Kind(
    name="workspace",
    plural="workspaces",
    item=Workspace,
    parent=None,
    requests=(Request("/2.0/workspaces/{workspace}", paging=Paging.SINGLE),),
    entity=EntityType("bitbucket_workspace", ("Account",)),
    key=lambda workspace, _place: workspace.uuid,
    properties=properties,
    label=lambda found: str(found["slug"]),
    confirm=Confirm.ASK,
    address="/2.0/workspaces/{address}",
    moved_by=("slug",),
    rank=0,
)
