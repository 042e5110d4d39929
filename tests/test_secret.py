"""Secrets show themselves to nobody who does not ask."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.secret import Secret


@given(st.text(alphabet="0123456789", min_size=1))
def test_no_way_of_printing_shows_a_secret(text: str) -> None:
    """Neither str, repr, format nor a collection around it holds any of the text."""
    secret = Secret(text)

    printed = f"{secret} {secret!r} {secret!s:>40} {[secret]} { ({'key': secret}) }"

    assert not set(printed) & set(text)


def test_the_text_is_there_for_who_asks() -> None:
    """`reveal` gives the text back unchanged."""
    secret = Secret("correct horse battery")

    assert secret.reveal() == "correct horse battery"


@pytest.mark.parametrize(("text", "end"), [("abcdefghijkl", "ijkl"), ("abcdefghijk", ""), ("", "")])
def test_only_a_long_secret_shows_its_end(text: str, end: str) -> None:
    """Four characters of a short secret would be too much of it."""
    assert Secret(text).last4 == end


def test_an_empty_secret_is_false() -> None:
    """Whether a secret is set can be seen without looking at it."""
    assert not Secret("")
    assert Secret("x")


def test_secrets_of_the_same_text_are_equal() -> None:
    """A secret is a value."""
    assert Secret("one") == Secret("one")
    assert Secret("one") != Secret("two")


def test_a_secret_is_not_pickled() -> None:
    """Pickling would write the text to a file or a pipe."""
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(Secret("x"))
