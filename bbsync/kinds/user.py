"""A user: an account that is a member of a workspace. One account may be a member of several."""

from __future__ import annotations

from attrs import frozen

from bbsync.graph import Properties
from bbsync.kinds._accounts import Account, called, web_link
from bbsync.kinds._kind import Confirm, EntityType, Kind, Mapped, Place, RelationshipType, Request, Subject, known

#: From the least to the most.
ROLES = ("member", "collaborator", "owner")


@frozen
class Membership:
    """A row of `/workspaces/{workspace}/permissions`; `/members` has the same rows without the permission."""

    user: Account
    permission: str | None = None


def properties(membership: Membership, _place: Place) -> Properties:
    """The graph's properties of a user.

    The class User of data model 0.62 and later wants names, e-mail and login names to be there, if only as null.
    Bitbucket tells no e-mail addresses.
    """
    user = membership.user
    name = called(user) or str(user.uuid)
    first, last = split_name(user.display_name)
    return known(
        {
            "name": name,
            "displayName": name,
            "nickname": user.nickname,
            "active": user.account_status in (None, "active"),
            "accountId": user.account_id,
            "webLink": web_link(user.links),
            "workspaceRole": membership.permission,
            "isPerson": user.type in (None, "user"),
            "username": (user.nickname,) if user.nickname else None,
            "email": None,
            "firstName": first,
            "lastName": last,
            "shortLoginId": None,
        },
        null=("username", "email", "firstName", "lastName", "shortLoginId"),
    )


def split_name(display_name: str | None) -> tuple[str | None, str | None]:
    """First and last name, where a display name has at least two words; else nothing is known of either."""
    first, _, last = (display_name or "").strip().partition(" ")
    return (first, last.strip()) if last.strip() else (None, None)


def highest_role(found: tuple[Properties, ...]) -> Properties:
    """Of one account in several workspaces: what the first shows, with the highest role of all."""
    roles = [role for each in found if (role := each.get("workspaceRole")) in ROLES]
    if not roles:
        return found[0]
    return {**found[0], "workspaceRole": max(roles, key=lambda role: ROLES.index(str(role)))}


#: Written where a name may tell who somebody is, which it does only where that is switched on.
BY_NAME = "matchedByName"


def person(found: Properties) -> Properties:
    """What the Person behind a user is known by: the nickname, an e-mail address, and a name only where it may tell.

    Two people may share a name, so it tells nothing unless that is switched on. An app is no person.
    """
    if found.get("isPerson") is False:
        return {}
    emails = found.get("email")
    known_by = {
        "bitbucketNickname": found.get("nickname"),
        "email": emails[0] if isinstance(emails, tuple) and emails else None,
        "name": found.get("name") if found.get(BY_NAME) is True else None,
    }
    return {name: held for name, held in known_by.items() if isinstance(held, str) and held.strip()}


KIND = Kind(
    name="user",
    plural="users",
    item=Membership,
    parent="workspace",
    requests=(
        Request(
            "/2.0/workspaces/{workspace}/permissions",
            page_length=100,
            instead=Request("/2.0/workspaces/{workspace}/members", page_length=100),
        ),
    ),
    entity=EntityType("bitbucket_user", ("User",)),
    key=lambda membership, _place: membership.user.uuid,
    properties=properties,
    label=lambda found: str(found["displayName"]),
    belongs=RelationshipType("bitbucket_workspace", "HAS", "bitbucket_user"),
    mapped=Mapped(RelationshipType("bitbucket_user", "IS", "person", Subject.SOURCE), "Person", person),
    scopes=("account",),
    confirm=Confirm.ASK,
    address="/2.0/workspaces/{workspace}/members/{address}",
    never_empty=True,
    shared=True,
    merge=highest_role,
    merged=frozenset({"workspaceRole"}),
    unknown=lambda place: frozenset({"workspaceRole"}) if place.limited else frozenset(),
    rank=30,
)
