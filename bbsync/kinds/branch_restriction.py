"""A branch restriction: what may not be done to which branches, and who is exempt."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from bbsync.graph import Properties, Relationship
from bbsync.kinds._accounts import Account, NamedGroup, group_key
from bbsync.kinds._kind import EntityType, Kind, Place, RelationshipType, Request, Subject, known


@frozen
class BranchRestriction:
    """A row of `…/branch-restrictions`. New kinds of restriction appear without notice and are taken as they come."""

    id: int
    kind: str
    branch_match_kind: str | None = None
    branch_type: str | None = None
    pattern: str | None = None
    value: int | None = None
    type: str | None = None
    users: tuple[Account, ...] | None = None
    groups: tuple[NamedGroup, ...] | None = None


ALLOWS_USER = RelationshipType("bitbucket_branch_restriction", "ALLOWS", "bitbucket_user", subject=Subject.SOURCE)
ALLOWS_GROUP = RelationshipType("bitbucket_branch_restriction", "ALLOWS", "bitbucket_group", subject=Subject.SOURCE)


def key(restriction: BranchRestriction, place: Place) -> str:
    """Its number is unique within the repository."""
    return f"{place.parent.key}/branch-restrictions/{restriction.id}"


def properties(restriction: BranchRestriction, place: Place) -> Properties:
    """The graph's properties of a restriction; `displayName` says what and where."""
    where = restriction.pattern or restriction.branch_type or "every branch"
    return known(
        {
            "id": str(restriction.id),
            "name": restriction.kind,
            "displayName": f"{restriction.kind} on {where}",
            "pattern": restriction.pattern,
            "matchKind": restriction.branch_match_kind,
            "branchType": restriction.branch_type,
            "value": restriction.value,
            "type": restriction.type,
            "repoId": place.parent.key,
            "ownerId": place.workspace.key,
        }
    )


def links(restriction: BranchRestriction, place: Place) -> Iterable[Relationship]:
    """Users and groups that are exempt."""
    held = key(restriction, place)
    for user in restriction.users or ():
        if user.uuid:
            yield ALLOWS_USER.between(held, user.uuid)
    for group in restriction.groups or ():
        yield ALLOWS_GROUP.between(held, group_key(group, place.workspace.key))


KIND = Kind(
    name="branch_restriction",
    plural="branch_restrictions",
    item=BranchRestriction,
    parent="repository",
    requests=(Request("/2.0/repositories/{workspace_id}/{repository_id}/branch-restrictions", page_length=100),),
    entity=EntityType("bitbucket_branch_restriction", ("AccessPolicy",)),
    key=key,
    properties=properties,
    label=lambda found: str(found["displayName"]),
    belongs=RelationshipType("bitbucket_repo", "HAS", "bitbucket_branch_restriction"),
    links=links,
    link_types=(ALLOWS_USER, ALLOWS_GROUP),
    scopes=("repository:admin",),
    rank=50,
)
