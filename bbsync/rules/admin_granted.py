"""Somebody may administer what they could not before: a repository, or the whole workspace."""

from __future__ import annotations

from bbsync.graph import Properties
from bbsync.rules._rule import AnyChange, Rule, Surroundings, newly


def _is_admin(properties: Properties) -> bool:
    return properties.get("permission") == "admin"


def _is_owner(properties: Properties) -> bool:
    return properties.get("workspaceRole") == "owner"


def _permission(change: AnyChange, _around: Surroundings) -> str | None:
    return _was(change, "permission") if newly(change, _is_admin) else None


def _user(change: AnyChange, _around: Surroundings) -> str | None:
    return f"owner of the workspace; {_was(change, 'workspaceRole')}" if newly(change, _is_owner) else None


def _was(change: AnyChange, name: str) -> str:
    return "new" if change.before is None else f"was {change.before.properties.get(name) or 'unknown'}"


RULE = Rule(
    name="admin_granted",
    title="admin granted",
    sentence="A user or group gets admin on a repository, or a user becomes owner of the workspace.",
    looks={"bitbucket_permission": _permission, "bitbucket_user": _user},
)
