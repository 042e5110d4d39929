"""The owner marker: how a question or rule in JupiterOne says that bbsync made it, for whom, and what it is.

Questions carry it as a tag, and rules as a label. Whatever has none of ours is somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable

#: The name of the label, and what the tag begins with.
LABEL = "bbsync"


def label(place: str, name: str) -> str:
    """The value of the label."""
    return f"{place}/{name}"


def tag(place: str, name: str) -> str:
    """The tag."""
    return f"{LABEL}:{label(place, name)}"


def named_by_labels(place: str, labels: Iterable[tuple[str, str]]) -> str:
    """The question's name in a rule's labels, as names and values; empty where the rule is not ours."""
    mine = f"{place}/"
    names = (value.removeprefix(mine) for name, value in labels if name == LABEL and value.startswith(mine))
    return next((name for name in names if "/" not in name), "")  # a place may be the beginning of another


def named_by_tags(place: str, tags: Iterable[str]) -> str:
    """The same in a question's tags."""
    parts = (one.partition(":") for one in tags)
    return named_by_labels(place, ((name, value) for name, _, value in parts))
