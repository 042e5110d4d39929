"""Which questions are asked: those that come with bbsync and a user's own, as the settings want them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

from attrs import evolve, frozen

from bbsync.alerts.settings import AlertSettings
from bbsync.errors import SettingsError
from bbsync.kinds import KINDS, Kinds
from bbsync.questions import PACK, Alert, Interval, Level, Question, questions_in, require_own_titles


@frozen
class Choice:
    """A question as it is wanted; `left_out` says why it is not kept in JupiterOne, and is empty where it is."""

    question: Question
    left_out: str = ""


def choose(settings: AlertSettings, kinds_off: Collection[str], kinds: Kinds = KINDS) -> tuple[Choice, ...]:
    """Every question by name. `kinds_off` are the plurals of the kinds that are not mirrored.

    Raises:
        SettingsError: a setting names no question, or a file of the user's is none.
    """
    own = questions_in(Path(settings.pack)) if settings.pack else ()
    known = {question.name: question for question in (*questions_in(PACK), *own)}
    _require_known(settings, known)
    unseen = {kind.entity.type: kind.plural for kind in kinds if kind.plural in kinds_off}
    choices = [_choice(known[name], settings, unseen) for name in sorted(known)]
    require_own_titles(choice.question for choice in choices if not choice.left_out)
    return tuple(choices)


def _choice(question: Question, settings: AlertSettings, unseen: dict[str, str]) -> Choice:
    adjusted = evolve(question, alert=_alert(question, settings))
    if question.name in settings.off:
        return Choice(adjusted, "switched off in [alerts]")
    blind = [plural for entity_type, plural in unseen.items() if entity_type in question.query]
    return Choice(adjusted, f"{blind[0].replace('_', ' ')} are not mirrored" if blind else "")


def _alert(question: Question, settings: AlertSettings) -> Alert | None:
    """The alert that the settings make of the question's; a level makes one where there is none."""
    name = question.name
    if name in settings.silent or not (question.alert or name in settings.levels):
        return None
    alert = question.alert or Alert("INFO")
    return evolve(
        alert,
        level=cast("Level", settings.levels.get(name, alert.level)),
        interval=cast("Interval", settings.intervals.get(name, alert.interval)),
    )


def _require_known(settings: AlertSettings, known: Collection[str]) -> None:
    mistakes = list(_unknown(settings, known))
    if mistakes:
        raise SettingsError(
            "[alerts] names questions that there are not",
            why=" ".join(mistakes),
            next_step="Correct the names; bbsync alerts list shows them all once [alerts] is right.",
            code="BB-QUESTION",
        )


def _unknown(settings: AlertSettings, known: Iterable[str]) -> Iterator[str]:
    names: Sequence[str] = sorted(known)
    for setting, listed in settings.named.items():
        for name in listed:
            if name not in names:
                close = difflib.get_close_matches(name, names, n=1)
                hint = f"the nearest is {close[0]}" if close else f"known are {', '.join(names)}"
                yield f"{setting} names {name[:60]!r}; {hint}."
