"""Files are their owner's alone, whatever the umask; secrets come from no argument; what never ends is not read."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bbsync.cli.main import COMMANDS, cli
from bbsync.errors import SettingsError
from bbsync.settings import load_settings
from bbsync.settings.text_file import LARGEST, read_text
from tests.cli.cli_rig import CONSUMERS, Desk, desk_in


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as made:
        yield made


def _wide(*directories: Path) -> list[str]:
    """What somebody else may read or write."""
    found = [*directories, *(path for directory in directories for path in directory.rglob("*"))]
    return [f"{path.name} {stat.S_IMODE(path.stat().st_mode):o}" for path in found if path.stat().st_mode & 0o077]


def test_whatever_is_written_is_its_owners(desk: Desk) -> None:
    """With a umask that hides nothing: directories 0700, files 0600, also those that SQLite writes beside its own."""
    desk.policy()
    policy = desk.directory / "bbsync.toml"
    text = (
        policy.read_text(encoding="utf-8").replace("graph.db", "graph/graph.db").replace("state.db", "state/state.db")
    )
    policy.write_text(text, encoding="utf-8")
    seen: list[str] = []

    def look(_request: object) -> None:
        seen.extend(_wide(*(path for name in ("graph", "state") if (path := desk.directory / name).exists())))

    desk.bend_bitbucket = look

    ended = desk.process("apply", "--auto-approve", preexec_fn=lambda: os.umask(0))
    desk.process("plan", "--out", "plan.json", preexec_fn=lambda: os.umask(0))

    assert ended.code == 0, ended.err
    assert seen == []
    assert _wide(desk.directory / "graph", desk.directory / "state") == []
    assert stat.S_IMODE(desk.plan_file.stat().st_mode) == 0o600


def test_a_plan_is_not_written_through_a_link(desk: Desk) -> None:
    """A link that stands in its place is replaced; what it points to is left alone."""
    other = desk.directory / "other"
    other.write_text("somebody's", encoding="utf-8")
    desk.plan_file.symlink_to(other)

    desk.saved()

    assert other.read_text(encoding="utf-8") == "somebody's"
    assert not desk.plan_file.is_symlink()


def test_a_wider_plan_file_is_narrowed(desk: Desk) -> None:
    """The file is a new one, whoever could read the old one."""
    desk.plan_file.touch(mode=0o666)

    desk.saved()

    assert stat.S_IMODE(desk.plan_file.stat().st_mode) == 0o600


def test_a_wider_graph_stays_as_its_owner_made_it(desk: Desk) -> None:
    """Who lets others read the graph has a reason: nobody's decision is undone in silence."""
    desk.applied()
    desk.graph_file.chmod(0o640)

    desk.applied()

    assert stat.S_IMODE(desk.graph_file.stat().st_mode) == 0o640


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_takes_a_secret(name: str) -> None:
    """Arguments are seen by every user of the machine."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None

    takes_text = [parameter for parameter in command.params if not getattr(parameter, "is_flag", False)]
    options = [option for parameter in takes_text for option in parameter.opts]

    assert [option for option in options if re.search("secret|token|password|key|credential", option)] == []


@pytest.mark.parametrize("name", ["BITBUCKET_CLIENT_SECRET_FILE", "JUPITERONE_API_KEY_FILE"])
def test_a_secret_without_end_is_refused(name: str) -> None:
    """A device in place of a file is read to the bound, and no further."""
    environ = {"JUPITERONE_ACCOUNT": "acme", "BITBUCKET_WORKSPACE": "acme", name: "/dev/zero"}

    with pytest.raises(SettingsError, match="File too large"):
        load_settings(config=None, environ=environ).require_bitbucket()


def test_settings_without_end_are_refused(tmp_path: Path) -> None:
    """bbsync.toml and the file of variables are bounded alike."""
    large = tmp_path / "large"
    large.write_bytes(b"#" * (LARGEST + 1))

    with pytest.raises(SettingsError, match="File too large"):
        load_settings(config=large, environ={})
    with pytest.raises(SettingsError, match="File too large"):
        load_settings(config=None, environ={}, env_file=large)


def test_what_is_as_large_as_allowed_is_read(tmp_path: Path) -> None:
    """The bound itself is within bounds."""
    large = tmp_path / "large"
    large.write_bytes(b"#" * LARGEST)

    assert len(read_text(large)) == LARGEST


def test_settings_without_bottom_are_refused(tmp_path: Path) -> None:
    """Nested deeper than any parser goes: a sentence, no fault."""
    deep = tmp_path / "bbsync.toml"
    deep.write_text("a = " + "[" * 100_000, encoding="utf-8")

    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(config=deep, environ={})


@pytest.mark.parametrize("command", ["show", "apply"])
@pytest.mark.parametrize("content", ["[" * 100_000, '{"format_version":' * 900 + "1" + "}" * 900, "1" * 100_000])
def test_a_plan_file_without_bottom_is_refused(desk: Desk, command: str, content: str) -> None:
    """The same for plan files, which come from elsewhere."""
    desk.plan_file.write_text(content, encoding="utf-8")

    ended = desk.run(command, str(desk.plan_file))

    assert ended.code == 1
    assert "(BB-PLAN-FILE-" in ended.err
    assert not desk.graph_file.exists()


def test_the_address_of_the_job_is_noted_without_what_is_secret_in_it(desk: Desk) -> None:
    """A user name, a password and a query in BUILD_URL do not get into the audit trail."""
    desk.run("apply", "--auto-approve", environ={"BUILD_URL": "https://ada:hunter22@ci.example/job/7?token=hunter23#x"})

    held = b"".join(path.read_bytes() for path in desk.directory.glob("state.db*"))
    assert b"https://ci.example/job/7" in held
    assert b"hunter2" not in held


def test_cassettes_hold_no_credentials() -> None:
    """What was recorded is in the repository for everybody."""
    recorded = [path for path in (Path(__file__).parents[2] / "fixtures").rglob("*") if path.is_file()]

    assert recorded
    for path in recorded:
        content = path.read_bytes()
        assert not re.search(rb"(?i)bearer [a-z0-9]|basic [a-z0-9+/]{8,}={0,2}", content), path
        assert not [consumer for consumer in CONSUMERS if consumer.secret.encode() in content], path
