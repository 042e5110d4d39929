"""Addresses of services: https everywhere, plain http for loopback alone."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from bbsync.errors import SettingsError
from bbsync.network.settings import is_loopback


def address(name: str, text: str) -> str:
    """The address as given, if it may be used; the error never repeats it, as it may hold a password."""
    problem = _problem(text)
    if problem:
        raise SettingsError(
            f"{name} {problem}", next_step=f"Set {name} to an address such as https://host.example, or leave it unset."
        )
    return text


def _problem(text: str) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(letter.isspace() for letter in text):
        return "is not an address that begins with https://"
    return _risk(parts)


def _risk(parts: SplitResult) -> str:
    if "@" in parts.netloc:
        return "holds a user name or a password, which have no place in an address"
    if parts.query or parts.fragment:
        return "has a query or a fragment, which have no place here"
    if parts.scheme == "http" and not is_loopback(str(parts.hostname)):
        return "is plain http, which is accepted for loopback addresses alone"
    return ""
