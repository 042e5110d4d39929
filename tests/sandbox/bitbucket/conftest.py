"""A small made-up Bitbucket and clients of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from bitbucket_rig import API, CONSUMER, NOW, sign_in

from bbsync.sandbox.bitbucket import Bitbucket, Sizes, World, make_world


@pytest.fixture
def world() -> World:
    sizes = Sizes(repositories=7, members=5, projects=3, groups=2, pull_requests=12, old_pull_requests=8)
    return make_world(1, sizes, NOW)


@pytest.fixture
def connect(world: World) -> Iterator[Callable[..., tuple[Bitbucket, httpx.Client]]]:
    """Start a Bitbucket of that world with the given settings; the client is signed in as its first consumer."""
    clients: list[httpx.Client] = []

    def start(**settings: Any) -> tuple[Bitbucket, httpx.Client]:
        settings.setdefault("consumers", (CONSUMER,))
        bitbucket = Bitbucket(settings.pop("world", world), **settings)
        client = httpx.Client(transport=httpx.MockTransport(bitbucket.app), base_url=API)
        clients.append(client)
        sign_in(client, settings["consumers"][0])
        bitbucket.reset_calls()
        return bitbucket, client

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def bitbucket_and_client(connect: Callable[..., tuple[Bitbucket, httpx.Client]]) -> tuple[Bitbucket, httpx.Client]:
    return connect()


@pytest.fixture
def bitbucket(bitbucket_and_client: tuple[Bitbucket, httpx.Client]) -> Bitbucket:
    return bitbucket_and_client[0]


@pytest.fixture
def client(bitbucket_and_client: tuple[Bitbucket, httpx.Client]) -> httpx.Client:
    return bitbucket_and_client[1]
