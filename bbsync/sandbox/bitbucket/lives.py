"""Make up the lives of pull requests: opened, pushed to, judged, ended."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from attrs import frozen

from bbsync.sandbox.bitbucket import events
from bbsync.sandbox.bitbucket.words import some
from bbsync.sandbox.bitbucket.world import Account, Commit, Moment, PullRequest, Repository, State, Workspace

_TITLES = ("Fix rounding", "Update libraries", "Add retries", "Speed up start", "Remove dead code", "Explain limits")
#: Half of the pull requests are open; few are superseded.
_ENDS: tuple[State | None, ...] = (None, None, None, None, None, "MERGED", "MERGED", "MERGED", "DECLINED", "SUPERSEDED")


@frozen
class Lives:
    """Makes up the pull requests of a workspace: `fresh` ones of the last day, and `old` ones."""

    random: random.Random
    now: Moment
    fresh: int
    old: int
    commits: int

    def fill(self, place: Workspace) -> None:
        old = [self._span(2, 400) for _ in range(self.old)]
        fresh = [self._span(0.01, 0.95) for _ in range(self.fresh)]
        homes = list(place.repositories.values())
        people = [membership.account for membership in place.members]
        for created, updated in sorted(old + fresh):
            self._pull_request(self.random.choice(homes), people, created, updated)

    def _span(self, earliest: float, latest: float) -> tuple[Moment, Moment]:
        """When a pull request was opened, and last touched so many days ago."""
        updated = self.now - timedelta(days=self.random.uniform(earliest, latest))
        return updated - timedelta(days=self.random.uniform(0.05, 4)), updated

    def _pull_request(self, home: Repository, people: list[Account], created: Moment, updated: Moment) -> None:
        author, *others = some(self.random, people, 4)
        reviewers = others[: self.random.randrange(4)]
        end = self.random.choice(_ENDS)
        title = self.random.choice(_TITLES)
        later = self.random.randrange(2) if self.commits > 1 else 0
        commits = self._commits(home, author, created, self.commits)
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


def _judging(opened: PullRequest, judge: Account, *, pleased: bool) -> Callable[[Moment], None]:
    judgement = events.approve if pleased else events.request_changes
    return lambda at: judgement(opened, judge, at)


def _end(opened: PullRequest, reviewers: list[Account], at: Moment, end: State) -> None:
    closer = reviewers[0] if reviewers else opened.author
    if end == "MERGED":
        events.merge(opened, closer, at)
    else:
        events.close(opened, closer, at, end, "Not now." if end == "DECLINED" else "")
