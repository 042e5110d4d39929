"""What is set about JupiterOne: the account, its keys, where it is, and which part of the graph is ours."""

from __future__ import annotations

from typing import Literal

from attrs import Attribute, frozen

from bbsync.errors import SettingsError
from bbsync.secret import Secret
from bbsync.setting import setting

READ_KEY = "JUPITERONE_API_KEY"
SYNC_KEY = "JUPITERONE_SYNC_API_KEY"

DEFAULT_SCOPE = "bbsync"
DEFAULT_API_URL = "https://api.us.jupiterone.io"
DEFAULT_GRAPHQL_URL = "https://graphql.us.jupiterone.io/"


def _one_of_two(policy: JupiterOnePolicy, _attribute: Attribute[str], instance: str) -> None:
    if instance and policy.scope:
        message = "integration_instance_id and scope exclude each other; remove one of them"
        raise ValueError(message)


@frozen
class JupiterOnePolicy:
    """Which part of JupiterOne's graph is ours: a scope or an integration instance, not both."""

    scope: str = setting("", 'The name of our part of the graph; if it is empty, "bbsync".', example=DEFAULT_SCOPE)
    integration_instance_id: str = setting(
        "", "The id of an instance of a custom integration, instead of a scope.", validator=_one_of_two
    )
    snapshot: Literal["live", "state"] = setting("live", "Where the graph is read; so far both read JupiterOne itself.")


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
    snapshot: Literal["live", "state"] = "live"

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
