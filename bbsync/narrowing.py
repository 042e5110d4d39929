"""Narrowing: what the settings look at less than those of the last apply did.

Settings are compared by name, so that people are told which of them changed. Only those count that can put something
out of sight: whatever the window and the details are, nothing is deleted for being too old or not being asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from bbsync.graph import Properties, Value

#: The settings that count: the workspaces looked at, the kinds that are not, and whether pull requests are.
WORKSPACES = "workspaces"
KINDS_OFF = "kinds_off"
PULL_REQUESTS = "pull_requests.ingest"


def narrower(before: Properties, now: Properties) -> tuple[str, ...]:
    """What is looked at less now, a few words for each; nothing where the settings are the same or wider.

    Args:
        before: the settings that shaped the scope at the last apply, by name; empty if nobody knows.
        now: those of the plan.
    """
    return tuple(_narrower(before, now)) if before else ()


def _narrower(before: Properties, now: Properties) -> Iterator[str]:
    for workspace in _more(before.get(WORKSPACES), now.get(WORKSPACES)):
        yield f"{WORKSPACES} is without {workspace}"
    for kind in _more(now.get(KINDS_OFF), before.get(KINDS_OFF)):
        yield f"kinds.{kind} is switched off"
    if before.get(PULL_REQUESTS, True) and not now.get(PULL_REQUESTS, True):
        yield f"{PULL_REQUESTS} is switched off"


def _more(one: Value, other: Value) -> list[str]:
    """What the first list holds and the second does not."""
    return sorted({str(item) for item in _items(one)} - {str(item) for item in _items(other)})


def _items(listed: Value) -> tuple[object, ...]:
    return listed if isinstance(listed, tuple) else ()
