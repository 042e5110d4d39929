"""What can happen to a pull request, and the traces it leaves: activity, participants, `updated_on`."""

from __future__ import annotations

from collections.abc import Sequence

from bbsync.sandbox.bitbucket.ids import hash_of
from bbsync.sandbox.bitbucket.world import (
    Account,
    Commit,
    Happening,
    Moment,
    Participant,
    PullRequest,
    Repository,
    State,
    Tip,
)


def new_commit(author: Account, at: Moment, message: str, *parts: object) -> Commit:
    """A commit by an account that Bitbucket knows."""
    raw = f"{author.display_name} <{author.nickname or 'nobody'}@example.com>"
    return Commit(hash=hash_of("commit", message, at, *parts), date=at, message=message, raw=raw, account=author)


def open_pull_request(
    repository: Repository,
    author: Account | None,
    title: str,
    commits: Sequence[Commit],
    at: Moment,
    *,
    branch: str = "",
    source: Repository | None = None,
    reviewers: Sequence[Account] = (),
) -> PullRequest:
    """Ask for some commits to be merged; the newest commit comes first."""
    number = max(repository.pull_requests, default=0) + 1
    tip = commits[0].hash if commits else hash_of("branch", repository.uuid, number)
    pull_request = PullRequest(
        id=number,
        title=title,
        author=author,
        source=Tip(branch or f"change-{number}", tip, source or repository),
        destination=Tip(repository.mainbranch or "main", repository.tip, repository),
        created_on=at,
        updated_on=at,
        reviewers=list(reviewers),
        participants=[Participant(reviewer, "REVIEWER") for reviewer in reviewers],
        commits=list(commits),
    )
    repository.pull_requests[number] = pull_request
    update(pull_request, author, at)
    return pull_request


def update(pull_request: PullRequest, account: Account | None, at: Moment, state: State = "OPEN") -> None:
    """Say in the activity where both sides stand now."""
    _happen(
        pull_request,
        Happening(
            kind="update",
            account=account,
            at=at,
            state=state,
            source=pull_request.source.hash,
            destination=pull_request.destination.hash,
        ),
    )


def push(pull_request: PullRequest, commits: Sequence[Commit], at: Moment) -> None:
    """Put commits on top of the source branch; pushing moves the repository's `updated_on`, too."""
    pull_request.commits = [*commits, *(pull_request.commits or ())]
    _move_source(pull_request, at)


def force_push(pull_request: PullRequest, commits: Sequence[Commit], at: Moment) -> None:
    """Replace every commit of the source branch."""
    pull_request.commits = list(commits)
    _move_source(pull_request, at)


def comment(pull_request: PullRequest, account: Account, at: Moment, text: str = "Looks fine.") -> None:
    """Say something about it."""
    pull_request.comment_count += 1
    participant(pull_request, account).participated_on = at
    _happen(pull_request, Happening("comment", account, at, text))


def approve(pull_request: PullRequest, account: Account, at: Moment) -> None:
    """Approve what is there now. A second approval by the same account leaves a second trace."""
    _judge(pull_request, account, at).state = "approved"
    _happen(pull_request, Happening("approval", account, at))


def request_changes(pull_request: PullRequest, account: Account, at: Moment) -> None:
    """Ask for changes before it may be merged."""
    _judge(pull_request, account, at).state = "changes_requested"
    _happen(pull_request, Happening("changes_requested", account, at))


def withdraw(pull_request: PullRequest, account: Account, at: Moment, *, keep_trace: bool = False) -> None:
    """Take an approval back. Its trace in the activity goes with it, unless told otherwise."""
    participant(pull_request, account).state = None
    if not keep_trace:
        pull_request.happenings = [
            happening
            for happening in pull_request.happenings
            if not (happening.kind == "approval" and happening.account is account)
        ]
    pull_request.updated_on = at


def merge(pull_request: PullRequest, account: Account | None, at: Moment) -> None:
    """Merge it: a push to the destination, so its repository moves, too."""
    pull_request.merge_commit = hash_of("merge", pull_request.source.hash, at)
    repository = pull_request.destination.repository
    if repository is not None:
        repository.tip = pull_request.merge_commit
        repository.updated_on = max(repository.updated_on, at)
    close(pull_request, account, at, "MERGED")


def close(pull_request: PullRequest, account: Account | None, at: Moment, state: State, reason: str = "") -> None:
    """End it in one of the three ways there are."""
    pull_request.state = state
    pull_request.closed_by = account
    pull_request.reason = reason
    update(pull_request, account, at, state)


def participant(pull_request: PullRequest, account: Account) -> Participant:
    """The account's part in it, made when there was none."""
    for candidate in pull_request.participants:
        if candidate.account is account:
            return candidate
    newcomer = Participant(account, "PARTICIPANT")
    pull_request.participants.append(newcomer)
    return newcomer


def _judge(pull_request: PullRequest, account: Account, at: Moment) -> Participant:
    judge = participant(pull_request, account)
    judge.participated_on = at
    return judge


def _move_source(pull_request: PullRequest, at: Moment) -> None:
    commits = pull_request.commits
    if commits:
        pull_request.source.hash = commits[0].hash
    if pull_request.source.repository is not None:
        pull_request.source.repository.updated_on = max(pull_request.source.repository.updated_on, at)
    update(pull_request, commits[0].account if commits else pull_request.author, at)


def _happen(pull_request: PullRequest, happening: Happening) -> None:
    pull_request.happenings.append(happening)
    pull_request.updated_on = happening.at
