"""What holds for every test: no example of Hypothesis is too slow, for how busy a machine is says nothing."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("bbsync", deadline=None)
settings.load_profile("bbsync")
