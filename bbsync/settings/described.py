"""Every setting as it is explained: to the page of settings, and in a bbsync.toml for people to begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from attrs import Attribute, AttrsInstance, fields, frozen, resolve_types

from bbsync.bitbucket.settings import Seconds
from bbsync.setting import SAID, Said
from bbsync.settings.duration import spelled
from bbsync.settings.tables import SHAPES

_TYPES: dict[Any, str] = {
    bool: "true or false",
    int: "number",
    str: "text",
    tuple[str, ...]: "list of texts",
    Mapping[str, str]: "table of texts",
    Path: "path",
    Seconds: "length of time",
}


@frozen
class Described:
    """One setting of bbsync.toml.

    Attributes:
        name: its key.
        type: what it is, in words.
        default: what holds where it is not set, as TOML; empty where that depends on others.
        bounds: how small and large it may be, in words; empty where everything of the type will do.
        meaning: what it is for.
        example: how a value may look, as TOML; empty where the default shows it.
    """

    name: str
    type: str
    default: str
    bounds: str
    meaning: str
    example: str = ""


@frozen
class DescribedTable:
    """A table of bbsync.toml; the one above the tables has no name."""

    name: str
    meaning: str
    settings: tuple[Described, ...]


def described(shapes: Mapping[str, type[AttrsInstance]] = SHAPES) -> tuple[DescribedTable, ...]:
    """Every table with every setting, in the order in which people look at them."""
    return tuple(_table(name, shape) for name, shape in shapes.items())


def toml(value: object, kind: object = None) -> str:
    """The value as it is written in bbsync.toml."""
    if kind is Seconds and isinstance(value, int):
        return f'"{spelled(Seconds(value))}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{name} = {toml(held)}" for name, held in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def _table(name: str, shape: type[AttrsInstance]) -> DescribedTable:
    resolve_types(shape)
    meaning = str(shape.__doc__).partition("\n")[0]
    return DescribedTable(name, meaning, tuple(map(_setting, fields(shape))))


def _setting(field: Attribute[Any]) -> Described:
    said: Said = field.metadata.get(SAID, Said(""))
    return Described(
        field.name,
        _type(field.type),
        "" if field.default is None else toml(field.default, field.type),
        _bounds(said),
        said.meaning,
        "" if said.example is None else toml(said.example),
    )


def _type(kind: Any) -> str:
    if get_origin(kind) is Union:
        return _type(get_args(kind)[0])  # "or None" is for settings that are left out
    if get_origin(kind) is Literal:
        *others, last = map(toml, get_args(kind))
        return f"{', '.join(others)} or {last}"
    return _TYPES[kind]


def _bounds(said: Said) -> str:
    lower = "" if said.at_least is None else f"at least {said.at_least}"
    upper = "" if said.at_most is None else f"at most {said.at_most}"
    return ", ".join(filter(None, (lower, upper)))
