"""Narrowing: what the settings look at less than those of the last apply did.

Settings are compared by name, so that people are told which of them changed. A setting that only one side knows is
left out: another version of bbsync has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bbsync.graph import Properties, Value

#: The settings that are lists: of what is looked at, and of the kinds that are not.
WORKSPACES = "workspaces"
KINDS_OFF = "kinds_off"


def narrower(before: Properties, now: Properties) -> tuple[str, ...]:
    """What is looked at less now, a few words for each; nothing where the settings are the same or wider.

    Args:
        before: the settings that shaped the scope at the last apply, by name; empty if nobody knows.
        now: those of the plan.
    """
    return tuple(
        words for name in sorted(before.keys() & now.keys()) for words in _narrower(name, before[name], now[name])
    )


def _narrower(name: str, before: Value, now: Value) -> Iterator[str]:
    if name == KINDS_OFF:
        yield from (f"kinds.{kind} is switched off" for kind in _more(now, before))
    elif isinstance(before, tuple):
        yield from (f"{name} is without {one}" for one in _more(before, now))
    elif isinstance(before, bool):
        if before and not now:
            yield f"{name} is switched off"
    elif isinstance(before, int) and isinstance(now, int) and now < before:
        yield f"{name} is {now} and was {before}"


def _more(one: Value, other: Value) -> list[str]:
    """What the first list holds and the second does not."""
    return sorted({str(item) for item in _items(one)} - {str(item) for item in _items(other)})


def _items(listed: Value) -> tuple[object, ...]:
    return listed if isinstance(listed, tuple) else ()
