"""The index finds the number of every key, and of no other, without keeping keys."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bbsync.local.index import Index


@given(st.lists(st.text(max_size=5), unique=True, max_size=60), st.text(max_size=5))
def test_index_finds_what_a_list_finds(keys: list[str], other: str) -> None:
    """However the keys came in: each has its place as number, and what is not there has none."""
    index = Index(keys.__getitem__)
    for first in range(0, len(keys), 7):
        index.extend(keys[first : first + 7])

    assert [index.find(key) for key in keys] == list(range(len(keys)))
    assert other in keys or index.find(other) is None


def test_looking_up_compares_few_keys_however_many_there_are() -> None:
    """Ten times the keys take ten times the comparisons, and not more than one for each that is found."""
    asked: Counter[int] = Counter()

    for size in (2_000, 20_000):
        keys = [f"key-{number}" for number in range(size)]
        index = Index(lambda number, keys=keys, size=size: (asked.update([size]), keys[number])[1])
        index.extend(keys)
        found = [index.find(key) for key in keys]
        missed = [index.find(f"{key}!") for key in keys]
        assert found == list(range(size))
        assert not any(number is not None for number in missed)

    assert asked == {2_000: 2_000, 20_000: 20_000}
