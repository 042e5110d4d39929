"""What can change about a workspace, its people and its groups."""

from __future__ import annotations

from typing import Literal

from bbsync.sandbox.bitbucket.ids import account_id_of, uuid_of
from bbsync.sandbox.bitbucket.world import Account, Group, Membership, NotThere, World

Role = Literal["owner", "member"]


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


CHANGES = (
    rename_workspace,
    add_member,
    remove_member,
    rename_member,
    set_role,
    add_group,
    remove_group,
    add_group_member,
    remove_group_member,
)
