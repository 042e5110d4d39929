"""Variables, mounted files and a named file of variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from bbsync.errors import SettingsError
from bbsync.settings.environment import Environment


def test_a_variable_is_read_without_white_space_around_it() -> None:
    """A line break at the end of a pasted secret does no harm."""
    environment = Environment.of({"JUPITERONE_API_KEY": " key\n"})

    assert environment.text("JUPITERONE_API_KEY") == "key"


def test_a_blank_variable_counts_as_not_set() -> None:
    """Compose files and CI pass empty variables on; the default holds."""
    environment = Environment.of({"BITBUCKET_URL": "  "})

    assert environment.text("BITBUCKET_URL", "https://bitbucket.org") == "https://bitbucket.org"


def test_every_variable_may_be_a_mounted_file(tmp_path: Path) -> None:
    """`…_FILE` names a file that holds the text."""
    mounted = tmp_path / "secret"
    mounted.write_text("from a file\n")
    environment = Environment.of({"BITBUCKET_CLIENT_SECRET_FILE": str(mounted)})

    assert environment.text("BITBUCKET_CLIENT_SECRET") == "from a file"


def test_a_variable_and_its_file_exclude_each_other(tmp_path: Path) -> None:
    """Nobody has to guess which of the two holds."""
    environment = Environment.of({"JUPITERONE_API_KEY": "a", "JUPITERONE_API_KEY_FILE": str(tmp_path / "secret")})

    with pytest.raises(SettingsError, match="JUPITERONE_API_KEY and JUPITERONE_API_KEY_FILE are both set"):
        environment.text("JUPITERONE_API_KEY")


def test_a_mounted_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The sentence has the variable, the path and the reason."""
    environment = Environment.of({"JUPITERONE_API_KEY_FILE": str(tmp_path / "gone")})

    with pytest.raises(SettingsError, match=r"JUPITERONE_API_KEY_FILE \(.*gone\) cannot be read.*No such file"):
        environment.text("JUPITERONE_API_KEY")


def test_a_mounted_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are a mistake and not a secret."""
    mounted = tmp_path / "secret"
    mounted.write_bytes(b"\xff\xfe")
    environment = Environment.of({"JUPITERONE_API_KEY_FILE": str(mounted)})

    with pytest.raises(SettingsError, match="not UTF-8"):
        environment.text("JUPITERONE_API_KEY")


def test_a_named_file_of_variables_is_read(tmp_path: Path) -> None:
    """Quotes, `export`, comments and empty lines are understood."""
    env_file = tmp_path / "local.env"
    env_file.write_text("# mine\n\nexport BITBUCKET_CLIENT_KEY='one,two'\nBITBUCKET_CLIENT_SECRET=\"a=b\"\nEMPTY=\n")

    environment = Environment.of({}, env_file)

    assert dict(environment.variables) == {
        "BITBUCKET_CLIENT_KEY": "one,two",
        "BITBUCKET_CLIENT_SECRET": "a=b",
        "EMPTY": "",
    }


def test_the_process_wins_over_the_file(tmp_path: Path) -> None:
    """What is set for this one run holds."""
    env_file = tmp_path / "local.env"
    env_file.write_text("BITBUCKET_WORKSPACE=file\n")

    environment = Environment.of({"BITBUCKET_WORKSPACE": "process"}, env_file)

    assert environment.text("BITBUCKET_WORKSPACE") == "process"


def test_a_bad_line_is_named_by_number_and_not_shown(tmp_path: Path) -> None:
    """A line that is no assignment may be half a secret."""
    env_file = tmp_path / "local.env"
    env_file.write_text("A=1\nhunter2\n")

    with pytest.raises(SettingsError, match="line 2 of") as caught:
        Environment.of({}, env_file)

    assert "hunter2" not in str(caught.value)


def test_no_variable_is_in_the_repr() -> None:
    """The whole environment is a secret as far as printing goes."""
    assert "hunter2" not in repr(Environment.of({"JUPITERONE_API_KEY": "hunter2"}))
