"""One value of bbsync.toml as the type that its setting declares, strictly: no number is made of a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from bbsync.bitbucket.settings import Seconds
from bbsync.settings.duration import FORMS, seconds

#: What each type of TOML is called in a sentence.
_WORDS = {bool: "true or false", int: "a number", float: "a fraction", str: "a text", list: "a list", dict: "a table"}


def read(kind: object, value: object) -> object:
    """The value as that type; raises ValueError with the rest of the sentence "… must be"."""
    if get_origin(kind) is Union:
        return read(get_args(kind)[0], value)  # "or None" is for settings that are left out
    if get_origin(kind) is Literal:
        return _choice(get_args(kind), value)
    return _READERS[kind](value)


def _choice(choices: tuple[str, ...], value: object) -> str:
    if value in choices:
        return str(value)
    raise ValueError(f"one of {', '.join(choices)}; it is {_seen(value)}")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"true or false; it is {_seen(value)}")


def _number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"a whole number; it is {_seen(value)}")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"a text in quotes; it is {_seen(value)}")


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(element, str) for element in value):
        return tuple(value)
    raise ValueError(f"a list of texts; it is {_seen(value)}")


def _texts_by_name(value: object) -> dict[str, str]:
    if isinstance(value, dict) and all(isinstance(element, str) for element in value.values()):
        return {str(name): text for name, text in value.items()}
    raise ValueError(f"a table of texts; it is {_seen(value)}")


def _path(value: object) -> Path:
    if isinstance(value, str) and value.strip():
        return Path(value)
    raise ValueError(f"the path of a file; it is {_seen(value)}")


def _duration(value: object) -> Seconds:
    try:
        return seconds(_text(value))
    except ValueError as error:
        raise ValueError(f"{FORMS}; it is {_seen(value)}") from error


def _seen(value: object) -> str:
    """What stands there: short texts and numbers as they are, all else by its type."""
    shown = repr(value)
    if isinstance(value, (bool, int, float)):
        return str(value).lower()
    return shown if isinstance(value, str) and len(shown) <= 32 else _WORDS.get(type(value), "a time")


_READERS: dict[Any, Callable[[object], object]] = {
    bool: _flag,
    int: _number,
    str: _text,
    tuple[str, ...]: _texts,
    Mapping[str, str]: _texts_by_name,
    Path: _path,
    Seconds: _duration,
}
