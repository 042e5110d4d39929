"""HTTP/1.1 against HTTP/2, over TLS on loopback: `python -m tests.bench.http2`. The ground of specs/decisions/0007.

It needs what bbsync does not: `pip install "httpx[http2]" hypercorn trustme` in an environment of its own.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import multiprocessing
import socket
import ssl
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from typing import Any

import httpx

REQUESTS, AT_ONCE, RUNS = 1700, 16, 5

#: Seconds until an answer is there.
LATENCY = 0.05

#: A page of pull requests is about this large.
PAGE = gzip.compress(
    json.dumps({"values": [{"id": number, "title": f"Title {number}"} for number in range(400)]}).encode()
)


async def app(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """The same page for everybody, after a while."""
    if scope["type"] != "http":
        return
    await asyncio.sleep(LATENCY)
    headers = [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": PAGE})


def serve(port: int, place: str, most: int, stop: Event) -> None:
    """Serve the app until told to stop; a connection ends after so many requests."""
    from hypercorn.asyncio import serve as hypercorn  # not among what bbsync needs
    from hypercorn.config import Config

    async def stopped() -> None:
        await asyncio.to_thread(stop.wait)

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_max_requests = most
    config.certfile, config.keyfile = f"{place}/cert.pem", f"{place}/key.pem"
    asyncio.run(hypercorn(app, config, shutdown_trigger=stopped))  # type: ignore[arg-type] # it wants its own types


def read(url: str, trusted: ssl.SSLContext, *, http2: bool) -> tuple[float, float, int, str]:
    """Seconds, seconds of CPU, how many requests were lost, and the protocol that was spoken."""
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    transport = httpx.HTTPTransport(http1=not http2, http2=http2, verify=trusted, limits=limits)
    with httpx.Client(transport=transport, trust_env=False) as client, ThreadPoolExecutor(AT_ONCE) as threads:
        wall, cpu = time.perf_counter(), time.process_time()
        answers = list(threads.map(lambda number: ask(client, f"{url}/{number}"), range(REQUESTS)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return wall, cpu, answers.count(""), "".join(sorted(set(answers)))


def ask(client: httpx.Client, url: str) -> str:
    """The protocol of the answer; nothing if there was none."""
    try:
        return client.get(url).http_version
    except httpx.TransportError:
        return ""


def main() -> None:
    """Connections without end, and such as end after as many requests as nginx allows where nothing else is set."""
    import trustme  # not among what bbsync needs

    with tempfile.TemporaryDirectory() as place:
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(f"{place}/key.pem")
        certificate.cert_chain_pems[0].write_to_path(f"{place}/cert.pem")
        authority.cert_pem.write_to_path(f"{place}/ca.pem")
        for most in (1_000_000, 1_000):
            measure(place, most)


def measure(place: str, most: int) -> None:
    """Serve, and print what both took, in turns."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    trusted = ssl.create_default_context(cafile=Path(place, "ca.pem"))
    stop = multiprocessing.Event()
    server = multiprocessing.Process(target=serve, args=(port, place, most, stop), daemon=True)
    server.start()
    time.sleep(2)
    sys.stdout.write(f"{REQUESTS:,} requests, {AT_ONCE} at once, connections of {most:,} requests at most; ")
    sys.stdout.write(f"at least {REQUESTS / AT_ONCE * LATENCY:.2f} s\n")
    rounds = [[read(f"https://127.0.0.1:{port}", trusted, http2=http2) for http2 in (False, True)] for _ in range(RUNS)]
    for number in range(2):
        walls, cpus, lost, spoken = zip(*(one[number] for one in rounds), strict=True)
        sys.stdout.write(f"  {spoken[0]}: {median(walls):.2f} s, CPU {median(cpus):.2f} s, {median(lost)} lost\n")
    stop.set()
    server.join()


if __name__ == "__main__":
    main()
