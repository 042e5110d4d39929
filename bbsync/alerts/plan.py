"""The difference between the questions and rules that should be in JupiterOne and those that are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import chain

from attrs import field, frozen

from bbsync.alerts.item import Item, Sort


class Action(Enum):
    """What is done; values are the symbols of reports."""

    CREATE = "+"
    UPDATE = "~"
    DELETE = "-"


@frozen
class Holding:
    """What JupiterOne has: ours, how many are somebody else's, and the names that their rules have."""

    items: tuple[Item, ...] = ()
    others: int = 0
    taken: frozenset[str] = frozenset()


@frozen
class Change:
    """One write: before is None for what is new, after for what goes. `reason` is for people."""

    before: Item | None
    after: Item | None
    reason: str = ""

    @property
    def item(self) -> Item:
        """What it is about, as it will be or as it was."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - a change has one of the two
        return found

    @property
    def action(self) -> Action:
        """What is done."""
        if self.before is None:
            return Action.CREATE
        return Action.UPDATE if self.after else Action.DELETE


@frozen
class Withheld:
    """Something that is not done, and why."""

    item: Item
    reason: str


@frozen
class AlertPlan:
    """What apply does, in its order. `held` counts what of ours is there, by sort."""

    account: str
    place: str
    created_at: int
    changes: tuple[Change, ...]
    withheld: tuple[Withheld, ...] = ()
    unchanged: int = 0
    others: int = 0
    held: Mapping[Sort, int] = field(factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes

    def of(self, action: Action) -> list[Change]:
        """The changes of that sort."""
        return [change for change in self.changes if change.action is action]


@frozen
class _Found:
    """What became of one identity."""

    changes: tuple[Change, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    unchanged: int = 0


def make_plan(
    wanted: Sequence[Item],
    holding: Holding,
    *,
    account: str,
    place: str,
    created_at: int,
    left_out: Mapping[str, str] | None = None,
) -> AlertPlan:
    """What is to be done. `left_out` says why a question is not wanted, by name."""
    ours: dict[tuple[Sort, str], list[Item]] = {}
    for item in sorted(holding.items, key=lambda item: item.id):
        ours.setdefault(item.identity, []).append(item)
    found = [_compared(item, ours.pop(item.identity, []), holding.taken) for item in wanted]
    gone = (_gone(item, (left_out or {}).get(item.name, "")) for items in ours.values() for item in items)
    changes = chain((change for one in found for change in one.changes), gone)
    return AlertPlan(
        account=account,
        place=place,
        created_at=created_at,
        changes=tuple(_in_order(changes)),
        withheld=tuple(item for one in found for item in one.withheld),
        unchanged=sum(one.unchanged for one in found),
        others=holding.others,
        held={sort: sum(item.sort == sort for item in holding.items) for sort in ("question", "rule")},
    )


def _compared(wanted: Item, held: Sequence[Item], taken: frozenset[str]) -> _Found:
    first = held[0] if held else None
    extra = tuple(Change(item, None, "it is there twice") for item in held[1:])
    if first is not None and first.says(wanted):
        return _Found(extra, unchanged=1)
    if wanted.sort == "rule" and wanted.title in taken:
        return _Found(extra, (Withheld(wanted, "somebody else's rule has this name"),))
    return _Found((Change(first, wanted), *extra))


def _gone(item: Item, why: str) -> Change:
    return Change(item, None, why or ("no alert is wanted" if item.sort == "rule" else "no question of this name"))


def _in_order(changes: Iterable[Change]) -> Iterator[Change]:
    """What is new before what changes before what goes; a rule goes before its question."""
    listed = list(changes)
    for action in Action:
        alike = [change for change in listed if change.action is action]
        yield from sorted(
            alike,
            key=lambda change: (change.item.sort, change.item.name, change.item.id),
            reverse=action is Action.DELETE,
        )
