"""Documents of repositories, and of who may do what in them."""

from __future__ import annotations

from urllib.parse import quote

from bbsync.sandbox.bitbucket.documents import (
    WEB,
    Document,
    account,
    group,
    href,
    moment,
    owner,
    project_short,
    workspace_short,
)
from bbsync.sandbox.bitbucket.effective import Effective
from bbsync.sandbox.bitbucket.world import Grant, Group, Repository, Restriction


def repository_short(repository: Repository | None, api: str) -> Document | None:
    if repository is None:
        return None
    return {
        "type": "repository",
        "full_name": repository.full_name,
        "links": {
            "self": href(f"{api}/2.0/repositories/{quote(repository.full_name)}"),
            "html": href(f"{WEB}/{quote(repository.full_name)}"),
            "avatar": href(f"https://bytebucket.org/ravatar/{quote(repository.uuid)}?ts=default"),
        },
        "name": repository.name,
        "uuid": repository.uuid,
    }


def repository_whole(repository: Repository, api: str) -> Document:
    whole = {
        **_described(repository),
        "owner": owner(repository.workspace, api),
        "workspace": workspace_short(repository.workspace, api),
        "project": _project_of(repository, api),
        "parent": repository_short(repository.parent, api),
        "links": _repository_links(repository, api),
    }
    return {name: value for name, value in whole.items() if name not in repository.omitted}


def _described(repository: Repository) -> Document:
    branch = repository.mainbranch
    return {
        "type": "repository",
        "full_name": repository.full_name,
        "name": repository.name,
        "slug": repository.slug,
        "description": repository.description,
        "scm": "git",
        "website": None,
        "is_private": repository.is_private,
        "fork_policy": repository.fork_policy,
        "created_on": moment(repository.created_on),
        "updated_on": moment(repository.updated_on),
        "size": repository.size,
        "language": repository.language,
        "uuid": repository.uuid,
        "mainbranch": None if branch is None else {"type": "branch", "name": branch},
        "override_settings": {"default_merge_strategy": True, "branching_model": True},
        "enforced_signed_commits": None,
        "has_issues": False,
        "has_wiki": False,
    }


def _project_of(repository: Repository, api: str) -> Document | None:
    if repository.project is None:
        return None
    return project_short(repository.workspace, repository.project, api)


def _repository_links(repository: Repository, api: str) -> Document:
    path = quote(repository.full_name)
    home = f"{api}/2.0/repositories/{path}"
    below = ("pullrequests", "commits", "forks", "watchers", "downloads", "hooks")
    return {
        "self": href(home),
        "html": href(f"{WEB}/{path}"),
        "avatar": href(f"https://bytebucket.org/ravatar/{quote(repository.uuid)}?ts=default"),
        **{name: href(f"{home}/{name}") for name in below},
        "branches": href(f"{home}/refs/branches"),
        "tags": href(f"{home}/refs/tags"),
        "source": href(f"{home}/src"),
        "clone": [
            {"name": "https", "href": f"https://{repository.workspace.slug}@bitbucket.org/{path}.git"},
            {"name": "ssh", "href": f"git@bitbucket.org:{path}.git"},
        ],
    }


def grant(repository: Repository, given: Grant, api: str) -> Document:
    """An explicit permission of a user or a group."""
    home = f"{api}/2.0/repositories/{quote(repository.full_name)}/permissions-config"
    if isinstance(given.holder, Group):
        return {
            "type": "repository_group_permission",
            "permission": given.permission,
            "group": group(repository.workspace, given.holder, api),
            "links": {"self": href(f"{home}/groups/{given.holder.slug}")},
        }
    return {
        "type": "repository_user_permission",
        "permission": given.permission,
        "user": account(given.holder, api),
        "links": {"self": href(f"{home}/users/{given.holder.account_id}")},
    }


def effective_permission(effective: Effective, api: str) -> Document:
    """What somebody may do in a repository, wherever that comes from."""
    return {
        "type": "repository_permission",
        "permission": effective.permission,
        "user": account(effective.account, api),
        "repository": repository_short(effective.repository, api),
    }


def restriction(repository: Repository, rule: Restriction, api: str) -> Document:
    home = f"{api}/2.0/repositories/{quote(repository.full_name)}"
    whole: Document = {
        "type": "branchrestriction",
        "id": rule.id,
        "kind": rule.kind,
        "value": rule.value,
        "branch_match_kind": rule.branch_match_kind,
        "pattern": rule.pattern,
        "links": {"self": href(f"{home}/branch-restrictions/{rule.id}")},
    }
    if rule.branch_type is not None:
        whole["branch_type"] = rule.branch_type
    if rule.users is not None:
        whole["users"] = [account(user, api) for user in rule.users]
    if rule.groups is not None:
        whole["groups"] = [group(repository.workspace, some, api) for some in rule.groups]
    return whole
