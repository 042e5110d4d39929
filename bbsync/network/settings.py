"""What the environment says about the way out: a proxy, what goes past it, and certificates of one's own."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from attrs import field, frozen

from bbsync.errors import SettingsError
from bbsync.secret import Secret


@frozen
class NetworkSettings:
    """The way out. Without a proxy every request goes straight to its host.

    Attributes:
        proxy: the address of an HTTP proxy; a secret, as it may hold a password.
        past: hosts, domains and networks that are reached past the proxy; "*" for all.
        cert_file: certificates of authorities that are trusted, instead of the well-known ones.
        cert_dir: the same, as a directory.
    """

    proxy: Secret = field(factory=Secret)
    past: tuple[str, ...] = ()
    cert_file: Path | None = None
    cert_dir: Path | None = None

    def goes_past(self, host: str) -> bool:
        """Whether the host is reached without the proxy: this machine always is."""
        host = host.lower().strip("[]").rstrip(".")
        return not self.proxy or is_loopback(host) or any(_covers(entry, host) for entry in self.past)

    def require_proxy(self) -> str:
        """The address of the proxy.

        Raises:
            SettingsError: it is none that can be used; the error does not repeat it.
        """
        text = self.proxy.reveal()
        address = text if "://" in text else f"http://{text}"
        try:
            parts = urlsplit(address)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise SettingsError(
                "HTTPS_PROXY is not the address of an HTTP proxy",
                why="Proxies are spoken to in HTTP; SOCKS is not among what bbsync speaks.",
                next_step="Set HTTPS_PROXY to an address such as http://proxy.example:3128, or leave it unset.",
            )
        return address


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and cannot be another."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _covers(entry: str, host: str) -> bool:
    """Whether an element of NO_PROXY is about the host: itself, a domain above it, or a network it is in."""
    entry = entry.lower().strip("[]")
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        domain = entry.removeprefix("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
