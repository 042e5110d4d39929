"""Make a world of a given size from a seed; the same seed, sizes and time make the same world."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import frozen

from bbsync.sandbox.bitbucket.awkward import add_awkward_things
from bbsync.sandbox.bitbucket.ids import hash_of, uuid_of
from bbsync.sandbox.bitbucket.lives import Lives
from bbsync.sandbox.bitbucket.words import GROUPS, LANGUAGES, PROJECTS, endless, person, repository_name, some
from bbsync.sandbox.bitbucket.world import (
    Account,
    Grant,
    Group,
    Membership,
    Moment,
    Project,
    Repository,
    Restriction,
    Workspace,
    World,
)

_LEVELS = ("read", "write", "admin")
_RULES = (
    ("push", None),
    ("require_approvals_to_merge", 2),
    ("force", None),
    ("delete", None),
    ("require_tasks_to_be_completed", None),
    ("restrict_merges", None),
    ("require_passing_builds_to_merge", 1),
    ("require_no_changes_requested", None),
)
T = TypeVar("T")


@frozen
class Sizes:
    """How big each workspace is.

    Args:
        pull_requests: those updated in the 24 hours before the world was made, over all repositories of a workspace.
        old_pull_requests: those updated before.
        commits: of a pull request.
        restrictions, permissions: of a repository.
        awkward: whether the odd objects are there that real workspaces have.
        workspaces: their slugs. The first person is in all of them.
    """

    repositories: int = 20
    members: int = 12
    projects: int = 4
    groups: int = 3
    pull_requests: int = 30
    old_pull_requests: int = 0
    commits: int = 3
    restrictions: int = 2
    permissions: int = 3
    awkward: bool = False
    workspaces: tuple[str, ...] = ("acme",)


def make_world(seed: int, sizes: Sizes, now: Moment, clock: Callable[[], datetime] | None = None) -> World:
    """Make a world.

    Args:
        seed: what every id and choice comes from.
        sizes: how much there is.
        now: the present; pull requests are dated from here.
        clock: gives later changes the time of day; without it they follow `now` by seconds.
    """
    world = World(seed, now) if clock is None else World(seed, now, clock)
    shared = person(seed, 0)
    for number, slug in enumerate(sizes.workspaces):
        maker = _Maker(random.Random(f"{seed}/{slug}"), seed, sizes, now)  # noqa: S311 - made-up data, no secrets
        world.workspaces.append(maker.workspace(slug, shared, number))
    if sizes.awkward:
        add_awkward_things(world)
    return world


@frozen
class _Maker:
    """Makes one workspace."""

    random: random.Random
    seed: int
    sizes: Sizes
    now: Moment

    def workspace(self, slug: str, shared: Account, number: int) -> Workspace:
        founded = self.now - timedelta(days=900)
        place = Workspace(uuid_of(self.seed, "workspace", slug), slug, slug.title(), founded, founded)
        place.members = self._members(shared, number)
        place.groups = {group.slug: group for group in self._groups(place)}
        place.projects = {project.key: project for project in self._projects(place)}
        for index in range(self.sizes.repositories):
            place.add(self._repository(place, index))
        if place.repositories and place.members:
            self._lives().fill(place)
        return place

    def _lives(self) -> Lives:
        sizes = self.sizes
        return Lives(self.random, self.now, sizes.pull_requests, sizes.old_pull_requests, sizes.commits)

    def _members(self, shared: Account, number: int) -> list[Membership]:
        first = number * self.sizes.members
        others = [person(self.seed, first + index) for index in range(1, self.sizes.members)]
        people = [shared, *others][: self.sizes.members]
        return [Membership(person, "owner" if index < 2 else "member") for index, person in enumerate(people)]

    def _groups(self, place: Workspace) -> list[Group]:
        people = [membership.account for membership in place.members]
        return [
            Group(
                slug=slug,
                name=slug.replace("-", " ").title(),
                members=some(self.random, people, 1 + len(people) // 3),
                permission=(None, "read", "write")[index % 3],
            )
            for index, slug in enumerate(endless(GROUPS, self.sizes.groups))
        ]

    def _projects(self, place: Workspace) -> list[Project]:
        return [self._project(place, index) for index in range(self.sizes.projects)]

    def _project(self, place: Workspace, index: int) -> Project:
        key, name = PROJECTS[index % len(PROJECTS)]
        turn = index // len(PROJECTS)
        made = self.now - timedelta(days=800 - index % 300)
        return Project(
            uuid=uuid_of(self.seed, place.slug, "project", index),
            key=f"{key}{turn or ''}",
            name=f"{name} {turn or ''}".strip(),
            created_on=made,
            updated_on=made,
            description=(None, "", f"Everything about {name.lower()}.")[index % 3],
            is_private=index % 5 != 4,
        )

    def _repository(self, place: Workspace, index: int) -> Repository:
        uuid = uuid_of(self.seed, place.slug, "repository", index)
        name = repository_name(index)
        made = self.now - timedelta(days=700) + timedelta(hours=index)
        projects = list(place.projects.values())
        repository = Repository(
            uuid=uuid,
            slug=name,
            name=name,
            workspace=place,
            created_on=made,
            updated_on=self.now - timedelta(days=self.random.uniform(2, 300)),
            tip=hash_of("root", uuid),
            project=self.random.choice(projects) if projects else None,
            description=f"The {name.replace('-', ' ')} of {place.name}." if index % 3 else "",
            is_private=index % 7 != 3,
            language=self.random.choice(LANGUAGES),
            size=self.random.randrange(40_000, 90_000_000),
        )
        self._allow(repository)
        self._restrict(repository)
        return repository

    def _allow(self, repository: Repository) -> None:
        place = repository.workspace
        people = [membership.account for membership in place.members]
        groups = some(self.random, list(place.groups.values()), (self.sizes.permissions + 2) // 3)
        users = some(self.random, people, self.sizes.permissions - len(groups))
        holders: list[Account | Group] = [*users, *groups]
        repository.grants = [Grant(holder, self.random.choice(_LEVELS)) for holder in holders]

    def _restrict(self, repository: Repository) -> None:
        for index in range(self.sizes.restrictions):
            rule = self._restriction(repository, index)
            repository.restrictions[rule.id] = rule

    def _restriction(self, repository: Repository, index: int) -> Restriction:
        kind, value = _RULES[index % len(_RULES)]
        turn = index // len(_RULES)
        rule = Restriction(
            id=self.random.randrange(1000, 9000) * 10_000 + index,
            kind=kind,
            pattern=f"release/{turn}" if turn else "main",
            value=value,
        )
        if kind in {"push", "restrict_merges"}:
            rule.users = some(self.random, [membership.account for membership in repository.workspace.members], 1)
            rule.groups = some(self.random, list(repository.workspace.groups.values()), 1)
        if index % 4 == 3:
            rule.branch_match_kind, rule.branch_type, rule.pattern = "branching_model", "production", ""
        return rule
