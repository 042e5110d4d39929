"""The `q` and `sort` parameters: Bitbucket's query language over the attributes that a listing lets one ask about."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from attrs import frozen
from lark import Lark, Token, Tree
from lark.exceptions import LarkError

from bbsync.sandbox.bitbucket.answers import refusal

GRAMMAR = r"""
?start: either
?either: both ("OR"i both)*
?both: term ("AND"i term)*
?term: comparison | membership | exclusion | "(" either ")"
comparison: NAME OPERATOR value
membership: NAME "IN"i "(" value ("," value)* ")"
exclusion: NAME "NOT"i "IN"i "(" value ("," value)* ")"
value: STRING | MOMENT | NUMBER | WORD
OPERATOR: "!=" | "!~" | ">=" | "<=" | "=" | "~" | ">" | "<"
STRING: /"(\\.|[^"\\])*"/
MOMENT.2: /\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?/
NUMBER: /-?\d+(\.\d+)?/
WORD.1: /(true|false|null)\b/i
NAME: /[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*/i
%ignore /\s+/
"""

Predicate = Callable[[Any], bool]
Type = Literal["text", "moment", "number", "boolean"]


@frozen
class Attribute:
    """Something one may ask about: its value or values in an item, and what they are compared as."""

    read: Callable[[Any], object]
    type: Type = "text"


Attributes = Mapping[str, Attribute]

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr")


def read_query(text: str, attributes: Attributes) -> Predicate:
    """A predicate that says whether an item answers the query; 400 for what cannot be asked."""
    try:
        tree = _parser().parse(text)
    except LarkError:
        raise refusal(400, "Invalid query", f"Cannot make sense of: {text}") from None
    return _predicate(tree, attributes)


def sort_by(items: Sequence[Any], sort: str, attributes: Attributes) -> list[Any]:
    """The items in the order of one attribute, descending with a minus in front."""
    attribute = attributes.get(sort.removeprefix("-"))
    if attribute is None:
        raise refusal(400, "Invalid sort attribute", sort)

    def place(item: Any) -> tuple[bool, Any]:
        value = attribute.read(item)
        return (value is not None, value if value is not None else 0)

    return sorted(items, key=place, reverse=sort.startswith("-"))


def _predicate(tree: Any, attributes: Attributes) -> Predicate:
    match tree.data:
        case "either":
            options = [_predicate(child, attributes) for child in tree.children]
            return lambda item: any(option(item) for option in options)
        case "both":
            demands = [_predicate(child, attributes) for child in tree.children]
            return lambda item: all(demand(item) for demand in demands)
        case "comparison":
            return _comparison(tree, attributes)
        case _:
            return _membership(tree, attributes)


def _comparison(tree: Tree[Token], attributes: Attributes) -> Predicate:
    name, sign, value = (str(tree.children[0]), str(tree.children[1]), tree.children[2])
    attribute = _attribute(name, attributes)
    wanted = _value(value, attribute)
    test = _test(sign, wanted)
    if sign in {"!=", "!~"}:
        return lambda item: all(test(have) for have in _values(attribute.read(item)))
    return lambda item: any(test(have) for have in _values(attribute.read(item)))


def _membership(tree: Tree[Token], attributes: Attributes) -> Predicate:
    attribute = _attribute(str(tree.children[0]), attributes)
    wanted = [_value(child, attribute) for child in tree.children[1:]]
    inside = tree.data == "membership"
    return lambda item: any(have in wanted for have in _values(attribute.read(item))) is inside


def _attribute(name: str, attributes: Attributes) -> Attribute:
    if name not in attributes:
        raise refusal(400, f'"{name}" does not support filtering')
    return attributes[name]


def _test(sign: str, wanted: Any) -> Predicate:
    match sign:
        case "=":
            return lambda have: bool(have == wanted)
        case "!=":
            return lambda have: bool(have != wanted)
        case "~":
            return lambda have: str(wanted).lower() in str(have or "").lower()
        case "!~":
            return lambda have: str(wanted).lower() not in str(have or "").lower()
        case _:
            compare = _ORDERED[sign]
            return lambda have: have is not None and wanted is not None and compare(have, wanted)


def _values(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _value(node: Any, attribute: Attribute) -> object:
    """The value of a literal, as the attribute's type wants it."""
    token: Token = node.children[0]
    text = _unquoted(token)
    if token.type == "WORD" and text.lower() == "null":
        return None
    try:
        return _READ[attribute.type](text)
    except (ValueError, KeyError):
        raise refusal(400, f"Invalid value for a {attribute.type}", text) from None


def _unquoted(token: Token) -> str:
    if token.type != "STRING":
        return str(token)
    return token[1:-1].replace('\\"', '"').replace("\\\\", "\\")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_READ: dict[Type, Callable[[str], object]] = {"text": str, "moment": _moment, "number": float, "boolean": _boolean}
