"""Conditions: from the value in a query to a function that says whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from bbsync.sandbox.jupiterone.answers import Json
from bbsync.sandbox.jupiterone.queries import Both, Comparison, Condition, Either, Instant, Literal, Path

Subject = TypeVar("Subject")

#: Reads the value that a path names from the thing that a condition is about.
Read = Callable[[Subject], Json]


def compile_condition(condition: Condition, read: Callable[[Path], Read[Subject]]) -> Callable[[Subject], bool]:
    """A function that says whether the condition holds."""
    match condition:
        case Both(parts):
            tests = [compile_condition(part, read) for part in parts]
            return lambda subject: all(test(subject) for test in tests)
        case Either(parts):
            tests = [compile_condition(part, read) for part in parts]
            return lambda subject: any(test(subject) for test in tests)
        case Comparison():
            return _comparison(condition, read)


def _comparison(comparison: Comparison, read: Callable[[Path], Read[Subject]]) -> Callable[[Subject], bool]:
    left = read(comparison.path)
    rights = [_operand(operand, read) for operand in comparison.operands]
    holds = OPERATORS[comparison.operator]
    if len(rights) == 1:
        right = rights[0]
        return lambda subject: holds(left(subject), right(subject))
    together = all if comparison.every else any
    return lambda subject: together(holds(left(subject), right(subject)) for right in rights)


def _operand(operand: Path | Literal, read: Callable[[Path], Read[Subject]]) -> Read[Subject]:
    if not isinstance(operand, Literal):
        return read(operand)
    value = operand.value
    return lambda _: value


def equal(value: Json, wanted: Json) -> bool:
    """Equal as JSON values; an array equals what one of its items equals."""
    if isinstance(value, list) and not isinstance(wanted, list):
        return any(equal(item, wanted) for item in value)
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _ordered(compare: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool]:
    def holds(value: Json, wanted: Json) -> bool:
        if isinstance(value, list):
            return any(holds(item, wanted) for item in value)
        if isinstance(wanted, Instant) and isinstance(value, str):
            value = _milliseconds(value)
        return _comparable(value, wanted) and compare(value, wanted)

    return holds


def _milliseconds(text: str) -> Json:
    """A text such as `2024-05-01T12:00:00.000Z` as epoch milliseconds; None for any other."""
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        return None


def _comparable(value: Json, wanted: Json) -> bool:
    return (isinstance(value, str) and isinstance(wanted, str)) or (_is_number(value) and _is_number(wanted))


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _textual(compare: Callable[[str, str], bool]) -> Callable[[Json, Json], bool]:
    def holds(value: Json, wanted: Json) -> bool:
        if isinstance(value, list):
            return any(holds(item, wanted) for item in value)
        return isinstance(value, str) and isinstance(wanted, str) and compare(value, wanted)

    return holds


def _not(holds: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool]:
    # A missing property counts as not equal: the negations are true of it.
    return lambda value, wanted: not holds(value, wanted)


_contains = _textual(lambda value, wanted: wanted in value)
_begins = _textual(str.startswith)
_ends = _textual(str.endswith)

OPERATORS: dict[str, Callable[[Json, Json], bool]] = {
    "=": equal,
    "!=": _not(equal),
    ">": _ordered(lambda value, wanted: bool(value > wanted)),
    "<": _ordered(lambda value, wanted: bool(value < wanted)),
    ">=": _ordered(lambda value, wanted: bool(value >= wanted)),
    "<=": _ordered(lambda value, wanted: bool(value <= wanted)),
    "~=": _contains,
    "^=": _begins,
    "$=": _ends,
    "!~=": _not(_contains),
    "!^=": _not(_begins),
    "!$=": _not(_ends),
}
