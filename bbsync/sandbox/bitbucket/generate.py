"""Make a world of a given size from a seed; the same seed, sizes and time make the same world."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import frozen

from bbsync.sandbox.bitbucket import events
from bbsync.sandbox.bitbucket.awkward import add_awkward_things
from bbsync.sandbox.bitbucket.ids import account_id_of, hash_of, uuid_of
from bbsync.sandbox.bitbucket.world import (
    Account,
    Commit,
    Grant,
    Group,
    Membership,
    Moment,
    Project,
    PullRequest,
    Repository,
    Restriction,
    State,
    Workspace,
    World,
)

_FIRST = ("Ada", "Bela", "Chioma", "Dmitri", "Elif", "Farid", "Grete", "Hugo", "Ines", "Jun", "Kofi", "Lena")
_LAST = ("Adeyemi", "Baker", "Castro", "Dubois", "Eriksen", "Fuchs", "Gupta", "Haddad", "Ivanova", "Jansen", "Kaya")
_THINGS = ("web", "api", "billing", "search", "login", "ledger", "reports", "mail", "images", "orders", "stock")
_PARTS = ("", "worker", "client", "docs", "tools", "infra", "tests", "models", "proxy")
_GROUPS = ("developers", "administrators", "reviewers", "operations", "security", "contractors", "releases")
_PROJECTS = (("WEB", "Website"), ("PLAT", "Platform"), ("PAY", "Payments"), ("OPS", "Operations"))
_TITLES = ("Fix rounding", "Update libraries", "Add retries", "Speed up start", "Remove dead code", "Explain limits")
_LANGUAGES = ("python", "go", "typescript", "java", "")
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

#: Half of the pull requests are open; few are superseded.
_ENDS: tuple[State | None, ...] = (None, None, None, None, None, "MERGED", "MERGED", "MERGED", "DECLINED", "SUPERSEDED")


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
    shared = _person(seed, 0)
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
        if place.repositories:
            self._pull_requests(place)
        return place

    def _members(self, shared: Account, number: int) -> list[Membership]:
        first = number * self.sizes.members
        others = [_person(self.seed, first + index) for index in range(1, self.sizes.members)]
        people = [shared, *others][: self.sizes.members]
        return [Membership(person, "owner" if index < 2 else "member") for index, person in enumerate(people)]

    def _groups(self, place: Workspace) -> list[Group]:
        people = [membership.account for membership in place.members]
        return [
            Group(
                slug=slug,
                name=slug.replace("-", " ").title(),
                members=self._some(people, 1 + len(people) // 3),
                permission=(None, "read", "write")[index % 3],
            )
            for index, slug in enumerate(_endless(_GROUPS, self.sizes.groups))
        ]

    def _projects(self, place: Workspace) -> list[Project]:
        return [self._project(place, index) for index in range(self.sizes.projects)]

    def _project(self, place: Workspace, index: int) -> Project:
        key, name = _PROJECTS[index % len(_PROJECTS)]
        turn = index // len(_PROJECTS)
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
        name = _repository_name(index)
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
            language=self.random.choice(_LANGUAGES),
            size=self.random.randrange(40_000, 90_000_000),
        )
        self._allow(repository)
        self._restrict(repository)
        return repository

    def _allow(self, repository: Repository) -> None:
        place = repository.workspace
        people = [membership.account for membership in place.members]
        groups = self._some(list(place.groups.values()), (self.sizes.permissions + 2) // 3)
        users = self._some(people, self.sizes.permissions - len(groups))
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
            rule.users = self._some([membership.account for membership in repository.workspace.members], 1)
            rule.groups = self._some(list(repository.workspace.groups.values()), 1)
        if index % 4 == 3:
            rule.branch_match_kind, rule.branch_type, rule.pattern = "branching_model", "production", ""
        return rule

    def _pull_requests(self, place: Workspace) -> None:
        old = [self._span(2, 400) for _ in range(self.sizes.old_pull_requests)]
        fresh = [self._span(0.01, 0.95) for _ in range(self.sizes.pull_requests)]
        homes = list(place.repositories.values())
        people = [membership.account for membership in place.members]
        if not people:
            return
        for created, updated in sorted(old + fresh):
            self._pull_request(self.random.choice(homes), people, created, updated)

    def _span(self, earliest: float, latest: float) -> tuple[Moment, Moment]:
        """When a pull request was opened, and last touched so many days ago."""
        updated = self.now - timedelta(days=self.random.uniform(earliest, latest))
        return updated - timedelta(days=self.random.uniform(0.05, 4)), updated

    def _pull_request(self, home: Repository, people: list[Account], created: Moment, updated: Moment) -> None:
        author, *others = self._some(people, 4)
        reviewers = others[: self.random.randrange(4)]
        end = self.random.choice(_ENDS)
        title = self.random.choice(_TITLES)
        later = self.random.randrange(2) if self.sizes.commits > 1 else 0
        commits = self._commits(home, author, created, self.sizes.commits)
        opened = events.open_pull_request(home, author, title, commits[later:], created, reviewers=reviewers)
        opened.description = f"{title} in {home.name}, as we talked about."
        opened.draft = end is None and self.random.random() < 0.2
        opened.close_source_branch = self.random.random() < 0.5
        self._live(opened, commits[:later], reviewers, end, updated)

    def _commits(self, home: Repository, author: Account, at: Moment, count: int) -> list[Commit]:
        number = len(home.pull_requests) + 1
        return [
            events.new_commit(author, at - timedelta(minutes=7 * age), f"Step {count - age}", home.uuid, number)
            for age in range(count)
        ]

    def _live(
        self,
        opened: PullRequest,
        pushed: list[Commit],
        reviewers: list[Account],
        end: State | None,
        updated: Moment,
    ) -> None:
        """What happens to it between being opened and the last time it was touched."""
        steps = self._steps(opened, pushed, reviewers, end)
        for index, step in enumerate(steps, start=1):
            step(opened.created_on + (updated - opened.created_on) * index / len(steps))

    def _steps(
        self, opened: PullRequest, pushed: list[Commit], reviewers: list[Account], end: State | None
    ) -> list[Callable[[Moment], None]]:
        judges = [reviewer for reviewer in reviewers if self.random.random() < 0.6]
        steps: list[Callable[[Moment], None]] = [lambda at: events.update(opened, opened.author, at)]
        if pushed:
            steps.append(lambda at: events.push(opened, pushed, at))
        steps += [_judging(opened, judge, pleased=self.random.random() < 0.8) for judge in judges]
        if reviewers and self.random.random() < 0.4:
            steps.append(lambda at: events.comment(opened, reviewers[0], at))
        if end is not None:
            steps.append(lambda at: _end(opened, reviewers, at, end))
        return steps

    def _some(self, things: list[T], count: int) -> list[T]:
        return self.random.sample(things, max(min(count, len(things)), 0))


def _judging(opened: PullRequest, judge: Account, *, pleased: bool) -> Callable[[Moment], None]:
    judgement = events.approve if pleased else events.request_changes
    return lambda at: judgement(opened, judge, at)


def _end(opened: PullRequest, reviewers: list[Account], at: Moment, end: State) -> None:
    closer = reviewers[0] if reviewers else opened.author
    if end == "MERGED":
        events.merge(opened, closer, at)
    else:
        events.close(opened, closer, at, end, "Not now." if end == "DECLINED" else "")


def _person(seed: int, number: int) -> Account:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
    nickname = f"{first}{number or ''}".lower()
    return Account(
        display_name=f"{first} {last}",
        uuid=uuid_of(seed, "account", nickname),
        account_id=account_id_of(seed, "account", nickname),
        nickname=nickname,
    )


def _repository_name(index: int) -> str:
    thing, part = _THINGS[index % len(_THINGS)], _PARTS[index // len(_THINGS) % len(_PARTS)]
    turn = index // (len(_THINGS) * len(_PARTS))
    return "-".join(piece for piece in (thing, part, str(turn or "")) if piece)


def _endless(words: tuple[str, ...], count: int) -> list[str]:
    """So many different words: those there are, then the same with numbers."""
    return [
        f"{words[index % len(words)]}{f'-{index // len(words)}' if index >= len(words) else ''}"
        for index in range(count)
    ]
