"""What holds for every test: no example of Hypothesis is too slow, for how busy a machine is says nothing."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("bbsync", deadline=None)
#: For laws about any text: pytest --hypothesis-profile=many tests/show/test_show_marks.py
settings.register_profile("many", deadline=None, max_examples=20_000)
settings.load_profile("bbsync")
