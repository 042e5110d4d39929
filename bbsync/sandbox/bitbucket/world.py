"""The made-up Bitbucket: workspaces and everything in them, as objects that changes may touch while it is served.

They are the same when they are the same object, and the large ones show no more than an address in `repr`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

from attrs import define, field, frozen

Moment = datetime
AccountType = Literal["user", "team", "app_user"]
State = Literal["OPEN", "MERGED", "DECLINED", "SUPERSEDED"]


class NotThere(LookupError):
    """Nothing in this world has that address."""


@define(eq=False)
class Account:
    """A person, a bot or a team. A closed account keeps its display name only."""

    display_name: str
    uuid: str | None = None
    account_id: str | None = None
    nickname: str | None = None
    type: AccountType = "user"
    active: bool = True

    def answers_to(self, name: str) -> bool:
        return name in {self.uuid, self.account_id, self.nickname}


@define(eq=False)
class Membership:
    account: Account
    permission: Literal["owner", "member"] = "member"


@define(eq=False, repr=False)
class Group:
    slug: str
    name: str
    members: list[Account] = field(factory=list)
    permission: str | None = None
    auto_add: bool = False


@define(eq=False)
class Project:
    """`listed` is False for a project that its repositories name but the workspace's list does not show."""

    uuid: str
    key: str
    name: str
    created_on: Moment
    updated_on: Moment
    description: str | None = None
    is_private: bool = True
    listed: bool = True


@define(eq=False)
class Grant:
    """An explicit permission on a repository."""

    holder: Account | Group
    permission: str


@define(eq=False)
class Restriction:
    """A branch restriction. `users` or `groups` None: the answer lacks the field."""

    id: int
    kind: str
    pattern: str = ""
    branch_match_kind: Literal["glob", "branching_model"] = "glob"
    branch_type: str | None = None
    value: int | None = None
    users: list[Account] | None = field(factory=list)
    groups: list[Group] | None = field(factory=list)


@define(eq=False)
class Commit:
    hash: str
    date: Moment
    message: str
    raw: str
    account: Account | None


@define(eq=False)
class Tip:
    """One side of a pull request: a branch of a repository and the commit it stands at."""

    branch: str
    hash: str | None
    repository: Repository | None


@define(eq=False)
class Participant:
    account: Account
    role: Literal["PARTICIPANT", "REVIEWER"]
    state: Literal["approved", "changes_requested"] | None = None
    participated_on: Moment | None = None


@frozen(eq=False)
class Happening:
    """One entry of the activity feed. An update also says where both sides stood."""

    kind: Literal["comment", "update", "approval", "changes_requested"]
    account: Account | None
    at: Moment
    text: str = ""
    state: State = "OPEN"
    source: str | None = None
    destination: str | None = None


@define(eq=False, repr=False)
class PullRequest:
    """`commits` None: the list is gone with the fork. `omitted` names fields that its answers lack."""

    id: int
    title: str
    author: Account | None
    source: Tip
    destination: Tip
    created_on: Moment
    updated_on: Moment
    description: str | None = ""
    state: State = "OPEN"
    draft: bool = False
    close_source_branch: bool = False
    reason: str = ""
    closed_by: Account | None = None
    merge_commit: str | None = None
    comment_count: int = 0
    task_count: int = 0
    reviewers: list[Account] = field(factory=list)
    participants: list[Participant] = field(factory=list)
    commits: list[Commit] | None = field(factory=list)
    happenings: list[Happening] = field(factory=list)  # oldest first
    omitted: frozenset[str] = frozenset()


@define(eq=False, repr=False)
class Repository:
    """`denied`: it is in the workspace's list, and everything below it answers 403."""

    uuid: str
    slug: str
    name: str
    workspace: Workspace
    created_on: Moment
    updated_on: Moment
    tip: str
    project: Project | None = None
    description: str | None = ""
    is_private: bool = True
    language: str = ""
    size: int = 33348
    mainbranch: str | None = "main"
    fork_policy: str = "no_public_forks"
    parent: Repository | None = None
    denied: bool = False
    omitted: frozenset[str] = frozenset()
    grants: list[Grant] = field(factory=list)
    restrictions: dict[int, Restriction] = field(factory=dict)
    pull_requests: dict[int, PullRequest] = field(factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.workspace.slug}/{self.slug}"

    def pull_request(self, id: int) -> PullRequest:  # noqa: A002 - Bitbucket's own word for it
        try:
            return self.pull_requests[id]
        except KeyError:
            raise NotThere(f"pull request {id} of {self.full_name}") from None


@define(eq=False, repr=False)
class Workspace:
    """`visible` is False for somebody else's workspace that only shows through a fork."""

    uuid: str
    slug: str
    name: str
    created_on: Moment
    updated_on: Moment
    is_private: bool = True
    visible: bool = True
    members: list[Membership] = field(factory=list)
    groups: dict[str, Group] = field(factory=dict)
    projects: dict[str, Project] = field(factory=dict)
    repositories: dict[str, Repository] = field(factory=dict)  # by uuid, oldest first
    slugs: dict[str, Repository] = field(factory=dict)
    moved: dict[str, Repository] = field(factory=dict)  # by the slug or uuid it used to have here

    def add(self, repository: Repository) -> None:
        self.repositories[repository.uuid] = repository
        self.slugs[repository.slug] = repository
        self.moved.pop(repository.slug, None)

    def drop(self, repository: Repository) -> None:
        del self.repositories[repository.uuid]
        del self.slugs[repository.slug]

    def repository(self, address: str) -> Repository:
        """The repository with that uuid or slug; a name is not an address."""
        found = self.repositories.get(address.lower()) or self.slugs.get(address)
        if found is None:
            raise NotThere(f"{self.slug}/{address}")
        return found

    def membership(self, name: str) -> Membership:
        for membership in self.members:
            if membership.account.answers_to(name):
                return membership
        raise NotThere(f"member {name} of {self.slug}")

    def group(self, slug: str) -> Group:
        if slug not in self.groups:
            raise NotThere(f"group {slug} of {self.slug}")
        return self.groups[slug]

    def project(self, key: str) -> Project:
        if key not in self.projects:
            raise NotThere(f"project {key} of {self.slug}")
        return self.projects[key]


def _stopped() -> Moment:
    return datetime.min.replace(tzinfo=UTC)


@define(eq=False, repr=False)
class World:
    """Everything there is. Whoever reads or changes it holds `lock`.

    Args:
        seed: what every id in it is made from.
        now: when it was made; each change happens a second after the one before, or at `clock()` if that is later.
    """

    seed: int
    now: Moment
    clock: Callable[[], Moment] = _stopped
    workspaces: list[Workspace] = field(factory=list)
    lock: threading.RLock = field(factory=threading.RLock, repr=False)

    def moment(self) -> Moment:
        """The time of the next change; no two changes share one."""
        self.now = max(self.now + timedelta(seconds=1), self.clock())
        return self.now

    def workspace(self, address: str) -> Workspace:
        """The workspace with that uuid or slug, in any case."""
        for workspace in self.workspaces:
            if workspace.visible and address.lower() in {workspace.uuid, workspace.slug}:
                return workspace
        raise NotThere(address)
