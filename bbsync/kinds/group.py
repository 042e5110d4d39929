"""A group of users. Groups exist in API 1.0 only, have a slug but no uuid, and come with their members."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen
from attrs.validators import min_len

from bbsync.graph import Properties, Relationship
from bbsync.kinds._kind import (
    Confirm,
    EntityType,
    Kind,
    Paging,
    Place,
    RelationshipType,
    Request,
    Subject,
    known,
)


@frozen
class GroupAccount:
    """An account as API 1.0 spells it."""

    uuid: str | None = None
    is_team: bool | None = None


@frozen
class Group:
    """A row of `GET /1.0/groups/{workspace}`. Nothing but the slug tells groups apart, so an empty one names none."""

    slug: str = field(validator=min_len(1))
    name: str
    members: tuple[GroupAccount, ...]
    auto_add: bool | None = None
    permission: str | None = None
    owner: GroupAccount | None = None


HAS_USER = RelationshipType("bitbucket_group", "HAS", "bitbucket_user", subject=Subject.SOURCE)
OWNED_BY_USER = RelationshipType("bitbucket_user", "OWNS", "bitbucket_group")


def key(group: Group, place: Place) -> str:
    """The slug is unique within its workspace only, so the workspace is part of the key."""
    return f"{place.workspace.key}/groups/{group.slug}"


def properties(group: Group, place: Place) -> Properties:
    """The graph's properties of a group."""
    return known(
        {
            "name": group.name,
            "displayName": group.name,
            "slug": group.slug,
            "permission": group.permission,
            "autoAdd": group.auto_add,
            "memberCount": len(group.members),
            "ownerId": place.workspace.key,
        }
    )


def links(group: Group, place: Place) -> Iterable[Relationship]:
    """Its members; and its owner, where that is a person and not the workspace."""
    for member in group.members:
        if member.uuid:
            yield HAS_USER.between(key(group, place), member.uuid)
    if group.owner and group.owner.uuid and not group.owner.is_team:
        yield OWNED_BY_USER.between(group.owner.uuid, key(group, place))


KIND = Kind(
    name="group",
    plural="groups",
    item=Group,
    parent="workspace",
    requests=(Request("/1.0/groups/{workspace}", paging=Paging.ARRAY),),
    entity=EntityType("bitbucket_group", ("UserGroup",)),
    key=key,
    properties=properties,
    label=lambda found: str(found["slug"]),
    belongs=RelationshipType("bitbucket_workspace", "HAS", "bitbucket_group"),
    links=links,
    link_types=(HAS_USER, OWNED_BY_USER),
    scopes=("account",),
    confirm=Confirm.READ_AGAIN,
    rank=20,
)
