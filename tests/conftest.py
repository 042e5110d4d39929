"""What holds for every test: which bbsync is tested, and that no example is too slow however busy the machine is."""

from __future__ import annotations

import sys

import pytest
from hypothesis import HealthCheck, settings
from tested_package import PACKAGE, ROOT, differing

settings.register_profile("bbsync", deadline=None, suppress_health_check=[HealthCheck.too_slow])
#: For laws about any text: pytest --hypothesis-profile=many tests/show/test_show_marks.py
settings.register_profile("many", deadline=None, max_examples=20_000)
settings.load_profile("bbsync")

# Rigs are imported as `tests.…`. This directory comes last, so that an installed bbsync comes before the one here.
sys.path.append(str(ROOT))


def pytest_sessionstart() -> None:
    """Refuse to test a bbsync that was installed earlier and is no longer what stands here."""
    if old := list(differing()):
        raise pytest.UsageError(
            f"{PACKAGE} is not what this directory would install: {', '.join(old[:5])}."
            " To test this directory as it is: make quick TESTS=tests/…; to install it anew and test all: make test"
        )
