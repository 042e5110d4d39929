"""A setting: a field that says what it is for, and how small or large it may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import field, frozen
from attrs.validators import and_, ge, le

Validator = Callable[[Any, Any, Any], object]

#: Where a field keeps what is said about it.
SAID = "bbsync.setting"


@frozen
class Said:
    """What is said about a setting: what it is for, in one sentence, its bounds, and a value as it may look."""

    meaning: str
    at_least: int | None = None
    at_most: int | None = None
    example: object = None


def setting(
    default: Any,
    meaning: str,
    *,
    at_least: int | None = None,
    at_most: int | None = None,
    example: object = None,
    validator: Validator | None = None,
    repr: bool = True,  # noqa: A002 - as attrs calls it
) -> Any:
    """A field of a class of settings.

    Args:
        default: what holds where nothing is set.
        meaning: what it is for, in one sentence.
        at_least: the smallest number it may be.
        at_most: the largest number it may be.
        example: how a value may look, where the default does not show it.
        validator: what else it must be.
        repr: False for what may hold a secret.
    """
    bounds: list[Validator] = [check(bound) for check, bound in ((ge, at_least), (le, at_most)) if bound is not None]
    checks = [*bounds, *([validator] if validator else [])]
    said = Said(meaning, at_least, at_most, example)
    return field(default=default, validator=and_(*checks) if checks else None, repr=repr, metadata={SAID: said})


def switch(meaning: str) -> Any:
    """A field of a class that is made while bbsync runs: on, unless it is set otherwise."""
    return field(type=bool, default=True, metadata={SAID: Said(meaning)})
