"""What is set about questions and alert rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from attrs import frozen

from bbsync.questions import Interval, Level
from bbsync.setting import setting

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")

Choices = Mapping[str, str]


def _check_levels(_settings: object, _field: object, levels: Choices) -> None:
    _check_choices("levels", levels, get_args(Level))


def _check_intervals(_settings: object, _field: object, intervals: Choices) -> None:
    _check_choices("intervals", intervals, get_args(Interval))


def _check_choices(setting: str, chosen: Choices, choices: tuple[str, ...]) -> None:
    for name, choice in chosen.items():
        if choice not in choices:
            message = f"{setting} of {name} must be one of {', '.join(choices)}; it is {choice[:32]!r}"
            raise ValueError(message)


def _check_addresses(_settings: object, _field: object, addresses: tuple[str, ...]) -> None:
    for address in addresses:
        if not _ADDRESS.fullmatch(address):
            message = f"email must hold addresses such as team@example.com; one is {address[:60]!r}"
            raise ValueError(message)


@frozen
class AlertSettings:
    """Which questions and alert rules are kept in JupiterOne; bbsync alerts list shows the names."""

    off: tuple[str, ...] = setting((), "Questions that are not kept in JupiterOne.", example=("dormant_repositories",))
    silent: tuple[str, ...] = setting((), "Questions that are kept without an alert rule.", example=("self_approved",))
    levels: Choices = setting(
        {},
        "How bad an alert is: CRITICAL, HIGH, MEDIUM, LOW or INFO; it makes an alert where there is none.",
        example={"public_repositories": "CRITICAL"},
        validator=_check_levels,
    )
    intervals: Choices = setting(
        {},
        "How often JupiterOne looks: DISABLED, THIRTY_MINUTES, ONE_HOUR, FOUR_HOURS, EIGHT_HOURS, TWELVE_HOURS,"
        " ONE_DAY or ONE_WEEK.",
        example={"self_approved": "ONE_HOUR"},
        validator=_check_intervals,
    )
    email: tuple[str, ...] = setting(
        (), "Who is told of every alert.", example=("security@example.com",), validator=_check_addresses
    )
    pack: str = setting("", "A folder of questions of your own, one TOML file each.", example="questions")

    @property
    def named(self) -> Mapping[str, tuple[str, ...]]:
        """The names of questions that each setting holds."""
        return {
            "off": self.off,
            "silent": self.silent,
            "levels": tuple(self.levels),
            "intervals": tuple(self.intervals),
        }
