"""Questions from files: what is read, and what is refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from bbsync.errors import SettingsError
from bbsync.questions import Alert, Question, questions_in

GOOD = 'title = "Old users"\npurpose = "They leave."\nquery = "FIND\\n  bitbucket_user"\n'


def folder(place: Path, **files: str) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        (place / f"{name}.toml").write_text(content, encoding="utf-8")
    return place


def test_a_file_is_a_question(tmp_path: Path) -> None:
    """The file's name is the question's, and the query is one line."""
    place = folder(tmp_path, old_users=f'{GOOD}tags = ["users"]\n[alert]\nlevel = "LOW"\nabove = 3')

    (found,) = questions_in(place)

    alert = Alert("LOW", "ONE_DAY", 3)
    assert found == Question("old_users", "Old users", "They leave.", "FIND bitbucket_user", ("users",), alert)


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    """A README beside the questions is none."""
    (tmp_path / "README.md").write_text("Ours.")

    assert questions_in(folder(tmp_path, old_users=GOOD))[0].alert is None
    assert len(questions_in(tmp_path)) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("title = ", "It is not TOML"),
        ("", "missing required field `title`"),
        ('title = "x"\npurpose = "y"', "missing required field `query`"),
        (GOOD + 'qurey = "FIND *"', "contains unknown field `qurey`"),
        (GOOD.replace('"Old users"', "7"), "Expected `str`, got `int` - at `$.title`"),
        (GOOD.replace("Old users", ""), "`$.title`"),
        (GOOD.replace("Old users", "two\\nlines"), "`$.title`"),
        (GOOD + '[alert]\nlevel = "AWFUL"', "Invalid enum value 'AWFUL' - at `$.alert.level`"),
        (GOOD + '[alert]\nlevel = "LOW"\ninterval = "OFTEN"', "`$.alert.interval`"),
        (GOOD + '[alert]\nlevel = "LOW"\nabove = -1', "Expected `int` >= 0 - at `$.alert.above`"),
        (GOOD + "[alert]", "missing required field `level` - at `$.alert`"),
    ],
    ids=str,
)
def test_what_is_no_question_is_refused(tmp_path: Path, content: str, why: str) -> None:
    """The sentence names the file and what is wrong in it."""
    place = folder(tmp_path, old_users=content)

    with pytest.raises(SettingsError, match=r"old_users\.toml is not a question") as refused:
        questions_in(place)

    assert why in refused.value.why


@pytest.mark.parametrize("name", ["Old-Users", "x", "9lives"])
def test_a_name_is_plain(tmp_path: Path, name: str) -> None:
    """Names end up in markers and settings."""
    place = folder(tmp_path, **{name: GOOD})

    with pytest.raises(SettingsError, match="is not a question"):
        questions_in(place)


def test_two_questions_may_not_share_a_title(tmp_path: Path) -> None:
    """The title names the alert rule, and JupiterOne keeps one of a name."""
    place = folder(tmp_path, old_users=GOOD, older_users=GOOD)

    with pytest.raises(SettingsError, match="2 questions have the title 'Old users'"):
        questions_in(place)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A misspelt folder is no empty one: its questions would be deleted."""
    with pytest.raises(SettingsError, match="cannot be read as a folder of questions"):
        questions_in(tmp_path / "missing")
