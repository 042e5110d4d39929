"""Everything that can be changed in a world, by the names that people use: slugs, keys, nicknames, numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from bbsync.sandbox.bitbucket import pull_request_changes as reviews
from bbsync.sandbox.bitbucket.ids import account_id_of, hash_of, uuid_of
from bbsync.sandbox.bitbucket.world import (
    Account,
    Grant,
    Group,
    Membership,
    NotThere,
    Project,
    Repository,
    Restriction,
    Workspace,
    World,
)

Role = Literal["owner", "member"]


# --- workspaces and people


def rename_workspace(world: World, workspace: str, to: str) -> None:
    """Give a workspace another name; its slug stays."""
    place = world.workspace(workspace)
    place.name = to
    place.updated_on = world.moment()


def add_member(world: World, workspace: str, nickname: str, name: str = "", permission: Role = "member") -> Account:
    """Let a new person in."""
    newcomer = Account(
        display_name=name or nickname.title(),
        uuid=uuid_of(world.seed, "account", nickname),
        account_id=account_id_of(world.seed, "account", nickname),
        nickname=nickname,
    )
    world.workspace(workspace).members.append(Membership(newcomer, permission))
    return newcomer


def remove_member(world: World, workspace: str, member: str) -> None:
    """Take a person out of the workspace, its groups and its repositories; what they did stays."""
    place = world.workspace(workspace)
    leaving = place.membership(member)
    place.members.remove(leaving)
    for group in place.groups.values():
        group.members = [account for account in group.members if account is not leaving.account]
    for repository in place.repositories.values():
        repository.grants = [grant for grant in repository.grants if grant.holder is not leaving.account]


def rename_member(world: World, workspace: str, member: str, to: str) -> None:
    """Give a person another display name."""
    world.workspace(workspace).membership(member).account.display_name = to


def set_role(world: World, workspace: str, member: str, permission: Role) -> None:
    """Make a member an owner, or the reverse."""
    world.workspace(workspace).membership(member).permission = permission


# --- groups


def add_group(world: World, workspace: str, slug: str, name: str = "") -> Group:
    group = Group(slug, name or slug.title())
    world.workspace(workspace).groups[slug] = group
    return group


def remove_group(world: World, workspace: str, group: str) -> None:
    """Remove a group and what it was allowed."""
    place = world.workspace(workspace)
    leaving = place.group(group)
    del place.groups[group]
    for repository in place.repositories.values():
        repository.grants = [grant for grant in repository.grants if grant.holder is not leaving]
        for rule in repository.restrictions.values():
            rule.groups = None if rule.groups is None else [some for some in rule.groups if some is not leaving]


def add_group_member(world: World, workspace: str, group: str, member: str) -> None:
    place = world.workspace(workspace)
    place.group(group).members.append(place.membership(member).account)


def remove_group_member(world: World, workspace: str, group: str, member: str) -> None:
    place = world.workspace(workspace)
    leaving = _member_of(place.group(group), member)
    place.group(group).members.remove(leaving)


def _member_of(group: Group, member: str) -> Account:
    for account in group.members:
        if account.answers_to(member):
            return account
    raise NotThere(f"{member} in group {group.slug}")


# --- projects


def add_project(world: World, workspace: str, key: str, name: str = "") -> Project:
    now = world.moment()
    project = Project(uuid_of(world.seed, workspace, "project", key, now), key, name or key.title(), now, now)
    world.workspace(workspace).projects[key] = project
    return project


def rename_project(world: World, workspace: str, project: str, to: str) -> None:
    """Give a project another name; its key stays."""
    renamed = world.workspace(workspace).project(project)
    renamed.name = to
    renamed.updated_on = world.moment()


def remove_project(world: World, workspace: str, project: str) -> None:
    """Remove a project; its repositories go to the first one that is left."""
    place = world.workspace(workspace)
    leaving = place.project(project)
    heir = next((some for some in place.projects.values() if some is not leaving), None)
    if heir is None:
        raise ValueError(f"{project} is the only project of {place.slug}; add another first")
    del place.projects[project]
    for repository in place.repositories.values():
        if repository.project is leaving:
            repository.project = heir


# --- repositories


def add_repository(
    world: World, workspace: str, name: str, project: str | None = None, *, private: bool = True
) -> Repository:
    """Make an empty repository; its slug comes from its name."""
    place, now = world.workspace(workspace), world.moment()
    slug = slug_of(name)
    uuid = uuid_of(world.seed, place.uuid, "repository", slug, now)
    home = place.project(project) if project else next(iter(place.projects.values()), None)
    repository = Repository(uuid, slug, name, place, now, now, hash_of("root", uuid), home, is_private=private)
    place.add(repository)
    return repository


def slug_of(name: str) -> str:
    """The slug that Bitbucket makes of a name: lower case, and dashes for what an address cannot hold."""
    return "-".join(
        "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name).lower().split()
    )


def rename_repository(world: World, workspace: str, repository: str, to: str) -> None:
    """Give a repository another name and slug; the old slug leads to the new one."""
    _, renamed = _find(world, workspace, repository)
    _move(renamed, renamed.workspace, slug_of(to))
    renamed.name = to
    renamed.updated_on = world.moment()


def transfer_repository(world: World, workspace: str, repository: str, to: str) -> None:
    """Hand a repository to another workspace; its old address leads to the new one."""
    place, transferred = _find(world, workspace, repository)
    heir = world.workspace(to)
    _move(transferred, heir, transferred.slug)
    place.moved[transferred.uuid] = transferred
    transferred.project = next(iter(heir.projects.values()), None)
    transferred.grants, transferred.restrictions = [], {}
    transferred.updated_on = world.moment()


def _move(repository: Repository, heir: Workspace, slug: str) -> None:
    if heir.slugs.get(slug, repository) is not repository:
        raise ValueError(f"{heir.slug} already has a repository {slug}")
    place, old = repository.workspace, repository.slug
    place.slugs.pop(old)
    if heir is not place:
        del place.repositories[repository.uuid]
    repository.workspace, repository.slug = heir, slug
    heir.repositories[repository.uuid] = repository
    heir.slugs[slug] = repository
    place.moved[old] = repository
    heir.moved.pop(slug, None)


def delete_repository(world: World, workspace: str, repository: str) -> None:
    """Delete a repository; forks lose their parent, and pull requests from it their source."""
    place, deleted = _find(world, workspace, repository)
    place.drop(deleted)
    for other in world.workspaces:
        other.moved = {address: moved for address, moved in other.moved.items() if moved is not deleted}
        for left in other.repositories.values():
            _forget(left, deleted)


def _forget(left: Repository, deleted: Repository) -> None:
    if left.parent is deleted:
        left.parent = None
    for pull_request in left.pull_requests.values():
        if pull_request.source.repository is deleted:
            pull_request.source.repository = None
            pull_request.commits = pull_request.commits if pull_request.state == "MERGED" else None


def move_repository(world: World, workspace: str, repository: str, project: str) -> None:
    """Put a repository into another project."""
    place, moved = _find(world, workspace, repository)
    moved.project = place.project(project)
    moved.updated_on = world.moment()


def describe_repository(world: World, workspace: str, repository: str, description: str) -> None:
    _, described = _find(world, workspace, repository)
    described.description = description
    described.updated_on = world.moment()


def make_public(world: World, workspace: str, repository: str) -> None:
    _set_private(world, workspace, repository, private=False)


def make_private(world: World, workspace: str, repository: str) -> None:
    _set_private(world, workspace, repository, private=True)


def _set_private(world: World, workspace: str, repository: str, *, private: bool) -> None:
    _, exposed = _find(world, workspace, repository)
    exposed.is_private = private
    exposed.updated_on = world.moment()


def deny_repository(world: World, workspace: str, repository: str) -> None:
    """Leave a repository in the list, and answer 403 to everything below it."""
    _find(world, workspace, repository)[1].denied = True


def allow_repository(world: World, workspace: str, repository: str) -> None:
    """The reverse of `deny_repository`."""
    _find(world, workspace, repository)[1].denied = False


# --- permissions and branch restrictions


def grant_permission(
    world: World, workspace: str, repository: str, permission: str, user: str | None = None, group: str | None = None
) -> None:
    """Give a user or a group a permission, in place of the one they had."""
    place, granted = _find(world, workspace, repository)
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
    _, revoked = _find(world, workspace, repository)
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
    _, restricted = _find(world, workspace, repository)
    number = max(restricted.restrictions, default=1000) + 1
    restricted.restrictions[number] = Restriction(number, kind, pattern, value=value)
    return restricted.restrictions[number]


def remove_restriction(world: World, workspace: str, repository: str, restriction: int) -> None:
    _, freed = _find(world, workspace, repository)
    if freed.restrictions.pop(restriction, None) is None:
        raise NotThere(f"branch restriction {restriction} of {freed.full_name}")


def _find(world: World, workspace: str, repository: str) -> tuple[Workspace, Repository]:
    place = world.workspace(workspace)
    return place, place.repository(repository)


_OWN = (
    rename_workspace,
    add_member,
    remove_member,
    rename_member,
    set_role,
    add_group,
    remove_group,
    add_group_member,
    remove_group_member,
    add_project,
    rename_project,
    remove_project,
    add_repository,
    rename_repository,
    transfer_repository,
    delete_repository,
    move_repository,
    describe_repository,
    make_public,
    make_private,
    deny_repository,
    allow_repository,
    grant_permission,
    revoke_permission,
    add_restriction,
    remove_restriction,
)

#: Every change by its name, pull requests included.
CHANGES: Mapping[str, Callable[..., object]] = {change.__name__: change for change in (*_OWN, *reviews.CHANGES)}
