"""Batches: whole, small enough, nothing left out."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.errors import TargetError
from bbsync.jupiterone.batches import Batch, batches

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
payloads = st.lists(texts.map(lambda text: {"_key": text}), max_size=30)


@given(payloads, st.sampled_from(["entities", "relationships"]), st.integers(230, 600))
def test_batches_are_whole_and_small_enough(elements: list[dict[str, str]], collection: str, limit: int) -> None:
    """Every body is within the limit, and together they hold every element, in order."""
    bodies = [batch.body for batch in batches(collection, elements, limit)]

    assert all(len(body) <= limit for body in bodies)
    assert [element for body in bodies for element in json.loads(body)[collection]] == elements


@given(payloads, st.integers(230, 600))
def test_batches_are_as_few_as_order_allows(elements: list[dict[str, str]], limit: int) -> None:
    """A batch is closed only when the next element would not have fitted."""
    made = list(batches("entities", elements, limit))

    for batch, following in pairwise(made):
        assert len(Batch("entities", (*batch.elements, following.elements[0])).body) > limit


def test_body_of_exactly_the_limit_is_one_batch() -> None:
    """Envelope and commas are counted, to the byte."""
    elements = [{"_key": "a"}, {"_key": "b"}]
    size = len(json.dumps({"entities": elements}, separators=(",", ":")))

    assert len(list(batches("entities", elements, size))) == 1
    assert len(list(batches("entities", elements, size - 1))) == 2


def test_nothing_makes_no_batch() -> None:
    """No elements, no request."""
    assert list(batches("entities", [])) == []


def test_element_that_never_fits_is_an_error() -> None:
    """It is named with its size; leaving it out would delete it."""
    with pytest.raises(TargetError, match="too large for JupiterOne: 'large'") as caught:
        list(batches("entities", [{"_key": "large", "text": "x" * 1000}], 500))

    assert "1,026 bytes" in caught.value.why


def test_halves_hold_every_element_once() -> None:
    """A batch that is too large for JupiterOne goes in two parts."""
    batch = Batch("entities", (b"1", b"2", b"3"))

    one, other = batch.halves()

    assert one.elements + other.elements == batch.elements
    assert one.elements
    assert other.elements
