"""Accounts, groups and links as Bitbucket nests them in everything else. Closed accounts have lost their uuid."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import min_len


@frozen
class Link:
    """One hyperlink."""

    href: str | None = None


@frozen
class Links:
    """The one of an object's hyperlinks that people can open."""

    html: Link | None = None


@frozen
class Reference:
    """Another object, by uuid."""

    uuid: str | None = None


@frozen
class Branch:
    """A branch, by name. An empty repository has none, and a deleted one may have lost its name."""

    name: str | None = None


@frozen
class NamedGroup:
    """A group as permissions and restrictions name it."""

    slug: str = field(validator=min_len(1))
    name: str | None = None
    workspace: Reference | None = None


@frozen
class Account:
    """A person, a team (a workspace seen as an account) or an app. A closed account has no uuid."""

    uuid: str | None = None
    account_id: str | None = None
    display_name: str | None = None
    nickname: str | None = None
    username: str | None = None
    type: str | None = None
    account_status: str | None = None
    links: Links | None = None


def web_link(links: Links | None) -> str | None:
    """Where a person can look at the object, if Bitbucket says."""
    return links.html.href if links and links.html else None


def uuid_of(account: Account | None) -> str | None:
    """The account's uuid; None for nobody and for a closed account."""
    return account.uuid if account else None


def called(account: Account | None) -> str | None:
    """What people call the account."""
    return (account.display_name or account.nickname or account.username) if account else None


def group_key(group: NamedGroup, workspace: str) -> str:
    """The key of the group's entity; `workspace` is the one that it belongs to unless it names another."""
    owner = group.workspace.uuid if group.workspace else None
    return f"{owner or workspace}/groups/{group.slug}"
