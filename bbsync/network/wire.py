"""Connections that do not wait for ever: whatever is asked is answered whole within a time, or not at all.

A timeout of httpx is about the next bytes. A service that sends one of them every few seconds, or one interim answer
after the other, would keep a run waiting for days without ever running into it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore
import httpx

#: Seconds from the first byte of a request to the last of its answer.
WHOLE = 180.0

#: Bytes that are written between two looks at the clock.
_PIECE = 65_536


def in_time(
    transport: httpx.HTTPTransport, whole: float = WHOLE, clock: Callable[[], float] = time.monotonic
) -> httpx.HTTPTransport:
    """The transport, each of whose exchanges ends within so many seconds, in a timeout if need be."""
    pool = transport._pool  # noqa: SLF001 - httpcore takes a network of one's own, which httpx does not hand on
    pool._network_backend = _Network(pool._network_backend, whole, clock)  # noqa: SLF001 - as above
    return transport


class _Network(httpcore.NetworkBackend):
    """Opens connections that know how long an exchange may take."""

    def __init__(self, inner: httpcore.NetworkBackend, whole: float, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._whole = whole
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._whole, self._clock)


class _Stream(httpcore.NetworkStream):
    """A connection. What is written after something was read begins the next exchange."""

    def __init__(self, inner: httpcore.NetworkStream, whole: float, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._whole = whole
        self._clock = clock
        self._until: float | None = None
        self._answering = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._answering = True
        return self._inner.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._answering or self._until is None:
            self._answering, self._until = False, self._clock() + self._whole
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], self._left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._whole, self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def _left(self, timeout: float | None, late: type[Exception]) -> float | None:
        """What may be waited for the next bytes: the timeout, or what is left of the exchange."""
        if self._until is None:
            return timeout
        left = self._until - self._clock()
        if left <= 0:
            raise late(f"no whole answer within {self._whole:g} seconds")
        return left if timeout is None else min(left, timeout)
