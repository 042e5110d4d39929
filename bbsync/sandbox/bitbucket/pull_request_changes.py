"""Everything that people do to pull requests, by the names that people use."""

from __future__ import annotations

from bbsync.sandbox.bitbucket import events
from bbsync.sandbox.bitbucket.world import Account, Commit, Moment, NotThere, PullRequest, Repository, World


def open_pull_request(world: World, workspace: str, repository: str, author: str, title: str) -> PullRequest:
    """Open a pull request of one commit."""
    place = world.workspace(workspace)
    home, someone, now = place.repository(repository), place.membership(author).account, world.moment()
    return events.open_pull_request(home, someone, title, [_commit(home, someone, now, title)], now)


def edit_pull_request(
    world: World,
    workspace: str,
    repository: str,
    pull_request: int,
    title: str | None = None,
    description: str | None = None,
) -> None:
    """Word its title or description anew."""
    found = _find(world, workspace, repository, pull_request)
    found.title = found.title if title is None else title
    found.description = found.description if description is None else description
    events.update(found, found.author, world.moment(), found.state)


def push(world: World, workspace: str, repository: str, pull_request: int, message: str = "More of it") -> None:
    """Put one more commit on top of it."""
    found, commit, now = _next_commit(world, workspace, repository, pull_request, message)
    events.push(found, [commit], now)


def force_push(world: World, workspace: str, repository: str, pull_request: int, message: str = "Anew") -> None:
    """Replace all its commits by another one."""
    found, commit, now = _next_commit(world, workspace, repository, pull_request, message)
    events.force_push(found, [commit], now)


def comment(world: World, workspace: str, repository: str, pull_request: int, member: str, text: str = "Hm.") -> None:
    found, account = _with_member(world, workspace, repository, pull_request, member)
    events.comment(found, account, world.moment(), text)


def approve(world: World, workspace: str, repository: str, pull_request: int, member: str) -> None:
    found, account = _with_member(world, workspace, repository, pull_request, member)
    events.approve(found, account, world.moment())


def withdraw_approval(world: World, workspace: str, repository: str, pull_request: int, member: str) -> None:
    found = _find(world, workspace, repository, pull_request)
    events.withdraw(found, _involved(found, member), world.moment())


def request_changes(world: World, workspace: str, repository: str, pull_request: int, member: str) -> None:
    found, account = _with_member(world, workspace, repository, pull_request, member)
    events.request_changes(found, account, world.moment())


def add_reviewer(world: World, workspace: str, repository: str, pull_request: int, member: str) -> None:
    found, account = _with_member(world, workspace, repository, pull_request, member)
    found.reviewers.append(account)
    events.participant(found, account).role = "REVIEWER"
    events.update(found, found.author, world.moment())


def remove_reviewer(world: World, workspace: str, repository: str, pull_request: int, member: str) -> None:
    found = _find(world, workspace, repository, pull_request)
    leaving = _involved(found, member)
    found.reviewers = [reviewer for reviewer in found.reviewers if reviewer is not leaving]
    found.participants = [part for part in found.participants if part.account is not leaving]
    events.update(found, found.author, world.moment())


def merge(world: World, workspace: str, repository: str, pull_request: int, member: str) -> None:
    found, account = _with_member(world, workspace, repository, pull_request, member)
    events.merge(found, account, world.moment())


def decline(world: World, workspace: str, repository: str, pull_request: int, member: str, reason: str = "") -> None:
    found, account = _with_member(world, workspace, repository, pull_request, member)
    events.close(found, account, world.moment(), "DECLINED", reason)


def _find(world: World, workspace: str, repository: str, pull_request: int) -> PullRequest:
    return world.workspace(workspace).repository(repository).pull_request(pull_request)


def _with_member(
    world: World, workspace: str, repository: str, pull_request: int, member: str
) -> tuple[PullRequest, Account]:
    found = _find(world, workspace, repository, pull_request)
    return found, world.workspace(workspace).membership(member).account


def _involved(pull_request: PullRequest, member: str) -> Account:
    for part in pull_request.participants:
        if part.account.answers_to(member):
            return part.account
    raise NotThere(f"{member} in pull request {pull_request.id}")


def _next_commit(
    world: World, workspace: str, repository: str, pull_request: int, message: str
) -> tuple[PullRequest, Commit, Moment]:
    found, now = _find(world, workspace, repository, pull_request), world.moment()
    author = found.author or Account("Former user")
    return found, _commit(world.workspace(workspace).repository(repository), author, now, message), now


def _commit(home: Repository, author: Account, now: Moment, message: str) -> Commit:
    return events.new_commit(author, now, message, home.uuid)


CHANGES = (
    open_pull_request,
    edit_pull_request,
    push,
    force_push,
    comment,
    approve,
    withdraw_approval,
    request_changes,
    add_reviewer,
    remove_reviewer,
    merge,
    decline,
)
