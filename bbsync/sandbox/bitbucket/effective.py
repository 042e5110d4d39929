"""What each account may do in a repository once its groups are counted in."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from bbsync.sandbox.bitbucket.world import Account, Grant, Group, Repository

_RANKS = ("read", "write", "admin")


@frozen(eq=False)
class Effective:
    """The highest permission of an account on a repository."""

    repository: Repository
    account: Account
    permission: str


def effective_permissions(repository: Repository) -> list[Effective]:
    """One for each account that may do anything, in the order of the grants."""
    highest: dict[str, Effective] = {}
    for grant in repository.grants:
        if grant.permission in _RANKS:
            for account in _accounts(grant):
                _raise(highest, Effective(repository, account, grant.permission))
    return list(highest.values())


def _accounts(grant: Grant) -> Iterator[Account]:
    if isinstance(grant.holder, Group):
        yield from grant.holder.members
    else:
        yield grant.holder


def _raise(highest: dict[str, Effective], found: Effective) -> None:
    if found.account.uuid is None:
        return
    known = highest.get(found.account.uuid)
    if known is None or _RANKS.index(known.permission) < _RANKS.index(found.permission):
        highest[found.account.uuid] = found
