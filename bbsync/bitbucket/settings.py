"""What is set about Bitbucket: where it is, which consumers ask, what is read, how much may be asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NewType
from urllib.parse import urlsplit

from attrs import field, frozen

from bbsync.errors import SettingsError
from bbsync.secret import Secret
from bbsync.setting import setting

#: A length of time. In bbsync.toml it is written with its unit: "24h", "30m", "0s".
Seconds = NewType("Seconds", int)

DAY = Seconds(86_400)
NEVER = Seconds(0)

CLIENT_KEY = "BITBUCKET_CLIENT_KEY"
CLIENT_SECRET = "BITBUCKET_CLIENT_SECRET"  # noqa: S105 - the name of a variable, not a secret

#: Where people make consumers, in the words of Bitbucket's own pages.
CONSUMERS_PAGE = "Workspace settings > OAuth consumers"

#: Failed requests that a run sends again, altogether. It is enough for a bad minute, and little beside a run's calls.
RETRIES = 100

#: A workspace itself, and its members, groups, projects and repositories, at one page each.
CALLS_OF_A_WORKSPACE = 5

_SERVER_PATH = re.compile(r"/(rest|projects|scm|stash)(/|$)", re.IGNORECASE)
_SERVER_PORTS = frozenset({7990, 7999})


@frozen
class ConsumerCredentials:
    """The key and the secret of one OAuth consumer."""

    key: str = field(repr=False)
    secret: Secret


@frozen
class BitbucketSettings:
    """Where Bitbucket is, and the consumers that ask it. Tokens come from `url`, everything else from `api_url`."""

    consumers: tuple[ConsumerCredentials, ...] = ()
    url: str = "https://bitbucket.org"
    api_url: str = "https://api.bitbucket.org"


@frozen
class PullRequestSettings:
    """Whether pull requests are read, how much of each, and how far back."""

    ingest: bool = setting(True, "Whether pull requests are read; those in the graph are kept where they are not.")
    enriched: bool = setting(False, "Whether to keep who is asked to review, and who reviewed; it costs no more calls.")
    window: Seconds = setting(
        DAY, "How far back pull requests are read; after a missed run it goes back further by itself."
    )


@frozen
class RefreshSettings:
    """How old a listing may be before it is read again; "0s" means in every run."""

    permissions: Seconds = setting(NEVER, "Permissions of repositories; a changed repository is read at once.")
    branch_restrictions: Seconds = setting(NEVER, "Branch restrictions; a changed repository is read at once.")


@frozen
class LimitSettings:
    """How many calls at once, how many an hour for each consumer, and what to do when all are spent."""

    concurrency: int = setting(16, "How many requests are under way at once.", at_least=1, at_most=256)
    calls_per_hour: int = setting(1000, "What each consumer may ask within an hour.", at_least=1)
    on_exhausted: Literal["fail", "wait", "partial"] = setting(
        "fail",
        "What to do when every consumer is spent: end without a plan, wait until one is free again, or plan with what"
        " was read.",
    )
    calls_budget: int = setting(
        0,
        'Requests that a run may send, those for tokens too; then it goes on as with "partial". 0: no bound.',
        at_least=0,
    )
    retries: int = setting(
        RETRIES,
        "Failed requests (5xx, resets, timeouts) that a run sends again, altogether; each is another call.",
        at_least=0,
    )


def split_list(name: str, text: str) -> tuple[str, ...]:
    """The elements of a comma-separated variable, without the white space around them; none of them is empty."""
    elements = tuple(element.strip() for element in text.split(",")) if text.strip() else ()
    if "" in elements:
        raise SettingsError(
            f"element {elements.index('') + 1} of {len(elements)} in {name} is empty",
            next_step="Remove the comma that is too many, or fill in the element.",
        )
    return elements


def pair_consumers(keys: str, secrets: str) -> tuple[ConsumerCredentials, ...]:
    """The consumers that two comma-separated lists name, in their order."""
    _refuse_missing(keys, secrets)
    key_list, secret_list = split_list(CLIENT_KEY, keys), split_list(CLIENT_SECRET, secrets)
    if len(key_list) != len(secret_list):
        raise SettingsError(
            f"{CLIENT_KEY} has {len(key_list)} elements and {CLIENT_SECRET} has {len(secret_list)}",
            next_step="Give one secret for every key, in the same order, separated by commas.",
        )
    _refuse_repeated(key_list)
    return tuple(ConsumerCredentials(key, Secret(secret)) for key, secret in zip(key_list, secret_list, strict=True))


def _refuse_missing(keys: str, secrets: str) -> None:
    missing = [name for name, text in ((CLIENT_KEY, keys), (CLIENT_SECRET, secrets)) if not text.strip()]
    if missing:
        raise SettingsError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set",
            why="Bitbucket is read by an OAuth consumer, which has a key and a secret.",
            next_step=f"Make a private consumer under {CONSUMERS_PAGE} and set both variables"
            " (or each with _FILE appended, naming a file that holds the text).",
        )


def _refuse_repeated(keys: Sequence[str]) -> None:
    for position, key in enumerate(keys):
        first = keys.index(key)
        if first < position:
            raise SettingsError(
                f"elements {first + 1} and {position + 1} of {CLIENT_KEY} are the same key (it ends in {key[-4:]})",
                why="Calls are counted for each consumer, so that naming one twice brings nothing.",
                next_step=f"Remove one of the two, and its secret in {CLIENT_SECRET}.",
            )


def refuse_small_budget(budget: int, *, consumers: int, workspaces: int) -> None:
    """Raise if a run with that budget would see nothing: there is a bound, and it is below what comes first."""
    smallest = consumers + CALLS_OF_A_WORKSPACE * workspaces
    if 0 < budget < smallest:
        raise SettingsError(
            f"a budget of {budget} calls is too small",
            why=f"A token for each consumer ({consumers}), and {CALLS_OF_A_WORKSPACE} calls for each workspace"
            f" ({workspaces}), come before everything else.",
            next_step=f"Set calls_budget in [limits] to {smallest} or more, or remove it.",
        )


def refuse_server(name: str, address: str) -> None:
    """Raise if an address is one of Bitbucket Server or Data Center, or holds the API's version already."""
    parts = urlsplit(address)
    if _SERVER_PATH.search(parts.path) or parts.port in _SERVER_PORTS or "stash" in str(parts.hostname):
        raise SettingsError(
            f"{name} is the address of a Bitbucket Server or Data Center",
            why="bbsync reads Bitbucket Cloud only; the two have different APIs.",
            next_step=f"Leave {name} unset to use Bitbucket Cloud.",
        )
    if re.search(r"/[12]\.0(/|$)", parts.path):
        raise SettingsError(
            f"{name} holds the API's version",
            why="bbsync itself appends /2.0 and /1.0, as it needs both.",
            next_step=f"Set {name} to the address without it, such as https://api.bitbucket.org.",
        )
