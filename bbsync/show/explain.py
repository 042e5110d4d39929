"""What differs between an element before and after: property by property, and within lists item by item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
    one, other = _flat(before), _flat(after)
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

    found = DeepDiff(
        {name: list(_items(before)) for name, (before, _) in pairs.items()},
        {name: list(_items(after)) for name, (_, after) in pairs.items()},
        ignore_order=True,
        report_repetition=True,
        view="tree",
        threshold_to_diff_deeper=0,  # else very different lists are "all changed"
        cutoff_intersection_for_pairs=0,  # else it takes two different items for one that changed
        cutoff_distance_for_pairs=0,
    )
    added: Items = {}
    removed: Items = {}
    for item in found.get("iterable_item_added", ()):
        added.setdefault(_property(item), []).append(item.t2)
    for item in found.get("iterable_item_removed", ()):
        removed.setdefault(_property(item), []).append(item.t1)
    for item in found.get("repetition_change", ()):
        repeated = item.additional["repetition"]
        surplus = repeated["new_repeat"] - repeated["old_repeat"]
        (added if surplus > 0 else removed).setdefault(_property(item), []).extend([item.t1] * abs(surplus))
    return _in_order(added), _in_order(removed)


def _items(listed: Shown) -> Iterable[Value]:
    return listed if isinstance(listed, tuple) else ()


def _property(item: object) -> str:
    path: list[object] = item.path(output_format="list")  # type: ignore[attr-defined]  # DeepDiff has no types
    return str(path[0])


def _in_order(items: Items) -> Items:
    return {name: sorted(listed, key=_by_name) for name, listed in items.items()}


def _by_name(item: Value) -> tuple[str, str]:
    return (str(item).casefold(), repr(item))
