"""A repository. It belongs to its workspace; the project it lies in may be hidden, or missing."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from bbsync.graph import Properties, Relationship
from bbsync.kinds._accounts import Account, Branch, Links, Reference, called, web_link
from bbsync.kinds._kind import (
    Confirm,
    EntityType,
    Kind,
    Place,
    RelationshipType,
    Request,
    known,
    milliseconds,
    optional,
)


@frozen
class Repository:
    """A row of `GET /2.0/repositories/{workspace}`."""

    uuid: str
    slug: str
    name: str
    full_name: str
    is_private: bool
    description: str | None = None
    language: str | None = None
    fork_policy: str | None = None
    size: int | None = None
    created_on: str | None = None
    updated_on: str | None = None
    mainbranch: Branch | None = None
    parent: Reference | None = None
    project: Reference | None = None
    owner: Account | None = None
    links: Links | None = None


IN_PROJECT = RelationshipType("bitbucket_project", "HAS", "bitbucket_repo")


def properties(repository: Repository, place: Place) -> Properties:
    """The graph's properties of a repository."""
    owner = repository.owner
    return known(
        {
            "name": repository.name,
            "displayName": repository.name,
            "slug": repository.slug,
            "fullName": repository.full_name.lower(),
            "description": repository.description,
            "public": not repository.is_private,
            "owner": (owner and owner.username) or called(owner) or place.workspace.properties["slug"],
            "ownerId": (owner and owner.uuid) or place.workspace.key,
            "projectId": optional(repository.project, "uuid"),
            "mainBranch": optional(repository.mainbranch, "name"),
            "language": repository.language or None,
            "sizeInBytes": repository.size,
            "forkPolicy": repository.fork_policy,
            "isFork": repository.parent is not None,
            "parentId": optional(repository.parent, "uuid"),
            "webLink": web_link(repository.links),
            "createdOn": milliseconds(repository.created_on),
            "updatedOn": milliseconds(repository.updated_on),
        }
    )


def links(repository: Repository, _place: Place) -> Iterable[Relationship]:
    """The project it lies in."""
    if repository.project and repository.project.uuid:
        yield IN_PROJECT.between(repository.project.uuid, repository.uuid)


KIND = Kind(
    name="repository",
    plural="repositories",
    item=Repository,
    parent="workspace",
    requests=(Request("/2.0/repositories/{workspace_id}", page_length=100),),
    entity=EntityType("bitbucket_repo", ("CodeRepo",)),
    key=lambda repository, _place: repository.uuid,
    properties=properties,
    label=lambda found: str(found["fullName"]),
    belongs=RelationshipType("bitbucket_workspace", "OWNS", "bitbucket_repo"),
    links=links,
    link_types=(IN_PROJECT,),
    lies_in=IN_PROJECT,
    scopes=("repository",),
    confirm=Confirm.ASK,
    address="/2.0/repositories/{workspace_id}/{address}",
    never_empty=True,
    moved_by=("fullName",),
    rank=40,
)
