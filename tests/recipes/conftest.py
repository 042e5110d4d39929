"""A runner for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from recipe_rig import Runner, runner_in


@pytest.fixture(name="runner")
def _runner(tmp_path: Path) -> Iterator[Runner]:
    with runner_in(tmp_path) as made:
        yield made
