"""A project: a drawer of a workspace that repositories lie in."""

from __future__ import annotations

from attrs import frozen

from bbsync.graph import Properties
from bbsync.kinds._accounts import Links, web_link
from bbsync.kinds._kind import (
    Confirm,
    EntityType,
    Kind,
    Place,
    RelationshipType,
    Request,
    known,
    milliseconds,
)


@frozen
class Project:
    """A row of `GET /2.0/workspaces/{workspace}/projects`."""

    uuid: str
    key: str
    name: str
    is_private: bool
    description: str | None = None
    created_on: str | None = None
    updated_on: str | None = None
    links: Links | None = None


def properties(project: Project, place: Place) -> Properties:
    """The graph's properties of a project; a missing description is an empty one."""
    return known(
        {
            "key": project.key,
            "name": project.name,
            "displayName": project.name,
            "description": project.description or "",
            "public": not project.is_private,
            "workspace": place.workspace.properties["slug"],
            "ownerId": place.workspace.key,
            "webLink": web_link(project.links),
            "createdOn": milliseconds(project.created_on),
            "updatedOn": milliseconds(project.updated_on),
        }
    )


KIND = Kind(
    name="project",
    plural="projects",
    item=Project,
    parent="workspace",
    requests=(Request("/2.0/workspaces/{workspace}/projects", page_length=100),),
    entity=EntityType("bitbucket_project", ("Project",)),
    key=lambda project, _place: project.uuid,
    properties=properties,
    label=lambda found: str(found["key"]),
    belongs=RelationshipType("bitbucket_workspace", "OWNS", "bitbucket_project"),
    scopes=("project",),
    confirm=Confirm.ASK,
    address="/2.0/workspaces/{workspace}/projects/{address}",
    located=lambda entity: str(entity.properties.get("key", entity.key)),
    never_empty=True,
    moved_by=("key",),
    rank=10,
)
