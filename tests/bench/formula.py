"""How many calls a first run needs, counted on the world itself: the pages that hold what there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from bbsync.sandbox.bitbucket.world import Group, PullRequest, Repository, Workspace, World

_HOME = "GET /2.0/workspaces/{workspace}"
_REPOSITORY = "GET /2.0/repositories/{workspace}/{repository}"
_PULL_REQUEST = f"{_REPOSITORY}/pullrequests/{{id}}"

DAY = timedelta(hours=24)


def calls_needed(world: World, now: datetime) -> dict[str, int]:
    """Calls by endpoint for a first run with everything on; tokens not included."""
    counts: Counter[str] = Counter()
    for place in world.workspaces:
        for endpoint, calls in _of_workspace(place, now):
            counts[endpoint] += calls
    return dict(sorted((endpoint, calls) for endpoint, calls in counts.items() if calls))


def pages(items: int, length: int = 100) -> int:
    """How many pages they take; an empty listing has one, too."""
    return max(1, -(-items // length))


def _of_workspace(place: Workspace, now: datetime) -> Iterator[tuple[str, int]]:
    yield _HOME, 1
    yield "GET /1.0/groups/{workspace}", 1
    yield f"{_HOME}/permissions", pages(len(place.members))
    yield f"{_HOME}/projects", pages(sum(project.listed for project in place.projects.values()))
    yield "GET /2.0/repositories/{workspace}", pages(len(place.repositories))
    for repository in place.repositories.values():
        yield from _of_repository(repository, now - DAY)


def _of_repository(repository: Repository, since: datetime) -> Iterator[tuple[str, int]]:
    groups = sum(isinstance(grant.holder, Group) for grant in repository.grants)
    yield f"{_REPOSITORY}/permissions-config/users", pages(len(repository.grants) - groups)
    yield f"{_REPOSITORY}/permissions-config/groups", pages(groups)
    yield f"{_REPOSITORY}/branch-restrictions", pages(len(repository.restrictions))
    recent = [one for one in repository.pull_requests.values() if max(one.updated_on, one.created_on) >= since]
    yield f"{_REPOSITORY}/pullrequests", pages(len(recent), 50)
    for pull_request in recent:
        yield from _of_pull_request(pull_request)


def _of_pull_request(pull_request: PullRequest) -> Iterator[tuple[str, int]]:
    yield f"{_PULL_REQUEST}/commits", pages(len(pull_request.commits or ()))
    approved = any(part.state == "approved" for part in pull_request.participants)
    yield f"{_PULL_REQUEST}/activity", pages(len(pull_request.happenings), 50) if approved else 0
