"""Which questions are asked, as the settings want them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bbsync.alerts.choice import choose
from bbsync.alerts.settings import AlertSettings
from bbsync.errors import SettingsError
from bbsync.questions import Alert, Question

OWN = 'title = "{title}"\npurpose = "Ours."\nquery = "FIND bitbucket_user"\n'


def chosen(settings: AlertSettings, *kinds_off: str) -> dict[str, Question]:
    """The questions that are kept, by name."""
    return {one.question.name: one.question for one in choose(settings, kinds_off) if not one.left_out}


def test_without_settings_every_question_is_kept() -> None:
    """They come with bbsync, and each has the alert that its file says."""
    found = chosen(AlertSettings())

    assert len(found) == 27
    assert found["public_repositories"].alert == Alert("HIGH", "ONE_HOUR")


def test_a_question_that_is_switched_off_says_why() -> None:
    """It stays in the list, and is not kept."""
    (left,) = [one for one in choose(AlertSettings(off=("self_approved",)), ()) if one.left_out]

    assert (left.question.name, left.left_out) == ("self_approved", "switched off in [alerts]")


@pytest.mark.parametrize(
    ("off", "gone", "kept"),
    [
        ("branch_restrictions", "repositories_without_restrictions", "public_repositories"),
        ("pull_requests", "merged_without_approval", "repository_admins"),
        ("permissions", "outsiders_with_write_access", "self_approved"),
    ],
)
def test_nobody_asks_about_what_is_not_mirrored(off: str, gone: str, kept: str) -> None:
    """Where a kind is off, every repository would seem to be without it."""
    found = chosen(AlertSettings(), off)

    assert gone not in found
    assert kept in found


def test_levels_and_intervals_stand_instead_of_those_of_the_file() -> None:
    """What is bad enough for an alert is the user's to say."""
    settings = AlertSettings(
        silent=("unknown_committers",),
        levels={"public_repositories": "CRITICAL", "public_projects": "LOW"},
        intervals={"public_repositories": "DISABLED"},
    )

    found = chosen(settings)

    assert found["public_repositories"].alert == Alert("CRITICAL", "DISABLED")
    assert found["public_projects"].alert == Alert("LOW", "ONE_DAY")
    assert found["unknown_committers"].alert is None


def test_own_questions_come_beside_and_instead(tmp_path: Path) -> None:
    """A folder of own questions adds to those of bbsync; one of the same name stands instead."""
    for name in ("ours_alone", "public_repositories"):
        (tmp_path / f"{name}.toml").write_text(OWN.format(title=name))

    found = chosen(AlertSettings(pack=str(tmp_path)))

    assert len(found) == 28
    assert found["public_repositories"].purpose == found["ours_alone"].purpose == "Ours."


def test_an_own_question_has_a_title_of_its_own(tmp_path: Path) -> None:
    """Titles name rules, so they differ from those of bbsync, too."""
    (tmp_path / "ours_alone.toml").write_text(OWN.format(title="Bitbucket: groups without members"))

    with pytest.raises(SettingsError, match="groups_without_members, ours_alone") as refused:
        choose(AlertSettings(pack=str(tmp_path)), ())

    assert refused.value.code == "BB-QUESTION"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (AlertSettings(off=("public_repos",)), "off names 'public_repos'; the nearest is public_repositories."),
        (AlertSettings(levels={"zzz": "LOW"}), "levels names 'zzz'; known are"),
        (AlertSettings(intervals={"self_aproved": "ONE_DAY"}), "the nearest is self_approved."),
    ],
    ids=["off", "levels", "intervals"],
)
def test_a_name_that_no_question_has_is_refused(settings: AlertSettings, why: str) -> None:
    """A misspelt name would switch off nothing, silently."""
    with pytest.raises(SettingsError, match="names questions that there are not") as refused:
        choose(settings, ())

    assert why in refused.value.why


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"levels": {"self_approved": "awful"}}, "levels of self_approved must be one of CRITICAL"),
        ({"intervals": {"self_approved": "ONE_YEAR"}}, "intervals of self_approved must be one of DISABLED"),
        ({"email": ("nobody",)}, "one is 'nobody'"),
    ],
    ids=["levels", "intervals", "email"],
)
def test_settings_out_of_bounds_are_refused(wrong: dict[str, object], why: str) -> None:
    """The values are those that JupiterOne has."""
    with pytest.raises(ValueError, match=why):
        AlertSettings(**wrong)  # type: ignore[arg-type]  # what a file may hold
