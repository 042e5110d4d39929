"""Which scopes reading needs, and which the consumers have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from bbsync.bitbucket.settings import CONSUMERS_PAGE
from bbsync.errors import ConsumerError

#: Scopes by what Bitbucket's page calls them, which is where people tick them.
LABELS = {
    "account": "Account: Read",
    "project": "Projects: Read",
    "repository": "Repositories: Read",
    "pullrequest": "Pull requests: Read",
    "repository:admin": "Repositories: Admin",
}

ADMIN = "repository:admin"

#: What a scope brings with it. Admin scopes bring nothing, not even reading.
_IMPLIED = {
    "project": ("repository",),
    "pullrequest": ("repository",),
    "account:write": ("account",),
    "project:write": ("project", "repository"),
    "repository:write": ("repository",),
    "pullrequest:write": ("pullrequest", "repository:write", "repository"),
}


@frozen
class Granted:
    """What every consumer may do. Without `admin`, permissions and branch restrictions cannot be read.

    `without_admin` names the consumers that lack it, and `unchecked` those that were told to ask for a token later.
    """

    scopes: frozenset[str]
    without_admin: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def admin(self) -> bool:
        """Whether permissions and branch restrictions can be read by every consumer."""
        return ADMIN in self.scopes


#: Of consumers that could not be asked, nothing is known to be lacking.
EVERYTHING = Granted(frozenset(LABELS))


def needed(*, pull_requests: bool) -> tuple[str, ...]:
    """The scopes without which there is no reading."""
    return ("account", "project", "repository", "pullrequest")[: 4 if pull_requests else 3]


def effective(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes and what they imply."""
    given = frozenset(scopes)
    return given.union(*(_IMPLIED.get(scope, ()) for scope in given))


def check_scopes(granted: Mapping[str, frozenset[str]], *, pull_requests: bool) -> Granted:
    """What all consumers may do, from the scopes of each by its name.

    Raises:
        ConsumerError: a consumer lacks a scope that is needed; all of them are named.
    """
    every = {name: effective(scopes) for name, scopes in granted.items()}
    lacking = {
        name: [need for need in needed(pull_requests=pull_requests) if need not in have] for name, have in every.items()
    }
    if any(lacking.values()):
        raise _missing({name: scopes for name, scopes in lacking.items() if scopes}, pull_requests=pull_requests)
    shared = frozenset.intersection(*every.values()) if every else frozenset()
    return Granted(shared, tuple(name for name, have in every.items() if ADMIN not in have))


def _missing(lacking: Mapping[str, list[str]], *, pull_requests: bool) -> ConsumerError:
    sentences = [
        f"{name} lacks {', '.join(f'{scope} ({LABELS[scope]})' for scope in scopes)}"
        for name, scopes in lacking.items()
    ]
    switch = any("pullrequest" in scopes for scopes in lacking.values()) and pull_requests
    return ConsumerError(
        "; ".join(sentences),
        next_step=f"Tick what is missing under {CONSUMERS_PAGE} > Edit > Permissions"
        + (", or set ingest = false in [pull_requests] of bbsync.toml." if switch else "."),
        code="BB-SCOPE",
    )
