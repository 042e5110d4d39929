"""What differs between an element before and after: property by property, and within lists item by item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from bbsync.graph import Element, Entity, Value


class Absent:
    """Stands for a property that is not there; null is there."""


ABSENT = Absent()

Shown = Value | Absent


@frozen
class Difference:
    """One property that differs. `added` and `removed` are of two lists, which are compared as sets."""

    name: str
    before: Shown
    after: Shown
    added: tuple[Value, ...] = ()
    removed: tuple[Value, ...] = ()


def differences(before: Element, after: Element) -> tuple[Difference, ...]:
    """What differs, by name of the property."""
    return compared(_flat(before), _flat(after))


def compared(one: Mapping[str, Value], other: Mapping[str, Value]) -> tuple[Difference, ...]:
    """The same of properties alone."""
    pairs = {name: (one.get(name, ABSENT), other.get(name, ABSENT)) for name in sorted(one.keys() | other.keys())}
    changed = {name: pair for name, pair in pairs.items() if not _same(*pair)}
    lists = {name: pair for name, pair in changed.items() if all(isinstance(end, tuple) for end in pair)}
    added, removed = compare_lists(lists) if lists else ({}, {})
    return tuple(
        Difference(name, *pair, tuple(added.get(name, ())), tuple(removed.get(name, ())))
        for name, pair in changed.items()
    )


def _flat(element: Element) -> dict[str, Value]:
    """Everything that may differ, under JupiterOne's names."""
    if isinstance(element, Entity):
        return {**element.properties, "_type": element.type, "_class": element.classes}
    ends: dict[str, Value] = {"_fromEntityKey": element.source, "_toEntityKey": element.target}
    return {**element.properties, "_type": element.type, "_class": element.verb, **ends}


def _same(one: Shown, other: Shown) -> bool:
    """Python takes `1` for `1.0` and `True`; JSON does not."""
    return one is other or (one == other and repr(one) == repr(other))


Items = dict[str, list[Value]]


def compare_lists(pairs: Mapping[str, tuple[Shown, Shown]]) -> tuple[Items, Items]:
    """What came into each list, and what went out of it, whatever the order. Repetitions count."""
    # It takes longer to load than everything else here, and most plans change no list.
    from deepdiff import DeepDiff

    # It compares how things are spelled: it stumbles over lone surrogates, and a spelling tells 1, 1.0 and "1" apart.
    spelled: dict[str, Any] = {repr(one): one for ends in pairs.values() for end in ends for one in _items(end)}
    names = {repr(name): name for name in pairs}
    found = DeepDiff(
        {repr(name): list(map(repr, _items(before))) for name, (before, _) in pairs.items()},
        {repr(name): list(map(repr, _items(after))) for name, (_, after) in pairs.items()},
        ignore_order=True,
        report_repetition=True,
        view="tree",
        threshold_to_diff_deeper=0,  # else very different lists are "all changed"
        cutoff_intersection_for_pairs=0,  # else it takes two different items for one that changed
        cutoff_distance_for_pairs=0,
    )
    added: Items = {}
    removed: Items = {}
    for found_in, side, item, count in _moves(found):
        (added if side == "added" else removed).setdefault(names[found_in], []).extend([spelled[item]] * count)
    return _in_order(added), _in_order(removed)


def _moves(found: Mapping[str, Iterable[Any]]) -> Iterator[tuple[str, str, str, int]]:
    """Property, side, item, and how often, of everything that DeepDiff found."""
    for one in found.get("iterable_item_added", ()):
        yield one.path(output_format="list")[0], "added", one.t2, 1
    for one in found.get("iterable_item_removed", ()):
        yield one.path(output_format="list")[0], "removed", one.t1, 1
    for one in found.get("repetition_change", ()):
        repeated = one.additional["repetition"]
        surplus = repeated["new_repeat"] - repeated["old_repeat"]
        yield one.path(output_format="list")[0], "added" if surplus > 0 else "removed", one.t1, abs(surplus)


def _items(listed: Shown) -> Iterable[Value]:
    return listed if isinstance(listed, tuple) else ()


def _in_order(items: Items) -> Items:
    return {name: sorted(listed, key=_by_name) for name, listed in items.items()}


def _by_name(item: Value) -> tuple[str, str]:
    return (str(item).casefold(), repr(item))
