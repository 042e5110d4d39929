"""One question or one alert rule, as it should be in JupiterOne or as it is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import field, frozen

from bbsync.graph import Properties, Value

Sort = Literal["question", "rule"]
Document = Mapping[str, Any]

#: What stands before the names of properties that need no more to be told apart.
_PLAIN = re.compile(r"(question\.|queries\.|operations\.)+")


@frozen
class Item:
    """A question or a rule.

    `name` is that of the question in the pack, `place` the part of the graph whose owner keeps it. `id` and `version`
    are JupiterOne's, of what is there.
    """

    sort: Sort
    name: str
    title: str
    document: Document = field(repr=False)
    id: str = ""
    version: int = 0

    @property
    def identity(self) -> tuple[Sort, str]:
        """What stays the same whatever else changes."""
        return self.sort, self.name

    @property
    def properties(self) -> Properties:
        """All that it says, flat; lists of texts are sorted, for their order says nothing."""
        return dict(_flat(self.document))

    def says(self, other: Item) -> bool:
        """Whether both say the same."""
        return self.properties == other.properties


def _flat(value: object, name: str = "") -> Iterator[tuple[str, Value]]:
    match value:
        case None:
            return
        case dict():
            for inner, held in value.items():
                yield from _flat(held, f"{name}.{inner}" if name else inner)
        case [dict() as only]:
            yield from _flat(only, name)
        case [dict(), *_]:
            for number, held in enumerate(value, start=1):
                yield from _flat(held, f"{name}.{number}")
        case list():
            texts = sorted(one for one in value if isinstance(one, str))
            yield _PLAIN.sub("", name), tuple(texts) if len(texts) == len(value) else json.dumps(value)
        case str() | bool() | int() | float():
            yield _PLAIN.sub("", name), value
        case _:
            raise TypeError(f"{name} is no JSON: {value!r}")
