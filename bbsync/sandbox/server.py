"""Serve an app on a loopback address, with the faults that only a socket can have."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

#: A stand-in is a function. The same function serves httpx.MockTransport in process and sockets here.
App = Callable[[httpx.Request], httpx.Response]

LOOPBACK = "127.0.0.1"

#: Set in a response's `extensions` to close the connection after that many bytes of the body.
TRUNCATE = "truncate"


class ResetConnection(httpx.ReadError):
    """Raised by an app to reset the connection instead of answering."""

    def __init__(self) -> None:
        super().__init__("the stand-in reset the connection")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: the second would wait for an answer to the first
    server: _Server

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = httpx.Request(
            self.command,
            f"{self.server.origin}{self.path}",
            headers=list(self.headers.items()),
            content=self.rfile.read(length),
        )
        try:
            response = self.server.app(request)
        except ResetConnection:
            self._reset()
            return
        self._send(response)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _answer  # noqa: N815 - names http.server looks for

    def _send(self, response: httpx.Response) -> None:
        body = response.content
        self.send_response_only(response.status_code)
        for name, text in response.headers.multi_items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        if "date" not in response.headers:
            self.send_header("Date", self.date_time_string())
        self.end_headers()
        cut = response.extensions.get(TRUNCATE)
        if self.command != "HEAD":
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own parameter name
        """Stand-ins are quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app: App, port: int) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.app = app
        self.origin = f"http://{LOOPBACK}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is not worth a traceback."""


@contextlib.contextmanager
def serve(app: App, port: int = 0) -> Iterator[str]:
    """Serve the app until the block ends; yields its origin, such as `http://127.0.0.1:40123`."""
    server = _Server(app, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.origin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
