"""The rig as a fixture."""

from __future__ import annotations

from pathlib import Path

import pytest
from alerting_rig import Rig


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Rig:
    """An account that has neither questions nor rules."""
    return Rig(tmp_path)
