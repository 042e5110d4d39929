"""What the approvals of a pull request cover: the evidence that every change was reviewed by somebody else.

An approval covers the commits that were in the pull request when it was given: from the source commit of the newest
update at or before it, down to the destination. Hashes are 12 characters in some answers and 40 in others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from bbsync.kinds._kind import instant


@frozen
class Commit:
    """A commit of the pull request; `author` is the key of its account, None when no account is known."""

    hash: str
    author: str | None
    parents: tuple[str, ...] = ()


@frozen
class SourceMoved:
    """From then on (ISO time) the pull request's source was this commit."""

    at: str
    source: str


@frozen
class Approved:
    """An account approved then (ISO time)."""

    at: str
    by: str


@frozen
class Verdict:
    """Hashes in the order of the commits; `removed` says that an approval's commits are no longer there."""

    approved: tuple[str, ...]
    not_approved: tuple[str, ...]
    by_unknown_author: tuple[str, ...]
    removed: bool

    @property
    def all_approved(self) -> bool:
        """There is at least one commit, and somebody else approved each."""
        return bool(self.approved) and not self.not_approved

    @property
    def validated(self) -> bool:
        """Every commit is by an author whose account is known."""
        return not self.by_unknown_author


def judge(
    commits: Sequence[Commit],
    moves: Iterable[SourceMoved],
    approvals: Iterable[Approved],
    *,
    members: frozenset[str] | None,
) -> Verdict:
    """Which commits are covered by an approval of someone other than their author.

    Args:
        commits: newest first, as Bitbucket lists them.
        moves: in any order.
        approvals: those of people who still approve; who is not among `members` approves nothing.
        members: the keys of the workspace's accounts; None when they are not read, and then every account counts.
    """
    by_hash = {commit.hash: commit for commit in commits}
    ordered = sorted(moves, key=lambda move: instant(move.at))
    approvers: dict[str, set[str]] = {commit.hash: set() for commit in commits}
    removed = False
    for approval in approvals:
        source = _source_at(approval.at, ordered)
        if source is None or not is_known(approval.by, members):
            continue
        tip = _find(source, by_hash)
        removed = removed or (tip is None and bool(commits))
        for covered in _down_from(tip, commits, by_hash):
            approvers[covered].add(approval.by)
    approved = {commit.hash for commit in commits if approvers[commit.hash] - {commit.author}}
    return Verdict(
        approved=tuple(commit.hash for commit in commits if commit.hash in approved),
        not_approved=tuple(commit.hash for commit in commits if commit.hash not in approved),
        by_unknown_author=tuple(commit.hash for commit in commits if not is_known(commit.author, members)),
        removed=removed,
    )


def is_known(account: str | None, members: frozenset[str] | None) -> bool:
    """Whether the account is known and, as far as that was read, belongs to the workspace."""
    return account is not None and (members is None or account in members)


def _source_at(moment: str, moves: Sequence[SourceMoved]) -> str | None:
    """The source commit at that time; None when the feed does not reach back so far."""
    earlier = [move.source for move in moves if instant(move.at) <= instant(moment)]
    return earlier[-1] if earlier else None


def _find(source: str, by_hash: Mapping[str, Commit]) -> str | None:
    """The commit that a hash of either length names."""
    if source in by_hash:
        return source
    return next((found for found in by_hash if found.startswith(source) or source.startswith(found)), None)


def _down_from(tip: str | None, commits: Sequence[Commit], by_hash: Mapping[str, Commit]) -> Iterable[str]:
    """The tip and what it was built on, as far as it is in the pull request."""
    if tip is None:
        return ()
    if not any(commit.parents for commit in commits):
        hashes = [commit.hash for commit in commits]
        return hashes[hashes.index(tip) :]
    reached: dict[str, None] = {}
    waiting = [tip]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached[current] = None
            parents = (_find(parent, by_hash) for parent in by_hash[current].parents)
            waiting.extend(parent for parent in parents if parent)
    return reached
