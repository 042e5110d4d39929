"""JSON of Bitbucket's to the attrs classes of the kinds: strict about types, indifferent to fields nobody uses."""

from __future__ import annotations

from collections.abc import Callable
from types import GenericAlias
from typing import Any, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn

from bbsync.bitbucket.answers import Unreadable

T = TypeVar("T")

#: Bitbucket's longest texts are descriptions, of a third of this.
LONGEST_TEXT = 100_000

#: What a signed integer of 64 bits holds.
LARGEST_NUMBER = 2**63 - 1


def structure(raw: Any, item: type[T]) -> T:
    """The item.

    Raises:
        Unreadable: a field is missing or of another type than documented; the detail says which and where.
    """
    try:
        return _CONVERTER.structure(raw, item)
    except (cattrs.BaseValidationError, TypeError, ValueError) as error:
        where = "; ".join(cattrs.transform_error(error)[:3])
        raise Unreadable("BB-FETCH-SCHEMA", f"an item is not as documented: {where}") from error


def _strict(wanted: type) -> Callable[[Any, Any], Any]:
    """cattrs would turn "no" into True and 5 into "5", and take texts without end and numbers that nothing holds."""

    def hook(raw: Any, _type: Any) -> Any:
        if type(raw) is not wanted:
            raise TypeError(f"expected {wanted.__name__}, not {type(raw).__name__}")
        if isinstance(raw, str) and len(raw) > LONGEST_TEXT:
            raise ValueError(f"expected at most {LONGEST_TEXT:,} characters, not {len(raw):,}")
        if isinstance(raw, int) and abs(raw) > LARGEST_NUMBER:
            raise ValueError("expected a number of 64 bits")
        return raw

    return hook


def _from_object(converter: cattrs.Converter, item: type) -> Callable[[Any, Any], Any]:
    """cattrs would take anything that has no field at all for an object without fields."""
    fill: Callable[[Any, Any], Any] = make_dict_structure_fn(item, converter)

    def hook(raw: Any, wanted: Any) -> Any:
        if not isinstance(raw, dict):
            raise TypeError(f"expected an object, not {type(raw).__name__}")
        return fill(raw, wanted)

    return hook


def _from_list(converter: cattrs.Converter, wanted: Any) -> Callable[[Any, Any], Any]:
    """cattrs would iterate over whatever can be iterated over: `{}` and `""` would be lists without items."""
    fill = converter.get_structure_hook(GenericAlias(list, get_args(wanted)[:1]))

    def hook(raw: Any, _type: Any) -> Any:
        if not isinstance(raw, list):
            raise TypeError(f"expected a list, not {type(raw).__name__}")
        return tuple(fill(raw, list))

    return hook


def _is_tuple(wanted: Any) -> bool:
    return get_origin(wanted) is tuple


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=True)
    for scalar in (str, int, bool, float):
        converter.register_structure_hook(scalar, _strict(scalar))
    converter.register_structure_hook_factory(attrs.has, lambda item: _from_object(converter, item))
    converter.register_structure_hook_factory(_is_tuple, lambda wanted: _from_list(converter, wanted))
    return converter


_CONVERTER = _converter()
