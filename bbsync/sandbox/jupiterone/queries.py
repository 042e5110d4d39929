"""What a query asks, as values."""

from __future__ import annotations

from attrs import frozen

from bbsync.sandbox.jupiterone.answers import Json


class QueryRefused(Exception):
    """A query that cannot be carried out; GraphQL answers with the message and these extensions."""

    def __init__(self, message: str, code: str = "BAD_USER_INPUT", service: str = "query-service") -> None:
        super().__init__(message)
        self.extensions = {"code": code, "serviceName": service}


class Instant(int):
    """A moment in epoch milliseconds. Properties hold numbers to compare it with, and metadata hold texts."""


Path = tuple[str, ...]


@frozen
class Literal:
    """A value written in the query."""

    value: Json


@frozen
class Comparison:
    """A property compared with one operand, or with several of which any (or every) one must hold."""

    path: Path
    operator: str
    operands: tuple[Path | Literal, ...]
    every: bool = False


@frozen
class Both:
    """All parts hold."""

    parts: tuple[Condition, ...]


@frozen
class Either:
    """One of the parts holds."""

    parts: tuple[Condition, ...]


Condition = Comparison | Both | Either


@frozen
class Target:
    """Entities to find: of one of these classes or types (any when there is none) for which a condition holds."""

    names: tuple[str, ...] = ()
    condition: Condition | None = None
    alias: str | None = None


@frozen
class Step:
    """A traversal from the entities found so far to others."""

    target: Target
    verbs: tuple[str, ...] = ()
    arrow: str = ""
    alias: str | None = None
    negated: bool = False


@frozen
class Column:
    """One thing to return; `text` is how the query spells it."""

    text: str
    path: Path
    function: str | None = None
    everything: bool = False


@frozen
class Query:
    """A whole query."""

    start: Target
    steps: tuple[Step, ...] = ()
    where: Condition | None = None
    columns: tuple[Column, ...] = ()
    tree: bool = False
    unique: bool = False
    order_by: Path = ()
    descending: bool = False
    limit: int | None = None
