"""A setting keeps to its bounds."""

from __future__ import annotations

import pytest
from attrs import fields, frozen

from bbsync.setting import SAID, Said, setting


@frozen
class Shape:
    """Something to be set."""

    many: int = setting(3, "How many.", at_least=1, at_most=5)
    word: str = setting("plain", "A word.", example="other", repr=False)


@pytest.mark.parametrize("many", [1, 5])
def test_what_is_within_bounds_is_taken(many: int) -> None:
    """Bounds belong to what is allowed."""
    assert Shape(many).many == many


@pytest.mark.parametrize("many", [0, 6])
def test_what_is_out_of_bounds_is_refused(many: int) -> None:
    """The bounds that are told are those that hold."""
    with pytest.raises(ValueError, match="many"):
        Shape(many)


def test_a_setting_says_what_it_is_for() -> None:
    """Pages and files take their words from the field itself."""
    said = [field.metadata[SAID] for field in fields(Shape)]

    assert said == [Said("How many.", 1, 5), Said("A word.", example="other")]


def test_what_may_be_secret_does_not_show_itself() -> None:
    """A setting can be left out of reprs."""
    assert repr(Shape()) == "Shape(many=3)"
