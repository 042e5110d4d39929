"""Addresses that may be used, and those that may not."""

from __future__ import annotations

import pytest

from bbsync.errors import SettingsError
from bbsync.settings.address import address


@pytest.mark.parametrize(
    "text",
    [
        "https://api.bitbucket.org",
        "https://proxy.example:8443/bitbucket",
        "http://127.0.0.1:4000",
        "http://127.9.9.9",
        "http://localhost:4000/api",
        "http://[::1]:4000",
    ],
)
def test_https_and_loopback_are_accepted_as_they_are(text: str) -> None:
    """https is fine everywhere, plain http on this machine."""
    assert address("BITBUCKET_URL", text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://bitbucket.org", "plain http"),
        ("http://localhost.example", "plain http"),
        ("http://10.0.0.1", "plain http"),
        ("ftp://bitbucket.org", "begins with https"),
        ("bitbucket.org", "begins with https"),
        ("https://", "begins with https"),
        ("https://host/a path", "begins with https"),
        ("https://user:hunter2@host", "user name or a password"),
        ("https://host/?token=hunter2", "a query or a fragment"),
        ("https://host:port", "is not an address"),
        ("https://[::1", "is not an address"),
    ],
)
def test_everything_else_is_refused_without_repeating_it(text: str, reason: str) -> None:
    """The sentence names the variable and the reason; an address may hold a password, so it is not shown."""
    with pytest.raises(SettingsError, match=reason) as caught:
        address("BITBUCKET_URL", text)

    assert str(caught.value).startswith("BITBUCKET_URL ")
    assert "hunter2" not in str(caught.value)
