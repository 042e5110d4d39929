"""What a run is asked to look at."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from bbsync.coverage import Known


@frozen
class Wishes:
    """What a run is asked to look at.

    Attributes:
        workspaces: slugs or uuids.
        switched_off: names of kinds that are not read; the kinds below them are not read either.
        granted: OAuth scopes that every consumer has, implied ones included.
        enriched: whether reviewers are wanted.
        window: how far back pull requests are read, in seconds.
        now: epoch milliseconds, by our clock.
        known: what earlier runs found out.
        refresh: by kind name, how old a listing may be before it is read again, in seconds; a kind that is not named
            is read in every run.
        only: addresses; with any, nothing is read below a repository that they do not select.
        account_tag: written as `tag.AccountName` on every entity; empty to leave it out.
        concurrency: how many requests at once.
    """

    workspaces: tuple[str, ...]
    switched_off: frozenset[str] = frozenset()
    granted: frozenset[str] = frozenset()
    enriched: bool = False
    window: int = 86_400
    now: int = 0
    known: Known = field(factory=Known)
    refresh: Mapping[str, int] = field(factory=dict)
    only: tuple[str, ...] = ()
    account_tag: str = ""
    concurrency: int = 16
