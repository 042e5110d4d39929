"""Settings explain themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.settings import Seconds
from bbsync.errors import SettingsError
from bbsync.kinds import KINDS
from bbsync.settings import load_settings
from bbsync.settings.commented import commented
from bbsync.settings.described import Described, described
from bbsync.settings.duration import seconds, spelled
from bbsync.settings.tables import KNOWN_KINDS

EVERY = [
    pytest.param(table.name, one, id=f"{table.name}-{one.name}") for table in described() for one in table.settings
]


@pytest.mark.parametrize(("table", "setting"), EVERY)
def test_every_setting_says_what_it_is_for(table: str, setting: Described) -> None:
    """A setting has a type and a sentence, so that no page and no file leaves it unexplained."""
    assert setting.type
    assert setting.meaning.endswith(".")
    assert setting.default or setting.example


def test_every_table_that_is_read_is_described(tmp_path: Path) -> None:
    """The tables that a mistake suggests are those of the page; a new one cannot be forgotten."""
    (tmp_path / "bbsync.toml").write_text("[xyzzyx]\n")

    with pytest.raises(SettingsError) as refused:
        load_settings(config=tmp_path / "bbsync.toml", environ={})

    assert set(re.findall(r"\[(\w+)\]", refused.value.why)) - {"xyzzyx"} == {one.name for one in described()} - {""}


def test_kinds_are_those_that_there_are() -> None:
    """What the page says may be switched off is what the command lets one switch off."""
    there = tuple(kind.plural for kind in KINDS if kind.parent is not None and kind.name != "pull_request")

    assert set(KNOWN_KINDS) == set(there)


def test_a_commented_file_changes_nothing(tmp_path: Path) -> None:
    """Whoever begins with it has the defaults."""
    (tmp_path / "bbsync.toml").write_text(commented(), encoding="utf-8")
    (tmp_path / "empty.toml").touch()

    settings = load_settings(config=tmp_path / "bbsync.toml", environ={})

    assert settings == load_settings(config=tmp_path / "empty.toml", environ={})


def test_what_is_commented_out_is_the_default(tmp_path: Path) -> None:
    """Every line works as it stands once its # is gone, and still changes nothing."""
    (tmp_path / "bbsync.toml").write_text(re.sub(r"(?m)^# (\w+ = )", r"\1", commented()), encoding="utf-8")
    (tmp_path / "empty.toml").touch()

    settings = load_settings(config=tmp_path / "bbsync.toml", environ={})

    assert settings == load_settings(config=tmp_path / "empty.toml", environ={})


def test_what_is_given_is_set(tmp_path: Path) -> None:
    """A file can be made with settings in it."""
    text = commented({("", "workspaces"): ("acme", 'a"b'), ("target", "kind"): "jupiterone"})
    (tmp_path / "bbsync.toml").write_text(text.replace('a\\"b', "other"), encoding="utf-8")

    settings = load_settings(config=tmp_path / "bbsync.toml", environ={})

    assert 'workspaces = ["acme", "a\\"b"]\n' in text
    assert (settings.workspaces, settings.target.kind) == (("acme", "other"), "jupiterone")


def test_a_commented_file_fits_a_screen() -> None:
    """No line is longer than people read."""
    assert max(map(len, commented().splitlines())) <= 100


@given(st.integers(min_value=0, max_value=10**9 - 1))
def test_a_spelled_length_is_read_as_it_was(length: int) -> None:
    """What is shown as a default can be set."""
    assert seconds(spelled(Seconds(length))) == length
