"""What is set about JupiterOne: the account, its keys, where it is, and which part of the graph is ours."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from attrs import Attribute, frozen

from bbsync.errors import SettingsError
from bbsync.secret import Secret
from bbsync.setting import setting

READ_KEY = "JUPITERONE_API_KEY"
SYNC_KEY = "JUPITERONE_SYNC_API_KEY"

DEFAULT_SCOPE = "bbsync"

#: J1QL queries that JupiterOne answers an account within two minutes, and more than it has ever granted anybody.
QUERIES, MOST_QUERIES = 120, 100_000

DEFAULT_API_URL = "https://api.us.jupiterone.io"
DEFAULT_GRAPHQL_URL = "https://graphql.us.jupiterone.io/"


def _one_of_two(policy: JupiterOnePolicy, _attribute: Attribute[str], instance: str) -> None:
    if instance and policy.scope:
        message = "integration_instance_id and scope exclude each other; remove one of them"
        raise ValueError(message)


def _of_one(policy: JupiterOnePolicy, _attribute: Attribute[str], definition: str) -> None:
    if definition and not policy.integration_instance_id:
        message = "integration_definition goes with integration_instance_id; set that, too, or remove it"
        raise ValueError(message)


@frozen
class JupiterOnePolicy:
    """Which part of JupiterOne's graph is ours, a scope or an integration instance, and how it is read and written."""

    scope: str = setting("", 'The name of our part of the graph; if it is empty, "bbsync".', example=DEFAULT_SCOPE)
    integration_instance_id: str = setting(
        "", "The id of an instance of a custom integration, instead of a scope.", validator=_one_of_two
    )
    integration_definition: str = setting(
        "", "The type or id of that instance's definition, where it is none made for own programs.", validator=_of_one
    )
    snapshot: Literal["live", "state"] = setting(
        "live", "What plans are made from: JupiterOne's graph, or what the last apply left, where two counts agree."
    )
    raw_data: bool = setting(
        False,
        "Whether what is uploaded takes Bitbucket's items along as answered, for JupiterOne's raw data tab.",
    )
    queries_per_2_minutes: int = setting(
        QUERIES, "J1QL queries that JupiterOne allows the account.", at_least=1, at_most=MOST_QUERIES
    )


@frozen
class JupiterOneSettings:
    """The account that is written to.

    `api_key` reads the graph. `sync_api_key` writes it, and may be the key of an integration instance. Either
    `integration_instance_id` is given, or `scope` names our part of the graph.
    """

    account: str
    api_key: Secret
    sync_api_key: Secret
    api_url: str = DEFAULT_API_URL
    graphql_url: str = DEFAULT_GRAPHQL_URL
    scope: str = DEFAULT_SCOPE
    integration_instance_id: str = ""
    integration_definition: str = ""
    snapshot: Literal["live", "state"] = "live"
    raw_data: bool = False
    queries_per_2_minutes: int = QUERIES

    @property
    def place(self) -> str:
        """Our part of the account: the integration instance, or else the scope."""
        return self.integration_instance_id or self.scope

    def require_keys(self) -> None:
        """Raise if there is no key to read the graph with."""
        if not self.api_key:
            raise SettingsError(
                "JUPITERONE_API_KEY is not set",
                why=f"JUPITERONE_ACCOUNT names the account {self.account}, and reading its graph needs a key.",
                next_step="Make a key under Settings > Account Management > Key Management in JupiterOne and set"
                " JUPITERONE_API_KEY (or JUPITERONE_API_KEY_FILE, naming a file that holds it).",
            )


def require_one_region(api_url: str, graphql_url: str) -> None:
    """Refuse addresses of two regions: the graph of one would be read, and that of the other be written."""
    regions = [_region(url) for url in (api_url, graphql_url)]
    if all(regions) and regions[0] != regions[1]:
        raise SettingsError(
            f"JUPITERONE_API_URL is of the region {regions[0]}, and JUPITERONE_GRAPHQL_URL of {regions[1]}",
            why="One of them is written to and the other is read, and an account is in one region.",
            next_step="Set both to the account's region; left unset, they are of us.",
        )


def _region(url: str) -> str:
    """The region that an address of JupiterOne's names; empty for any other address."""
    found = re.fullmatch(r"(?:api|graphql)\.([a-z0-9-]+)\.jupiterone\.io", urlsplit(url).hostname or "")
    return found[1] if found else ""
