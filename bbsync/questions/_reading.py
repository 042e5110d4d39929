"""Questions from TOML files: those that come with bbsync, and a user's own."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated

import msgspec

from bbsync.errors import SettingsError
from bbsync.questions._question import Alert, Interval, Level, Question

#: The folder of the questions that come with bbsync.
PACK = files(__package__).joinpath("pack")

_ENDING = ".toml"
_NAME = re.compile(r"[a-z][a-z0-9_]{2,59}")

_Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^\S[^\x00-\x1f\x7f]*\Z")]


class _Alert(msgspec.Struct, forbid_unknown_fields=True):
    level: Level
    interval: Interval = "ONE_DAY"
    above: Annotated[int, msgspec.Meta(ge=0)] = 0


class _File(msgspec.Struct, forbid_unknown_fields=True):
    title: _Line
    purpose: _Line
    query: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]
    tags: tuple[_Line, ...] = ()
    alert: _Alert | None = None


def questions_in(folder: Traversable) -> tuple[Question, ...]:
    """The questions of a folder, by name.

    Raises:
        SettingsError: there is no such folder, or a file in it is no question.
    """
    try:
        found = sorted((file for file in folder.iterdir() if file.name.endswith(_ENDING)), key=lambda file: file.name)
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot be read as a folder of questions",
            why=f"{error.strerror or type(error).__name__}.",
            next_step="Correct pack under [alerts].",
            code="BB-QUESTION",
        ) from error
    return require_own_titles([_question(file) for file in found])


def require_own_titles(questions: Iterable[Question]) -> tuple[Question, ...]:
    """The questions, if no two have the same title: JupiterOne keeps alert rules by name, and a title names one."""
    listed = tuple(questions)
    for title, count in Counter(question.title for question in listed).items():
        if count > 1:
            names = ", ".join(question.name for question in listed if question.title == title)
            raise SettingsError(
                f"{count} questions have the title {title!r}",
                why=f"They are {names}, and alert rules need a name of their own.",
                next_step="Give each a title of its own.",
                code="BB-QUESTION",
            )
    return listed


def _question(file: Traversable) -> Question:
    name = file.name.removesuffix(_ENDING)
    if not _NAME.fullmatch(name):
        raise _no_question(file, "Its name must be lower case letters, digits and underscores, 3 to 60 of them.")
    try:
        read = msgspec.convert(tomllib.loads(file.read_text("utf-8")), _File)
    except OSError as error:
        raise _no_question(file, f"{error.strerror or type(error).__name__}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_question(file, f"It is not TOML: {error}.") from error
    except msgspec.ValidationError as error:
        raise _no_question(file, f"{error}.") from error
    alert = Alert(read.alert.level, read.alert.interval, read.alert.above) if read.alert else None
    return Question(name, read.title, read.purpose, " ".join(read.query.split()), read.tags, alert)


def _no_question(file: Traversable, why: str) -> SettingsError:
    return SettingsError(
        f"{file} is not a question",
        why=why,
        next_step="Write title, purpose and query, as in the questions that bbsync alerts list --format json shows.",
        code="BB-QUESTION",
    )
