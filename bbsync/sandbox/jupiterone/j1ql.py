"""J1QL: from the text of a query to a value that says what is asked."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import TypeVar, cast

from attrs import frozen
from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, VisitError

from bbsync.sandbox.jupiterone.answers import Json
from bbsync.sandbox.jupiterone.queries import (
    Both,
    Column,
    Comparison,
    Condition,
    Either,
    Instant,
    Literal,
    Path,
    Query,
    QueryRefused,
    Step,
    Target,
)

MOST_ROWS = 250

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_AGO = re.compile(r"date\.now\s*(?:([-+])\s*([0-9]+)\s*([a-z]+))?", re.IGNORECASE)
#: By the first letter of the unit.
_HOURS = {"h": 1, "d": 24, "m": 30 * 24, "y": 365 * 24}
_SKIP = re.compile(r"\bSKIP\s+\d+\s*(LIMIT\s+\d+\s*)?\Z", re.IGNORECASE)

Found = TypeVar("Found")


def parse(text: str, variables: Mapping[str, Json] | None = None, clock: Callable[[], float] = time.time) -> Query:
    """The query that a text asks; a text that is not J1QL is refused as a syntax error.

    `clock` tells the epoch seconds that are `date.now`.
    """
    if _SKIP.search(text):
        raise QueryRefused("SKIP is no longer supported, page with cursors instead (code=SYNTAX_ERROR)")
    try:
        return _Reader(variables or {}, clock).transform(_grammar().parse(text))
    except VisitError as refused:
        raise refused.orig_exc from None
    except UnexpectedInput as unexpected:
        spot = unexpected.get_context(text, span=20).splitlines()[0].strip()
        message = f"Unable to parse query at line {unexpected.line}, column {unexpected.column}: {spot}"
        raise QueryRefused(f"{message} (code=SYNTAX_ERROR)") from unexpected


@cache
def _grammar() -> Lark:
    text = resources.files(__package__).joinpath("j1ql.lark").read_text("utf-8")
    return Lark(text, parser="lalr", propagate_positions=True)


@frozen
class _With:
    condition: Condition


@frozen
class _Alias:
    name: str


@frozen
class _Verbs:
    names: tuple[str, ...]


@frozen
class _Arrow:
    sign: str


@frozen
class _Where:
    condition: Condition


@frozen
class _Order:
    path: Path
    descending: bool


@frozen
class _Limit:
    rows: int


@frozen
class _Returned:
    columns: tuple[Column, ...] = ()
    tree: bool = False
    unique: bool = False


@v_args(inline=True)
class _Reader(Transformer[Token, Query]):
    """Turns the parse tree into values, from the leaves up."""

    def __init__(self, variables: Mapping[str, Json], clock: Callable[[], float]) -> None:
        super().__init__()
        self.variables = variables
        self.clock = clock

    def start(self, target: Target, *clauses: object) -> Query:
        where, returned = _one(_Where, clauses), _one(_Returned, clauses) or _Returned()
        order, limit = _one(_Order, clauses), _one(_Limit, clauses)
        return Query(
            start=target,
            steps=tuple(clause for clause in clauses if isinstance(clause, Step)),
            where=where.condition if where else None,
            columns=returned.columns,
            tree=returned.tree,
            unique=returned.unique,
            order_by=order.path if order else (),
            descending=order.descending if order else False,
            limit=limit.rows if limit else None,
        )

    def target(self, names: _Verbs, *clauses: object) -> Target:
        with_, alias = _one(_With, clauses), _one(_Alias, clauses)
        return Target(names.names, with_.condition if with_ else None, alias.name if alias else None)

    def anything(self) -> _Verbs:
        return _Verbs(())

    any_verb = anything

    def one_name(self, name: Token) -> _Verbs:
        return _Verbs((str(name),))

    def several_names(self, *names: Token) -> _Verbs:
        return _Verbs(tuple(map(str, names)))

    def alias(self, name: Token) -> _Alias:
        return _Alias(str(name))

    def arrow(self, sign: Token) -> _Arrow:
        return _Arrow(str(sign))

    def step(self, *clauses: object) -> Step:
        arrow, alias, verbs = _one(_Arrow, clauses), _one(_Alias, clauses), _one(_Verbs, clauses)
        return Step(
            target=cast("Target", clauses[-1]),
            verbs=tuple(verb.upper() for verb in verbs.names) if verbs else (),
            arrow=arrow.sign if arrow else "",
            alias=alias.name if alias else None,
            negated=isinstance(clauses[0], Token),
        )

    def where(self, condition: Condition) -> _Where:
        return _Where(condition)

    def with_(self, condition: Condition) -> _With:
        return _With(condition)

    def either(self, *parts: Condition) -> Condition:
        return parts[0] if len(parts) == 1 else Either(parts)

    def both(self, *parts: Condition) -> Condition:
        return parts[0] if len(parts) == 1 else Both(parts)

    def comparison(self, path: Path, operator: Token, operand: Path | Literal) -> Comparison:
        return Comparison(path, str(operator), (operand,))

    def any_of(self, path: Path, operator: Token, *operands: Path | Literal) -> Comparison:
        return Comparison(path, str(operator), operands)

    def all_of(self, path: Path, operator: Token, *operands: Path | Literal) -> Comparison:
        return Comparison(path, str(operator), operands, every=True)

    def operand(self, operand: Path | Literal) -> Path | Literal:
        return operand

    def text(self, token: Token) -> Literal:
        return Literal(_ESCAPE.sub(r"\1", token[1:-1]))

    def number(self, token: Token) -> Literal:
        return Literal(float(token) if "." in token else int(token))

    def true(self) -> Literal:
        return Literal(value=True)

    def false(self) -> Literal:
        return Literal(value=False)

    def nothing(self) -> Literal:
        return Literal(None)

    def variable(self, token: Token) -> Literal:
        name = token[2:-1]
        if name not in self.variables:
            raise QueryRefused(f"Variable {name!r} has no value (code=SYNTAX_ERROR)")
        return Literal(self.variables[name])

    def moment(self, token: Token) -> Literal:
        sign, count, unit = _AGO.fullmatch(token).groups(default="")  # type: ignore[union-attr]  # as the grammar does
        distance = int(f"{sign}{count}" or 0) * _HOURS.get(unit[:1].lower(), 0) * 3_600_000
        return Literal(Instant(int(self.clock() * 1000) + distance))

    def path(self, *parts: str) -> Path:
        return parts

    def part(self, token: Token) -> str:
        return str(token).strip("[]")

    def tree(self) -> _Returned:
        return _Returned(tree=True)

    def columns(self, *parts: object) -> _Returned:
        columns = tuple(part for part in parts if isinstance(part, Column))
        return _Returned(columns, unique=len(columns) < len(parts))

    def column(self, column: Column, alias: Token | None = None) -> Column:
        return Column(str(alias), column.path, column.function, column.everything) if alias else column

    def property(self, path: Path) -> Column:
        return Column(".".join(path), path)

    def everything(self, path: Path) -> Column:
        return Column(".".join(path), path, everything=True)

    def aggregate(self, function: Token, path: Path) -> Column:
        name = function.lower()
        return Column(f"{name}({'.'.join(path)})", path, function=name)

    def order(self, path: Path, direction: Token | None = None) -> _Order:
        return _Order(path, direction is not None and direction.type == "DESCENDING")

    def limit(self, rows: Token) -> _Limit:
        if not 1 <= int(rows) <= MOST_ROWS:
            allowed = f"a value between 1 and {MOST_ROWS} (inclusive)"
            raise QueryRefused(f'"limit" must be {allowed}. Received: {rows} (code=SYNTAX_ERROR)')
        return _Limit(int(rows))


def _one(kind: type[Found], clauses: tuple[object, ...]) -> Found | None:
    return next((clause for clause in clauses if isinstance(clause, kind)), None)
