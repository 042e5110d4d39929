"""A PostgreSQL server for all tests of this folder, and in it a schema for each; where none can be had, they skip."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.postgres.server_rig import NoServer, Server, running

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server, started once for every process that tests."""
    try:
        made = running()
        server = made.__enter__()
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL server can be had: {reason}")
    yield server
    made.__exit__(None, None, None)


@pytest.fixture
def schema() -> str:
    """The name of a schema that no other test uses."""
    return f"test_{next(_NUMBERS)}"


@pytest.fixture
def url(server: Server, schema: str) -> str:
    """An address at which nothing is yet."""
    return server.schema_url(schema)
