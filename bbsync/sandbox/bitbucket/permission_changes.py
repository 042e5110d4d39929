"""What can change about who may do what in a repository."""

from __future__ import annotations

from bbsync.sandbox.bitbucket.world import Grant, Group, NotThere, Restriction, World


def grant_permission(
    world: World, workspace: str, repository: str, permission: str, user: str | None = None, group: str | None = None
) -> None:
    """Give a user or a group a permission, in place of the one they had."""
    place = world.workspace(workspace)
    granted = place.repository(repository)
    holder = place.group(group) if group else place.membership(user or "").account
    for grant in granted.grants:
        if grant.holder is holder:
            grant.permission = permission
            return
    granted.grants.append(Grant(holder, permission))


def revoke_permission(
    world: World, workspace: str, repository: str, user: str | None = None, group: str | None = None
) -> None:
    """Take a user's or a group's permission away."""
    revoked = world.workspace(workspace).repository(repository)
    for grant in revoked.grants:
        if _is_held_by(grant, user, group):
            revoked.grants.remove(grant)
            return
    raise NotThere(f"permission of {user or group} on {revoked.full_name}")


def _is_held_by(grant: Grant, user: str | None, group: str | None) -> bool:
    if isinstance(grant.holder, Group):
        return grant.holder.slug == group
    return user is not None and grant.holder.answers_to(user)


def add_restriction(
    world: World, workspace: str, repository: str, kind: str, pattern: str = "main", value: int | None = None
) -> Restriction:
    restricted = world.workspace(workspace).repository(repository)
    number = max(restricted.restrictions, default=1000) + 1
    restricted.restrictions[number] = Restriction(number, kind, pattern, value=value)
    return restricted.restrictions[number]


def remove_restriction(world: World, workspace: str, repository: str, restriction: int) -> None:
    freed = world.workspace(workspace).repository(repository)
    if freed.restrictions.pop(restriction, None) is None:
        raise NotThere(f"branch restriction {restriction} of {freed.full_name}")


CHANGES = (
    grant_permission,
    revoke_permission,
    add_restriction,
    remove_restriction,
)
