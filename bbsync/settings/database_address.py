"""Where a database is: the address from bbsync.toml or the environment, the password from the environment alone."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from bbsync.errors import SettingsError
from bbsync.secret import SHORTEST, Secret
from bbsync.settings.environment import Environment

#: How addresses of servers begin; other databases are files, and have no password.
_SERVERS = ("postgresql", "postgres")


def database_address(table: str, policy: str, environment: Environment) -> str:
    """The address of the database of that table, complete with its password: to be kept out of sight.

    Raises:
        SettingsError: the password stands where everybody reads it, or has nobody to belong to.
    """
    name = f"BBSYNC_{table.upper()}_PASSWORD"
    if _has_password(policy):
        raise SettingsError(
            f"url in [{table}] of bbsync.toml holds a password",
            why="That file is reviewed, and read by many.",
            next_step=f"Take the password out of the url, and set {name}, or {name}_FILE.",
        )
    address = environment.text(f"BBSYNC_{table.upper()}_URL", policy)
    password = Secret(environment.text(name))
    return _with_password(address, name, password) if password and _is_server(address) else address


def _with_password(address: str, name: str, password: Secret) -> str:
    if len(password.reveal()) < SHORTEST:
        raise SettingsError(
            f"{name} has fewer than {SHORTEST} characters",
            why="So short a secret cannot be told from other words, and so not be kept out of what is shown.",
            next_step="Give the user a longer password.",
        )
    parts = _parts(address)
    if parts is None or not parts.username or parts.password is not None:
        raise SettingsError(
            f"{name} is set, but the url names no user, or a password of its own",
            next_step='Set the url as in "postgresql://user@host/database", without a password.',
        )
    user, _, place = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(password.reveal(), safe='')}@{place}").geturl()


def _is_server(address: str) -> bool:
    return address.partition(":")[0].partition("+")[0].lower() in _SERVERS


def _has_password(address: str) -> bool:
    parts = _parts(address)
    return parts is not None and (parts.password is not None or "password" in parse_qs(parts.query))


def _parts(address: str) -> SplitResult | None:
    """The parts of an address; None for one that has none, about which whoever opens it complains."""
    try:
        return urlsplit(address)
    except ValueError:
        return None
