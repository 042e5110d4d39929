"""The graph that the existing integration would have written of a made-up Bitbucket, in its own keys and shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define, field

from bbsync.graph import Entity, Graph, Relationship
from bbsync.sandbox.bitbucket.world import Account, Grant, Group, PullRequest, Repository, Restriction, Workspace
from bbsync.sandbox.jupiterone import JupiterOne

CLASSES = {
    "bitbucket_workspace": ["Account"],
    "bitbucket_user": ["User"],
    "bitbucket_group": ["UserGroup"],
    "bitbucket_project": ["Project"],
    "bitbucket_repo": ["CodeRepo"],
    "bitbucket_permission": ["AccessPolicy"],
    "bitbucket_branch_restriction": ["AccessPolicy"],
    "bitbucket_pullrequest": ["Review", "PR"],
}


@define
class OldGraph:
    """What is written, as it is uploaded. `seen` gathers it by key: of two with one key the first one stays."""

    entities: dict[str, dict[str, Any]] = field(factory=dict)
    relationships: dict[str, dict[str, Any]] = field(factory=dict)

    def add(self, type: str, key: str, /, **properties: Any) -> str:  # noqa: A002 - JupiterOne's word
        """An entity; its key."""
        given = {name: value for name, value in properties.items() if value is not None}
        head = {"_key": key, "_type": type, "_class": CLASSES[type]}
        self.entities.setdefault(key, {**head, "displayName": given.get("name", key), **given})
        return key

    def tie(self, type: str, source: str, target: str) -> None:  # noqa: A002 - JupiterOne's word
        """A relationship, where both ends are there."""
        if source not in self.entities or target not in self.entities:
            return
        verb = next(word for word in type.split("_") if word in VERBS)
        key = f"{source}|{verb}|{target}"
        ends = {"_fromEntityKey": source, "_toEntityKey": target}
        self.relationships[key] = {
            "_key": key,
            "_type": type,
            "_class": verb.upper(),
            "displayName": verb.upper(),
            **ends,
        }

    def write(self, jupiterone: JupiterOne, scope: str, source: str) -> None:
        """Put it into an account."""
        jupiterone.put(self.entities.values(), self.relationships.values(), scope=scope, source=source)

    @property
    def graph(self) -> Graph:
        """The same as bbsync reads it."""
        return Graph.of(map(_entity, self.entities.values()), map(_relationship, self.relationships.values()))


VERBS = ("owns", "has", "allows", "opened", "reviewed", "approved")


def _entity(document: dict[str, Any]) -> Entity:
    properties = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in document.items()
        if not name.startswith("_")
    }
    return Entity(document["_key"], document["_type"], tuple(document["_class"]), properties)


def _relationship(document: dict[str, Any]) -> Relationship:
    ends = (document["_fromEntityKey"], document["_toEntityKey"])
    return Relationship(
        document["_key"], document["_type"], document["_class"], *ends, {"displayName": document["displayName"]}
    )


def old_graph(*places: Workspace) -> OldGraph:
    """Everything in these workspaces."""
    graph = OldGraph()
    for place in places:
        _people(graph, place)
        for repository in place.repositories.values():
            write_repository(graph, repository)
    return graph


def _people(graph: OldGraph, place: Workspace) -> None:
    graph.add("bitbucket_workspace", place.uuid, name=place.name, slug=place.slug, isPrivate=place.is_private)
    for account in (member.account for member in place.members):
        write_user(graph, account)
        graph.tie("bitbucket_workspace_has_user", place.uuid, str(account.uuid))
    for group in place.groups.values():
        write_group(graph, group)
        graph.tie("bitbucket_workspace_has_group", place.uuid, group.slug)
    for project in place.projects.values():
        graph.add("bitbucket_project", project.uuid, name=project.name, key=project.key, workspace=place.slug)
        graph.tie("bitbucket_workspace_owns_project", place.uuid, project.uuid)


def write_user(graph: OldGraph, account: Account) -> None:
    """A user; the display name is written as the login name."""
    name = account.display_name
    graph.add("bitbucket_user", str(account.uuid), name=name, username=name, nickname=account.nickname, active=True)


def write_group(graph: OldGraph, group: Group) -> None:
    """A group goes by its slug, whatever workspace it belongs to."""
    graph.add("bitbucket_group", group.slug, name=group.name, slug=group.slug, autoAdd=group.auto_add)
    for account in group.members:
        graph.tie("bitbucket_group_has_user", group.slug, str(account.uuid))


def write_repository(graph: OldGraph, repository: Repository) -> None:
    """A repository with everything below it, under the name that it has now."""
    place, key, full_name = repository.workspace, repository.uuid, repository.full_name
    graph.add(
        "bitbucket_repo", key, name=repository.name, fullName=full_name, owner=place.slug, ownerId=place.uuid,
        public=not repository.is_private, scm="git",
    )  # fmt: skip
    graph.tie("bitbucket_workspace_owns_repo", place.uuid, key)
    if repository.project is not None:
        graph.tie("bitbucket_project_has_repo", repository.project.uuid, key)
    for grant in repository.grants:
        write_permission(graph, repository, grant)
    for rule in repository.restrictions.values():
        _restriction(graph, repository, rule)
    for pull_request in repository.pull_requests.values():
        write_pull_request(graph, repository, pull_request)


def write_permission(graph: OldGraph, repository: Repository, grant: Grant) -> str:
    """A permission, with its level in the key; the key."""
    kind = "group" if isinstance(grant.holder, Group) else "user"
    holder = grant.holder.slug if isinstance(grant.holder, Group) else str(grant.holder.uuid)
    key = f"{repository.full_name}/{holder}/{grant.permission}"
    graph.add(
        "bitbucket_permission", key, name=grant.permission, permission=grant.permission, principalKey=holder,
        ownerId=repository.workspace.uuid,
    )  # fmt: skip
    graph.tie("bitbucket_repo_allows_permission", repository.uuid, key)
    graph.tie(f"bitbucket_{kind}_has_permission", holder, key)
    return key


def _restriction(graph: OldGraph, repository: Repository, rule: Restriction) -> None:
    key = f"{repository.full_name}/branch-restrictions/{rule.id}"
    graph.add(
        "bitbucket_branch_restriction", key, name=rule.kind, id=str(rule.id), pattern=rule.pattern,
        matchKind=rule.branch_match_kind,
    )  # fmt: skip
    graph.tie("bitbucket_repo_has_branch_restriction", repository.uuid, key)
    for account in rule.users or ():
        graph.tie("bitbucket_branch_restriction_allows_user", key, str(account.uuid))
    for group in rule.groups or ():
        graph.tie("bitbucket_branch_restriction_allows_group", key, group.slug)


def write_pull_request(
    graph: OldGraph, repository: Repository, found: PullRequest, *, called: str | None = None
) -> str:
    """A pull request, with the name of the repository in its key, or another one that it had; the key."""
    full_name = called or repository.full_name
    key = f"{full_name}/pull-requests/{found.id}"
    people = list(_approving(found))
    graph.add(
        "bitbucket_pullrequest", key, name=found.title, title=found.title, id=key, state=found.state,
        open=found.state == "OPEN", merged=found.state == "MERGED", repository=full_name, repoId=repository.uuid,
        accountId=repository.workspace.uuid, source=found.source.branch, target=found.destination.branch,
        authorId=found.author.uuid if found.author else None, approverIds=people, approved=bool(people),
        createdOn=int(found.created_on.timestamp() * 1000), updatedOn=int(found.updated_on.timestamp() * 1000),
        commits=[commit.hash for commit in found.commits or ()],
    )  # fmt: skip
    graph.tie("bitbucket_repo_has_pullrequest", repository.uuid, key)
    if found.author is not None:
        graph.tie("bitbucket_user_opened_pullrequest", str(found.author.uuid), key)
    for uuid in people:
        graph.tie("bitbucket_user_approved_pullrequest", uuid, key)
    return key


def _approving(found: PullRequest) -> Iterator[str]:
    return (str(one.account.uuid) for one in found.participants if one.state == "approved")
