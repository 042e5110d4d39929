"""Send requests on the way that the settings name, and on no other that the environment may suggest."""

from __future__ import annotations

import functools
import ssl
from pathlib import Path

import httpx

from bbsync.errors import SettingsError
from bbsync.network.settings import NetworkSettings
from bbsync.network.wire import WHOLE, in_time

#: An idle connection is kept this long, in seconds. Below 5 the pool closes connections that are about to be used.
KEEPALIVE = 30.0


class Way(httpx.BaseTransport):
    """The network: HTTP/1.1 (see specs/decisions), through the proxy where there is one.

    httpx itself looks at no variable: what goes where is decided here, and nobody's .netrc is read.

    Args:
        network: the proxy, and whose certificates are trusted.
        connections: as many as there are requests at once, and all of them kept, so that none ever waits.
        whole: seconds that an exchange may take from its first byte to its last.
    """

    def __init__(self, network: NetworkSettings, connections: int, whole: float = WHOLE) -> None:
        self._network = network
        self._whole = whole
        self._limits = httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEPALIVE
        )
        self._trusted = trusted(network.cert_file, network.cert_dir)
        self._straight = self._transport(None)
        self._proxied = self._transport(network.require_proxy()) if network.proxy else self._straight

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it to its host, or through the proxy."""
        straight = self._network.goes_past(request.url.host)
        return (self._straight if straight else self._proxied).handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        self._straight.close()
        self._proxied.close()

    def _transport(self, proxy: str | None) -> httpx.HTTPTransport:
        return in_time(
            httpx.HTTPTransport(
                verify=self._trusted, trust_env=False, http1=True, http2=False, limits=self._limits, proxy=proxy
            ),
            self._whole,
        )


@functools.cache  # reading the well-known certificates takes longer than many a request
def trusted(cert_file: Path | None, cert_dir: Path | None) -> ssl.SSLContext:
    """Whose certificates are trusted.

    Raises:
        SettingsError: the file or directory cannot be read, or holds none.
    """
    if cert_file is None and cert_dir is None:
        return httpx.create_ssl_context(trust_env=False)
    name, place = ("SSL_CERT_FILE", cert_file) if cert_file else ("SSL_CERT_DIR", cert_dir)
    try:
        return ssl.create_default_context(cafile=cert_file, capath=cert_dir)
    except OSError as error:  # ssl's own errors, too
        why = "It holds no certificate in PEM." if isinstance(error, ssl.SSLError) else f"{error.strerror}."
    raise SettingsError(
        f"{name} ({place}) cannot be used",
        why=why,
        next_step=f"Set {name} to the certificates of your authorities, or leave it unset.",
    )
