"""Nothing that a service sends, or fails to send, keeps a connection waiting or fills memory."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import httpx
import pytest

from bbsync.network.settings import NetworkSettings
from bbsync.network.way import Way
from bbsync.network.whole import MEBIBYTE, AnswerTooLarge, read_whole
from bbsync.network.wire import in_time
from bbsync.secret import Secret

REQUEST = httpx.Request("GET", "https://api.bitbucket.org/2.0/x", headers={"authorization": "Bearer token-0123456789"})

#: How long an exchange may take here, in seconds, and between two bytes of a service that takes its time.
WHOLE, DRIP = 0.4, 0.02


@contextlib.contextmanager
def listening(answer: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A service that answers with whatever this does to the connection; it is told when the test is over."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.recv(65_536)
                        answer(connection, over)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def dripping(head: bytes, drop: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Sends the head, and then one drop after the other until somebody hangs up."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        while not over.wait(DRIP):
            connection.sendall(drop)

    return answer


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"H"),
        (b"", b""),
    ],
)
def test_an_answer_that_never_ends_ends_in_a_timeout(head: bytes, drop: bytes) -> None:
    """A byte now and then, in the body, in the head or before it, and nothing at all: each read would be in time."""
    with (
        listening(dripping(head, drop)) as origin,
        httpx.Client(transport=in_time(httpx.HTTPTransport(), WHOLE), timeout=5) as client,
        pytest.raises((httpx.ReadTimeout, httpx.RemoteProtocolError)) as caught,
    ):
        client.get(origin)

    assert "illegal" in str(caught.value) or isinstance(caught.value, httpx.ReadTimeout)


@pytest.mark.parametrize("through_a_proxy", [False, True])
def test_every_way_out_is_in_time(through_a_proxy: bool) -> None:
    """Straight to a host, or through a proxy that itself takes its time."""
    with listening(dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")) as origin:
        network = NetworkSettings(Secret(origin)) if through_a_proxy else NetworkSettings()
        place = "http://api.example.test/" if through_a_proxy else origin
        with httpx.Client(transport=Way(network, 1, WHOLE), timeout=5) as client, pytest.raises(httpx.ReadTimeout):
            client.get(place)


def test_each_exchange_has_a_time_of_its_own() -> None:
    """A connection that is kept lives longer than one exchange may take."""
    now = 0.0

    def answer(connection: socket.socket, _over: threading.Event) -> None:
        for _ in range(3):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.recv(65_536)

    with (
        listening(answer) as origin,
        httpx.Client(transport=in_time(httpx.HTTPTransport(), WHOLE, clock=lambda: now)) as client,
    ):
        for _ in range(3):
            assert client.get(origin).text == "ok"
            now += 0.9 * WHOLE


def test_who_does_not_take_what_is_sent_is_left() -> None:
    """Uploading to somebody who reads nothing ends as well."""

    def answer(_connection: socket.socket, over: threading.Event) -> None:
        over.wait(10)

    with (
        listening(answer) as origin,
        httpx.Client(transport=in_time(httpx.HTTPTransport(), WHOLE), timeout=5) as client,
        pytest.raises(httpx.WriteTimeout),
    ):
        client.post(origin, content=bytes(32 * MEBIBYTE))


def test_a_head_without_end_is_refused() -> None:
    """Headers take no more than a few hundred kilobytes."""
    with (
        listening(dripping(b"HTTP/1.1 200 OK\r\n" + b"X-Much: " + b"y" * 400_000, b"y")) as origin,
        httpx.Client(transport=in_time(httpx.HTTPTransport(), 5)) as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get(origin)


def _streamed(*parts: bytes, encoding: str = "") -> httpx.Response:
    class Stream(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from parts

    return httpx.Response(200, stream=Stream(), headers={"content-encoding": encoding} if encoding else {})


def _peak(work: Callable[[], object]) -> int:
    """The memory that the work takes at most, in bytes."""
    tracemalloc.start()
    try:
        with contextlib.suppress(httpx.HTTPError):
            work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _bomb(layers: int = 1) -> bytes:
    """64 MiB of nothing in 64 KiB, or, in more layers, in next to nothing."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(packer.compress(bytes(MEBIBYTE)) for _ in range(64)) + packer.flush()
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


@pytest.mark.parametrize(("layers", "encoding"), [(1, "gzip"), (2, "gzip, gzip"), (2, "gzip")])
def test_a_bomb_does_not_go_off(layers: int, encoding: str) -> None:
    """A thousand times what arrived, packed once or twice, takes a few times the bound at most."""
    bomb = _bomb(layers)
    largest = 2 * MEBIBYTE

    peak = _peak(lambda: read_whole(_streamed(bomb, encoding=encoding), REQUEST, largest))

    assert peak < 5 * largest


def test_an_endless_body_is_left_at_the_bound() -> None:
    """No more is read than may be kept."""
    taken = 0

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            nonlocal taken
            while True:
                taken += 65_536
                yield bytes(65_536)

    with pytest.raises(AnswerTooLarge, match="more than 1 MiB"):
        read_whole(httpx.Response(200, stream=Endless()), REQUEST, MEBIBYTE)

    assert taken <= MEBIBYTE + 65_536


@pytest.mark.parametrize("body", [b"[" + b"[]," * 5000 + b"1]", b"{" + b'"":{},' * 5000, b"[" * 10_000])
def test_small_values_are_counted(body: bytes) -> None:
    """Three bytes of JSON may take a hundred in memory, so the number of values is bounded, too."""
    with pytest.raises(AnswerTooLarge, match="more than 5,000 values"):
        read_whole(_streamed(body), REQUEST, MEBIBYTE, 5000)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "compress", "gzip, gzip", "gzip,br", "x"])
def test_what_was_not_asked_for_is_not_unpacked(encoding: str) -> None:
    """gzip is asked for, once; whatever else comes is refused unseen."""
    with pytest.raises(httpx.DecodingError, match="not asked for"):
        read_whole(_streamed(b"whatever", encoding=encoding), REQUEST)


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"x" * 1000, mtime=0)[:-9]])
def test_damaged_packing_is_refused(body: bytes) -> None:
    """Half an answer is none."""
    with pytest.raises(httpx.DecodingError):
        read_whole(_streamed(body, encoding="gzip"), REQUEST)


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_whatever_is_within_bounds_comes_out_whole(size: int) -> None:
    """However it is cut into parts."""
    body = bytes(number % 251 for number in range(size))
    packed = gzip.compress(body)

    plain = read_whole(_streamed(*(body[at : at + 7] for at in range(0, size, 7))), REQUEST)
    unpacked = read_whole(
        _streamed(*(packed[at : at + 3] for at in range(0, len(packed), 3)), encoding="gzip"), REQUEST
    )

    assert plain.content == unpacked.content == body


def test_an_empty_answer_may_say_it_is_packed() -> None:
    """There is nothing to unpack."""
    assert read_whole(_streamed(encoding="gzip"), REQUEST).content == b""
