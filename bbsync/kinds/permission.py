"""A permission: what one user or group was granted explicitly on one repository."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from bbsync.graph import Properties, Relationship
from bbsync.kinds._accounts import Account, NamedGroup, called, group_key, uuid_of
from bbsync.kinds._kind import EntityType, Kind, Place, RelationshipType, Request, known


@frozen
class Permission:
    """A row of `…/permissions-config/users` or `…/permissions-config/groups`: one of the two is there."""

    permission: str
    user: Account | None = None
    group: NamedGroup | None = None

    def __attrs_post_init__(self) -> None:
        if self.user is None and self.group is None:  # a closed account is still an account
            raise ValueError("it names neither a user nor a group")


USER_HAS = RelationshipType("bitbucket_user", "HAS", "bitbucket_permission")
GROUP_HAS = RelationshipType("bitbucket_group", "HAS", "bitbucket_permission")


def principal_key(permission: Permission, place: Place) -> str | None:
    """Key of the user or group; None for a closed account."""
    if permission.group:
        return group_key(permission.group, place.workspace.key)
    return uuid_of(permission.user)


def key(permission: Permission, place: Place) -> str | None:
    """The level is not part of it, so that a changed level is an update."""
    principal = principal_key(permission, place)
    return f"{place.parent.key}/permissions/{principal}" if principal else None


def properties(permission: Permission, place: Place) -> Properties:
    """The graph's properties of a permission; its name says who and what."""
    group = permission.group
    principal = (group.name or group.slug) if group else called(permission.user) or uuid_of(permission.user)
    principal_type = "group" if group else "user"
    name = f"{principal_type} {principal}: {permission.permission}"
    return known(
        {
            "name": name,
            "displayName": name,
            "permission": permission.permission,
            "admin": permission.permission == "admin",
            "principalKey": principal_key(permission, place),
            "principalType": principal_type,
            "repoId": place.parent.key,
            "ownerId": place.workspace.key,
        }
    )


def links(permission: Permission, place: Place) -> Iterable[Relationship]:
    """The user or group that holds it."""
    principal, held = principal_key(permission, place), key(permission, place)
    if principal and held:
        yield (GROUP_HAS if permission.group else USER_HAS).between(principal, held)


KIND = Kind(
    name="permission",
    plural="permissions",
    item=Permission,
    parent="repository",
    requests=(
        Request("/2.0/repositories/{workspace_id}/{repository_id}/permissions-config/users", page_length=100),
        Request("/2.0/repositories/{workspace_id}/{repository_id}/permissions-config/groups", page_length=100),
    ),
    entity=EntityType("bitbucket_permission", ("AccessPolicy",)),
    key=key,
    properties=properties,
    label=lambda found: str(found["name"]),
    belongs=RelationshipType("bitbucket_repo", "ALLOWS", "bitbucket_permission"),
    links=links,
    link_types=(USER_HAS, GROUP_HAS),
    scopes=("repository:admin",),
    rank=60,
)
