"""A mapping with changes laid over it is the mapping that a changed copy would be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.overlay import Overlay

keys = st.sampled_from("abcdef")


@given(st.dictionaries(keys, st.integers()), st.dictionaries(keys, st.none() | st.integers()))
def test_overlay_is_the_changed_copy(base: dict[str, int], changed: dict[str, int | None]) -> None:
    """Equal, as long, in an order that does not depend on anything else, and with the same keys."""
    copy = {**base, **changed}
    wanted = {key: held for key, held in copy.items() if held is not None}

    overlay = Overlay(base, changed)

    assert overlay == wanted
    assert len(overlay) == len(wanted)
    assert list(overlay) == list(wanted)
    assert list(overlay.values()) == list(wanted.values())
    assert list(overlay.items()) == list(wanted.items())
    assert all((key in overlay) == (key in wanted) for key in "abcdef")
    assert repr(overlay) == repr(wanted)


def test_what_is_gone_is_not_found() -> None:
    """What was taken away raises as in any mapping, and so does what never was there."""
    overlay = Overlay({"a": 1}, {"a": None})

    with pytest.raises(KeyError):
        overlay["a"]
    with pytest.raises(KeyError):
        overlay["b"]
    assert 1 not in overlay  # type: ignore[comparison-overlap]  # anything may be asked for
