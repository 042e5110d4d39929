"""The converter that turns JSON into values, and takes nothing for what it is not: no `1` for true, no text for a list.

cattrs by itself coerces; every fault it reports has its path, as in `$.changes[3].label`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NewType, get_args, get_origin

import cattrs

from bbsync.graph import Properties, Value

#: Epoch milliseconds here, RFC 3339 in UTC in the file.
Moment = NewType("Moment", int)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_EARLIEST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _MILLISECOND
_LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MILLISECOND
_SCALARS = frozenset({str, bool, int, float, type(None)})


def write_moment(moment: int) -> str:
    """Epoch milliseconds as RFC 3339 in UTC; a time outside the years 1 to 9999 becomes the nearest one inside."""
    near = min(max(moment, _EARLIEST), _LATEST)
    held = EPOCH + near * _MILLISECOND
    return held.isoformat(timespec="milliseconds" if near % 1000 else "seconds").replace("+00:00", "Z")


def read_moment(written: object, _wanted: object = None) -> Moment:
    """RFC 3339 as epoch milliseconds."""
    if not isinstance(written, str):
        raise TypeError("a time is written as a string")
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone")
    return Moment((moment - EPOCH) // _MILLISECOND)


def _exactly(wanted: type) -> Callable[[object, object], object]:
    def hook(written: object, _wanted: object) -> object:
        if type(written) is not wanted:
            raise TypeError(f"expected {wanted.__name__}")
        return written

    return hook


def _properties(written: object, _wanted: object) -> Properties:
    if not isinstance(written, Mapping):
        raise TypeError("properties are an object")
    return {str(name): _value(held) for name, held in written.items()}


def _value(held: Any) -> Value:
    if type(held) in _SCALARS:
        scalar: Value = held
        return scalar
    if not isinstance(held, list) or not {type(one) for one in held} <= _SCALARS:
        raise TypeError("a property is a scalar or a list of scalars")
    return tuple(held)


def _is_sequence(wanted: Any) -> bool:
    return get_origin(wanted) is tuple and get_args(wanted)[-1] is Ellipsis


def _reader() -> cattrs.Converter:
    reader = cattrs.Converter()
    for scalar in (str, int, bool):
        reader.register_structure_hook(scalar, _exactly(scalar))
    reader.register_structure_hook(Moment, read_moment)
    reader.register_structure_hook_func(lambda wanted: wanted == Properties, _properties)

    def sequence(written: object, wanted: Any) -> tuple[object, ...]:
        if not isinstance(written, list):
            raise TypeError("expected a list")
        one = get_args(wanted)[0]
        return tuple(reader.structure(written, list[one]))  # type: ignore[valid-type]  # the type is known when it runs

    reader.register_structure_hook_func(_is_sequence, sequence)
    return reader


READER = _reader()
