"""bbsync.toml as tables of attrs classes: every mistake is told, all at once, each with the way out."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from attrs import AttrsInstance, fields, resolve_types

from bbsync.errors import SettingsError
from bbsync.settings.environment import VARIABLES
from bbsync.settings.reading import read
from bbsync.settings.text_file import read_text

Shape = TypeVar("Shape", bound=AttrsInstance)

#: The name of the table that has none: the settings above the first [table].
TOP = ""


class Document:
    """The content of bbsync.toml. Ask for every table, then `refuse_mistakes()`."""

    def __init__(self, content: Mapping[str, object], name: str = "bbsync.toml") -> None:
        self._content = content
        self._name = name
        self._known: dict[str, tuple[str, ...]] = {}
        self._mistakes: list[str] = []

    @classmethod
    def load(cls, path: Path) -> Document:
        """The document of a file, which must be there and be TOML."""
        try:
            return cls(tomllib.loads(read_text(path)), str(path))
        except OSError as error:
            why = f"{error.strerror or type(error).__name__}."
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            why = f"It is not TOML: {error}."
        except RecursionError:
            why = "It is nested deeper than any settings."
        raise SettingsError(f"{path} cannot be read", why=why, next_step="Correct the file or its path.")

    def table(self, name: str, shape: type[Shape]) -> Shape:
        """The table as a value of the class; defaults stand in for what is wrong, until mistakes are refused."""
        resolve_types(shape)
        self._known[name] = tuple(setting.name for setting in fields(shape))
        given = self._given(name)
        values = {}
        for setting in fields(shape):
            if setting.name in given:
                try:
                    values[setting.name] = read(setting.type, given[setting.name])
                except ValueError as error:
                    self._mistakes.append(f"{_place(name, setting.name)} must be {error}.")
        return self._made(name, shape, values)

    def refuse_mistakes(self) -> None:
        """Raise if anything in the document is unknown or wrong."""
        mistakes = list(dict.fromkeys([*self._unknown(), *self._mistakes]))
        if mistakes:
            count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
            raise SettingsError(
                f"{self._name} has {count}", why=" ".join(mistakes), next_step="Correct the file; nothing was read."
            )

    def _given(self, name: str) -> Mapping[str, object]:
        if name == TOP:
            return self._content
        given = self._content.get(name, {})
        if isinstance(given, dict):
            return cast("Mapping[str, object]", given)
        self._mistakes.append(f"{name} must be a table, [{name}].")
        return {}

    def _made(self, name: str, shape: type[Shape], values: Mapping[str, Any]) -> Shape:
        try:
            return shape(**values)
        except ValueError as error:
            self._mistakes.append(f"In {_table(name)}, {error}.")
            return shape()

    def _unknown(self) -> Iterator[str]:
        for key, content in self._content.items():
            if key in self._known:
                yield from (self._sentence(key, inner) for inner in self._given(key) if inner not in self._known[key])
            elif key not in self._known[TOP]:
                yield from self._unknown_above(key, content)

    def _unknown_above(self, key: str, content: object) -> Iterator[str]:
        """What is wrong with a name above the tables, which may be meant as a setting or as a table."""
        variables = [f"{key}_{inner}".upper() for inner in content] if isinstance(content, dict) else []
        known = [variable for variable in variables if variable in VARIABLES]
        if known:
            yield f"[{key}] is not a table; set the environment variables {', '.join(known)} instead."
        elif isinstance(content, dict):
            yield f"[{key}] is not a table; {_nearest(key, [name for name in self._known if name])}."
        else:
            yield self._sentence(TOP, key)

    def _sentence(self, table: str, key: str) -> str:
        variable = f"{table}_{key}".upper().lstrip("_")
        if variable in VARIABLES:
            return f"{_place(table, key)} is not a setting; set the environment variable {variable} instead."
        if key in self._known:
            return f"{_place(table, key)} is not a setting; [{key}] is a table of its own."
        return f"{_place(table, key)} is not a setting; {self._suggestion(table, key)}."

    def _suggestion(self, table: str, key: str) -> str:
        """The nearest name of the same table, or else of any table, or else all of the same table."""
        own = dict.fromkeys(self._known[table], table)
        everywhere = {name: other for other, names in self._known.items() for name in names}
        for places, cutoff in ((own, 0.5), (everywhere, 0.75)):
            for close in difflib.get_close_matches(key, places, n=1, cutoff=cutoff):
                return f"the nearest is {_place(places[close], close)}"
        return f"known in {_table(table)}: {', '.join(own)}"


def _table(name: str) -> str:
    return f"[{name}]" if name else "the part above the tables"


def _place(table: str, key: str) -> str:
    return f"{key} in [{table}]" if table else key


def _nearest(name: str, tables: list[str]) -> str:
    close = difflib.get_close_matches(name, tables, n=1)
    return f"the nearest is [{close[0]}]" if close else f"known are {', '.join(map(_table, tables))}"
