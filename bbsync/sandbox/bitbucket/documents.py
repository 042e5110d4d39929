"""Documents of workspaces, their people, groups and projects, with the links that Bitbucket puts into them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from bbsync.sandbox.bitbucket.world import (
    Account,
    Group,
    Membership,
    Moment,
    Project,
    Workspace,
)

Document = dict[str, Any]

WEB = "https://bitbucket.org"


def moment(at: Moment | None) -> str | None:
    """A time as Bitbucket writes it: microseconds and an offset."""
    return None if at is None else at.isoformat(timespec="microseconds")


def href(address: str) -> dict[str, str]:
    return {"href": address}


def account(someone: Account | None, api: str) -> Document | None:
    """An account; a closed one is a display name and nothing else."""
    if someone is None:
        return None
    if someone.uuid is None:
        return {"display_name": someone.display_name, "type": someone.type}
    return {
        "display_name": someone.display_name,
        "links": {
            "self": href(f"{api}/2.0/users/{quote(someone.uuid)}"),
            "avatar": href(f"{WEB}/account/{quote(someone.uuid)}/avatar/"),
            "html": href(f"{WEB}/{quote(someone.uuid)}/"),
        },
        "type": someone.type,
        "uuid": someone.uuid,
        **_names(someone),
    }


def _names(someone: Account) -> Document:
    if someone.type == "team":
        return {"username": someone.nickname}
    return {"account_id": someone.account_id, "nickname": someone.nickname}


def owner(workspace: Workspace, api: str) -> Document:
    """A workspace in the clothes of an account."""
    return {
        "display_name": workspace.name,
        "links": {
            "self": href(f"{api}/2.0/workspaces/{quote(workspace.uuid)}"),
            "avatar": href(f"{WEB}/account/{workspace.slug}/avatar/"),
            "html": href(f"{WEB}/{quote(workspace.uuid)}/"),
        },
        "type": "team",
        "uuid": workspace.uuid,
        "username": workspace.slug,
    }


def workspace_short(workspace: Workspace, api: str) -> Document:
    return {
        "type": "workspace",
        "uuid": workspace.uuid,
        "name": workspace.name,
        "slug": workspace.slug,
        "links": {
            "avatar": href(f"{WEB}/workspaces/{workspace.slug}/avatar/"),
            "html": href(f"{WEB}/{workspace.slug}/"),
            "self": href(f"{api}/2.0/workspaces/{workspace.slug}"),
        },
    }


def workspace_access(workspace: Workspace, api: str, *, administrator: bool) -> Document:
    """A workspace as the list of one's own shows it."""
    return {
        "type": "workspace_access",
        "administrator": administrator,
        "workspace": workspace_base(workspace, api),
    }


def workspace_base(workspace: Workspace, api: str) -> Document:
    """A workspace as little as it is ever shown."""
    short = workspace_short(workspace, api)
    return {**short, "type": "workspace_base"}


def workspace_whole(workspace: Workspace, api: str) -> Document:
    short = workspace_short(workspace, api)
    home = f"{api}/2.0/workspaces/{workspace.slug}"
    more = {
        "hooks": href(f"{home}/hooks"),
        "html_overview": href(f"{WEB}/{workspace.slug}/workspace/overview/"),
        "members": href(f"{home}/members"),
        "owners": href(f"{home}/members?q=permission%3D%22owner%22"),
        "projects": href(f"{home}/projects"),
        "repositories": href(f"{api}/2.0/repositories/{workspace.slug}"),
        "snippets": href(f"{api}/2.0/snippets/{workspace.slug}"),
    }
    return {
        **short,
        "is_private": workspace.is_private,
        "links": {**short["links"], **more},
        "created_on": moment(workspace.created_on),
        "updated_on": moment(workspace.updated_on),
    }


def membership(workspace: Workspace, member: Membership, api: str) -> Document:
    """A member as the list of members shows it: without a role."""
    address = quote(member.account.uuid or "")
    return {
        "type": "workspace_membership",
        "user": account(member.account, api),
        "workspace": workspace_short(workspace, api),
        "links": {"self": href(f"{api}/2.0/workspaces/{workspace.slug}/members/{address}")},
    }


def member_permission(workspace: Workspace, member: Membership, api: str) -> Document:
    """A member as the list of permissions shows it: with a role."""
    return {**membership(workspace, member, api), "permission": member.permission}


def project_short(workspace: Workspace, project: Project, api: str) -> Document:
    html = f"{WEB}/{workspace.slug}/workspace/projects/{project.key}"
    return {
        "type": "project",
        "key": project.key,
        "uuid": project.uuid,
        "name": project.name,
        "links": {
            "self": href(f"{api}/2.0/workspaces/{workspace.slug}/projects/{project.key}"),
            "html": href(html),
            "avatar": href(f"{html}/avatar/32"),
        },
    }


def project_whole(workspace: Workspace, project: Project, api: str) -> Document:
    short = project_short(workspace, project, api)
    # The quotes in this link are as Bitbucket sends them: not escaped.
    repositories = f'{api}/2.0/repositories/{workspace.slug}?q=project.key="{project.key}"'
    return {
        **short,
        "owner": owner(workspace, api),
        "workspace": workspace_short(workspace, api),
        "is_private": project.is_private,
        "description": project.description,
        "links": {**short["links"], "repositories": href(repositories)},
        "created_on": moment(project.created_on),
        "updated_on": moment(project.updated_on),
        "has_publicly_visible_repos": False,
    }


def group(workspace: Workspace, some: Group, api: str) -> Document:
    """A group as API 2.0 names it in permissions and restrictions."""
    return {
        "type": "group",
        "owner": owner(workspace, api),
        "workspace": workspace_short(workspace, api),
        "slug": some.slug,
        "full_slug": f"{workspace.slug}:{some.slug}",
        "name": some.name,
        "default_permission": some.permission,
        "email_forwarding_disabled": None,
        "links": {
            "self": href(f"{api}/1.0/groups/{workspace.slug}/{some.slug}"),
            "html": href(f"{WEB}/{workspace.slug}/workspace/settings/groups/{some.slug}"),
        },
        "account_privilege": None,
    }


def group_of_old(workspace: Workspace, some: Group) -> Document:
    """A group as API 1.0 lists it, members and all."""
    return {
        "auto_add": some.auto_add,
        "email_forwarding_disabled": None,
        "name": some.name,
        "owner": {
            "avatar": f"{WEB}/account/{workspace.slug}/avatar/",
            "resource_uri": f"/!api/1.0/users/{quote(workspace.uuid)}",
            "uuid": workspace.uuid,
            "display_name": workspace.name,
            "account_id": None,
            "nickname": workspace.slug,
            "is_team": True,
        },
        "permission": some.permission,
        "slug": some.slug,
        "members": [_member_of_old(member) for member in some.members],
    }


def _member_of_old(member: Account) -> Document:
    if member.uuid is None:
        return {"is_active": False, "is_team": False, "display_name": member.display_name}
    return {
        "is_staff": False,
        "is_active": member.active,
        "is_team": member.type == "team",
        "display_name": member.display_name,
        "account_id": member.account_id,
        "uuid": member.uuid,
        "avatar": f"{WEB}/account/{quote(member.uuid)}/avatar/",
        "nickname": member.nickname,
        "resource_uri": f"/api/1.0/users/{quote(member.uuid)}",
    }
