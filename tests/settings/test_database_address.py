"""Where a database is: policy says the place, and the environment alone says the password."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bbsync.errors import SettingsError
from bbsync.settings.database_address import database_address
from bbsync.settings.environment import Environment

PASSWORD = "p@ss/w:rd%41é?#"
PLACES = [
    "postgresql://ada@db.example.test/records",
    "postgresql://ada@/records?host=/run/pg",
    "postgresql://ada@[::1]:6/x",
]


def addressed(policy: str = PLACES[0], **variables: str) -> str:
    """The address of the records."""
    return database_address("state", policy, Environment(variables))


@pytest.mark.parametrize("place", PLACES)
def test_the_password_goes_in_whole(place: str) -> None:
    """Whatever letters it has, the server gets them as they were set, and the rest of the address stays."""
    found = make_url(addressed(place, BBSYNC_STATE_PASSWORD=PASSWORD))

    assert found.password == PASSWORD
    assert found == make_url(place).set(password=PASSWORD)


def test_the_password_may_be_in_a_file(tmp_path: Path) -> None:
    """As with every secret, a file can be mounted instead."""
    (tmp_path / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")

    found = addressed(BBSYNC_STATE_PASSWORD_FILE=str(tmp_path / "password"))

    assert make_url(found).password == PASSWORD


def test_the_environment_overrides_the_place() -> None:
    """One bbsync.toml serves many places; an address in the environment may hold its password."""
    address = "postgresql://ada:correct-horse@elsewhere/records"

    assert addressed(BBSYNC_STATE_URL=address) == address


def test_a_file_needs_no_password() -> None:
    """A password that is set for others changes no file's address."""
    assert addressed("sqlite:///state.db", BBSYNC_STATE_PASSWORD=PASSWORD) == "sqlite:///state.db"


@pytest.mark.parametrize(
    ("policy", "variables", "says"),
    [
        ("postgresql://ada:correct-horse@db/records", {}, "of bbsync.toml holds a password"),
        ("postgresql://ada@db/records?password=correct-horse", {}, "of bbsync.toml holds a password"),
        (PLACES[0], {"BBSYNC_STATE_PASSWORD": "horse"}, "has fewer than 8 characters"),
        ("postgresql://db/records", {"BBSYNC_STATE_PASSWORD": "correct-horse"}, "names no user"),
        (
            PLACES[0],
            {"BBSYNC_STATE_URL": "postgresql://ada:battery-x@db/x", "BBSYNC_STATE_PASSWORD": "correct-horse"},
            "or a password of its own",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(policy: str, variables: Mapping[str, str], says: str) -> None:
    """The sentence says where the password belongs, and never repeats it."""
    with pytest.raises(SettingsError, match=says) as caught:
        addressed(policy, **variables)

    assert "horse" not in str(caught.value)
    assert "battery" not in str(caught.value)
