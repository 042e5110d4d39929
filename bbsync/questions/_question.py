"""What a question is: what it asks, what that is good for, and when its answer is an alert."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

Level = Literal["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO"]
Interval = Literal[
    "DISABLED", "THIRTY_MINUTES", "ONE_HOUR", "FOUR_HOURS", "EIGHT_HOURS", "TWELVE_HOURS", "ONE_DAY", "ONE_WEEK"
]


@frozen
class Alert:
    """An alert of this level is raised where the question finds more rows than `above`."""

    level: Level
    interval: Interval = "ONE_DAY"
    above: int = 0


@frozen
class Question:
    """A question in J1QL; `purpose` is one sentence that says what it is good for."""

    name: str
    title: str
    purpose: str
    query: str
    tags: tuple[str, ...] = ()
    alert: Alert | None = None
