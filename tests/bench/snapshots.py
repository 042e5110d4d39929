"""What the graph of JupiterOne costs to read, and to count: queries and seconds, on loopback, 250 rows a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.payload import entity_payload, relationship_payload
from bbsync.jupiterone.target import JupiterOneTarget
from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from bbsync.sandbox.server import serve
from bbsync.secret import Secret
from bbsync.target import Counts
from tests.bench.big_graph import big_graph
from tests.bench.figures import Figure

SIZES = (10_000, 100_000)
PAGE = 250
KEY = "bench-key-0123456789"


def snapshots() -> Iterator[Figure]:
    """Read and count a graph of each size, with three times as many relationships."""
    for size in SIZES:
        yield from _of_size(size)


def _of_size(size: int) -> Iterator[Figure]:
    graph = big_graph(size)
    account = JupiterOne(account="acme", keys=(ApiKey(KEY),), page_size=PAGE, polls_in_progress=0)
    entities, ties = graph.entities.values(), graph.relationships.values()
    account.put(map(entity_payload, entities), map(relationship_payload, ties), scope="bbsync")
    with serve(account.app) as origin, _client(origin) as client:
        target = JupiterOneTarget(client, Ownership.of_scope("bbsync"))
        snapshot, seconds, queries = _measured(account, target.read_snapshot)
        yield Figure(f"queries of a live reading, {size:,} entities", queries, len(graph) / PAGE + 20)
        yield Figure(f"seconds of a live reading, {size:,} entities", seconds, size / 500, "s")
        counts, seconds, queries = _measured(account, target.count)
        assert counts == Counts.of(snapshot.graph) == Counts.of(graph)
        yield Figure(f"queries of counting, {size:,} entities", queries, 2)
        yield Figure(f"seconds of counting, {size:,} entities", seconds, size / 2_000, "s")


def _measured(account: JupiterOne, work: Callable[[], Any]) -> tuple[Any, float, int]:
    """What came of it, seconds, and queries."""
    account.calls.clear()
    began = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - began
    return found, seconds, sum(path == "/graphql" for _method, path, _status in account.calls)


def _client(origin: str) -> JupiterOneClient:
    return JupiterOneClient(
        account="acme",
        read_key=Secret(KEY),
        sync_key=Secret(KEY),
        api_url=origin,
        graphql_url=f"{origin}/graphql",
    )
