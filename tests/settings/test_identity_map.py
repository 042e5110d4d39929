"""The identity map: which addresses a file gives, and what is told about a file that gives none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.errors import SettingsError
from bbsync.identities import Identities, Row
from bbsync.settings import load_settings
from bbsync.settings.identity_map import read_map

ADA = "{91d0c5f2-7e3a-4c27-8a11-6b2f0e4d7a10}"


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    return tmp_path / "identities.csv"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("account_id,email\n5b:1,ada@acme.example\n", [Row(2, "account_id", "5b:1", "ada@acme.example")]),
        ("uuid,email\n91D0C5F2-7E3A-4C27-8A11-6B2F0E4D7A10,a@b.example", [Row(2, "uuid", ADA, "a@b.example")]),
        ("nickname,email\nada,Ada@Acme.Example\n", [Row(2, "nickname", "ada", "ada@acme.example")]),
        ("email,Account ID\na@b.example,5b:1\n", [Row(2, "account_id", "5b:1", "a@b.example")]),
        ("E-Mail;nickname\na@b.example;ada\n", [Row(2, "nickname", "ada", "a@b.example")]),
        ("account_id,uuid,nickname,name,email\n,,ada,Ada,a@b.example\n", [Row(2, "nickname", "ada", "a@b.example")]),
        ("account_id,nickname,email\n5b:1,ada,a@b.example\n", [Row(2, "account_id", "5b:1", "a@b.example")]),
        ("\r\nnickname,email\r\n\r\n  ada , a@b.example\r\n", [Row(4, "nickname", "ada", "a@b.example")]),
        ('nickname,email\n"a\nb",a@b.example\n"c",c@d.example\n', None),
        ("nickname,email\n", []),
    ],
)
def test_rows_are_read(file: Path, text: str, rows: list[Row] | None) -> None:
    """The surest column that a line fills in names the account; columns may stand in any order."""
    file.write_text(text, "utf-8", newline="")

    read = read_map(file)

    assert [row.line for row in read] == [2, 4] if rows is None else list(read) == rows


def test_byte_order_mark_is_no_part_of_a_column(file: Path) -> None:
    """Spreadsheets begin a file with one."""
    file.write_text("nickname,email\nada,a@b.example\n", "utf-8-sig")

    assert read_map(file) == (Row(2, "nickname", "ada", "a@b.example"),)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "It is empty."),
        (b"\n  \n", "It is empty."),
        ("nickname,email\nada,ä@b.example".encode("latin-1"), "It is not UTF-8: save it as CSV UTF-8."),
        ("nickname,email\n".encode("utf-16"), "It is not UTF-8: save it as CSV UTF-8."),
        (b"nickname,mail\n", "Line 1 names the column 'mail'; known are account_id, uuid, nickname, email, name."),
        (b"nickname,email,e-mail\n", "Line 1 names a column twice."),
        (b"nickname,name\n", "Line 1 names no column email."),
        (b"name,email\n", "Line 1 names none of the columns account_id, uuid, nickname."),
        (b"nickname,email\nada,\n", "Line 2 has no e-mail address; fill it in or take the line out."),
        (b"nickname,email\nada\n", "Line 2 has no e-mail address; fill it in or take the line out."),
        (b"nickname,email\n,a@b.example\n", "Line 2 names no account."),
        (b"nickname,email\nada,ada\n", "Line 2 has an e-mail address that is none: 'ada'."),
        (b"nickname,email\nada,a@b@c.example\n", "Line 2 has an e-mail address that is none: 'a@b@c.example'."),
        (
            b"nickname,email\nada,a\x1b[m@b.example\n",
            "Line 2 has an e-mail address that is none: 'a\\x1b[m@b.example'.",
        ),
        (b"uuid,email\nada,a@b.example\n", "Line 2 has a uuid that is none: 'ada'."),
        (b"nickname,email\nada,a@b.example,x\n", "Line 2 has 3 cells, and there are 2 columns."),
        (b"nickname,email\nada,a@b.example\n\nada,A@b.example\n", "Line 4 is the same as line 2."),
        (b"nickname,email\na,a@b.example\na,c@d.example\n", "Line 3 gives the account of line 2 another address."),
    ],
)
def test_mistakes_are_told_by_line(file: Path, content: bytes, told: str) -> None:
    """One sentence each, and a code to search for."""
    file.write_bytes(content)

    with pytest.raises(SettingsError) as caught:
        read_map(file)

    assert (caught.value.code, caught.value.why) == ("BB-IDENTITIES", told)
    assert caught.value.what == f"the identity map {file} has a mistake"


def test_many_mistakes_are_told_at_once_and_counted(file: Path) -> None:
    """Who mends a file wants to know all that is wrong, and no page of it."""
    file.write_text("nickname,email\n" + "ada\n" * 12, "utf-8")

    with pytest.raises(SettingsError, match="has 12 mistakes") as caught:
        read_map(file)

    assert caught.value.why.startswith("Line 2 has no e-mail address")
    assert caught.value.why.endswith("And 2 more.")


def test_missing_map_is_told(tmp_path: Path) -> None:
    """A map that is named must be there."""
    config = tmp_path / "bbsync.toml"
    config.write_text(f'[identities]\nmap = "{tmp_path / "none.csv"}"\n', "utf-8")

    with pytest.raises(SettingsError, match=r"none\.csv cannot be read") as caught:
        load_settings(config=config, environ={})

    assert caught.value.code == "BB-IDENTITIES"


def test_settings_hold_the_map(tmp_path: Path, file: Path) -> None:
    """The rows are read with the settings, and what plans are bound to follows from them."""
    file.write_text("nickname,email\nada,a@b.example\n", "utf-8")
    config = tmp_path / "bbsync.toml"
    config.write_text(f'[identities]\nmap = "{file}"\nby_name = true\n', "utf-8")

    settings = load_settings(config=config, environ={})

    assert settings.identities == Identities((Row(2, "nickname", "ada", "a@b.example"),), str(file), by_name=True)
    assert settings.shaping()["identities.map"] == settings.identities.digest
    assert settings.shaping()["identities.by_name"] is True


def test_without_a_map_plans_are_bound_to_none(tmp_path: Path) -> None:
    """Settings that say nothing of identities have the fingerprint that they always had."""
    config = tmp_path / "bbsync.toml"
    config.write_text("", "utf-8")

    shaping = load_settings(config=config, environ={}).shaping()

    assert not [name for name in shaping if name.startswith("identities")]


@given(st.permutations([Row(line, "nickname", f"user-{line}", f"{line}@b.example") for line in range(2, 8)]))
def test_order_of_the_map_does_not_matter(rows: list[Row]) -> None:
    """Who sorts the file makes no other map of it."""
    renumbered = tuple(Row(line, row.by, row.account, row.email) for line, row in enumerate(rows, start=2))

    one, other = Identities(renumbered, "map.csv"), Identities(tuple(sorted(renumbered, key=repr)), "map.csv")

    assert one.digest == other.digest
