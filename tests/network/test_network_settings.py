"""Which way a host is reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from bbsync.errors import SettingsError
from bbsync.network.settings import NetworkSettings
from bbsync.secret import Secret
from bbsync.settings import load_settings

PROXY = Secret("http://somebody:planted-password@proxy.example:3128")


@pytest.mark.parametrize(
    ("past", "host", "straight"),
    [
        ((), "api.bitbucket.org", False),
        ((), "127.0.0.1", True),
        ((), "[::1]", True),
        ((), "localhost", True),
        ((), "localhost.example", False),
        (("*",), "api.bitbucket.org", True),
        (("bitbucket.org",), "api.bitbucket.org", True),
        (("bitbucket.org",), "bitbucket.org", True),
        (("Bitbucket.ORG",), "API.bitbucket.org.", True),
        ((".bitbucket.org",), "api.bitbucket.org", True),
        (("*.bitbucket.org",), "api.bitbucket.org", True),
        (("bitbucket.org",), "notbitbucket.org", False),
        (("example", "10.0.0.0/8"), "10.1.2.3", True),
        (("10.0.0.0/8",), "11.1.2.3", False),
        (("fd00::/8",), "[fd00::1]", True),
        ((".", ""), "api.bitbucket.org", False),
    ],
)
def test_what_goes_past_the_proxy(past: tuple[str, ...], host: str, straight: bool) -> None:
    """This machine always; hosts, domains and networks that are named."""
    assert NetworkSettings(PROXY, past).goes_past(host) is straight


def test_without_a_proxy_everything_goes_straight() -> None:
    """There is nothing to go past."""
    assert NetworkSettings().goes_past("api.bitbucket.org")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("https://proxy.example", "https://proxy.example"),
        ("proxy.example:3128", "http://proxy.example:3128"),
    ],
)
def test_a_proxy_may_be_written_without_its_scheme(given: str, address: str) -> None:
    """As other programs take it."""
    assert NetworkSettings(Secret(given)).require_proxy() == address


@pytest.mark.parametrize("given", ["socks5://somebody:planted@proxy:1080", "http://", "http://proxy:port", "http://[x"])
def test_another_kind_of_proxy_is_refused(given: str) -> None:
    """In a sentence that does not repeat the password in it."""
    with pytest.raises(SettingsError, match="HTTPS_PROXY is not the address of an HTTP proxy") as caught:
        NetworkSettings(Secret(given)).require_proxy()

    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_the_proxy_is_the_one_that_other_programs_use(name: str) -> None:
    """Capital letters or small ones, for https or for everything."""
    settings = load_settings(
        config=None, environ={name: "http://proxy.example:3128", "no_proxy": "a.example, b.example"}
    )

    assert settings.network.require_proxy() == "http://proxy.example:3128"
    assert settings.network.past == ("a.example", "b.example")


def test_the_nearer_variable_wins() -> None:
    """Small letters before capital ones, as curl has it; https before everything."""
    environ = {"ALL_PROXY": "http://all", "HTTPS_PROXY": "http://capital", "https_proxy": "http://small"}

    assert load_settings(config=None, environ=environ).network.require_proxy() == "http://small"


def test_certificates_of_ones_own_are_named_by_the_usual_variables() -> None:
    """A file or a directory."""
    environ = {"SSL_CERT_FILE": "/etc/ours.pem", "SSL_CERT_DIR": "/etc/ours"}

    network = load_settings(config=None, environ=environ).network

    assert (network.cert_file, network.cert_dir) == (Path("/etc/ours.pem"), Path("/etc/ours"))


def test_the_password_of_a_proxy_is_in_no_repr() -> None:
    """Nor in what the settings are known by."""
    settings = load_settings(config=None, environ={"HTTPS_PROXY": PROXY.reveal()})

    assert "planted" not in f"{settings!r} {settings.fingerprint()}"
