"""What may be asked about in `q` and `sort`, by listing; anything else is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bbsync.sandbox.bitbucket.query import Attribute, Attributes
from bbsync.sandbox.bitbucket.world import Account


def _text(name: str) -> Attribute:
    return Attribute(lambda item: getattr(item, name))


def _moment(name: str) -> Attribute:
    return Attribute(lambda item: getattr(item, name), "moment")


def _boolean(name: str) -> Attribute:
    return Attribute(lambda item: getattr(item, name), "boolean")


def _number(name: str) -> Attribute:
    return Attribute(lambda item: getattr(item, name), "number")


def _account(prefix: str, read: Callable[[Any], Account | None]) -> dict[str, Attribute]:
    return {f"{prefix}.{name}": _of_account(read, name) for name in ("uuid", "account_id", "nickname")}


def _of_account(read: Callable[[Any], Account | None], name: str) -> Attribute:
    return Attribute(lambda item: getattr(read(item), name, None))


def _reviewers(name: str) -> Attribute:
    return Attribute(lambda pull_request: tuple(getattr(reviewer, name) for reviewer in pull_request.reviewers))


PROJECTS: Attributes = {
    **{name: _text(name) for name in ("uuid", "key", "name", "description")},
    **{name: _moment(name) for name in ("created_on", "updated_on")},
    "is_private": _boolean("is_private"),
}

MEMBERS: Attributes = _account("user", lambda membership: membership.account)

PERMISSIONS: Attributes = {**MEMBERS, "permission": _text("permission")}

REPOSITORIES: Attributes = {
    **{name: _text(name) for name in ("uuid", "slug", "name", "full_name", "description", "language")},
    **{name: _moment(name) for name in ("created_on", "updated_on")},
    "is_private": _boolean("is_private"),
    "size": _number("size"),
    "mainbranch.name": _text("mainbranch"),
    "project.key": Attribute(lambda repository: getattr(repository.project, "key", None)),
    "project.uuid": Attribute(lambda repository: getattr(repository.project, "uuid", None)),
    "parent.uuid": Attribute(lambda repository: getattr(repository.parent, "uuid", None)),
}

PULL_REQUESTS: Attributes = {
    **{name: _text(name) for name in ("title", "description", "state")},
    **{name: _moment(name) for name in ("created_on", "updated_on")},
    "id": _number("id"),
    "draft": _boolean("draft"),
    "source.branch.name": Attribute(lambda pull_request: pull_request.source.branch),
    "destination.branch.name": Attribute(lambda pull_request: pull_request.destination.branch),
    **_account("author", lambda pull_request: pull_request.author),
    **{f"reviewers.{name}": _reviewers(name) for name in ("uuid", "account_id", "nickname")},
}
