"""A proxy on loopback that notes what it is asked, and gives the same answer to everything."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
REFUSAL = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@define
class Proxy:
    """Where it is, and the heads of the requests that came, in small letters."""

    address: str
    heads: list[str] = field(factory=list)

    @property
    def asked(self) -> list[str]:
        """The first lines."""
        return [head.splitlines()[0] for head in self.heads]


@contextmanager
def proxy(answer: bytes = ANSWER) -> Iterator[Proxy]:
    """The proxy, as long as the block lasts."""

    class Handler(socketserver.StreamRequestHandler):
        """Reads one head and answers."""

        def handle(self) -> None:
            lines = iter(self.rfile.readline, b"\r\n")
            noted.heads.append(b"".join(lines).decode().lower())
            self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        noted = Proxy(f"127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield noted
        finally:
            server.shutdown()
            thread.join()
