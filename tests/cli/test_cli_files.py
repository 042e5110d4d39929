"""Plan files: written whole and for their owner alone, and refused when they are not what they say."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_rig import Desk, desk_in, jupiterone_of, no_large_files, run_here


@pytest.fixture(name="planned", scope="module")
def _planned(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The content of a plan file."""
    with desk_in(tmp_path_factory.mktemp("planned")) as desk:
        return desk.saved().read_bytes()


def test_a_plan_file_is_its_owners(desk: Desk) -> None:
    """Nobody else can read it, and nothing half-written lies beside it."""
    desk.saved()

    assert stat.S_IMODE(desk.plan_file.stat().st_mode) == 0o600
    assert [path.name for path in desk.directory.glob("*plan.json*")] == ["plan.json"]


def test_a_full_disk_leaves_the_old_plan(tmp_path: Path) -> None:
    """No room: one sentence, 1, the old file as it was, no rest of the new one, and the plan is shown all the same."""
    with desk_in(tmp_path, restrictions=100) as desk:  # the plan is larger than the room, the ledger is not
        desk.plan_file.write_text("the old one", encoding="utf-8")

        ended = desk.process("plan", "--out", "plan.json", preexec_fn=lambda: no_large_files(1_000_000))

    assert ended.code == 1
    assert ended.err == (
        "Error: plan.json could not be written (BB-PLAN-WRITE).\n"
        "  File too large. A file that was there before is as it was.\n"
        "  Make room or name another place, and run the same command again.\n"
    )
    assert "Plan: " in ended.out
    assert desk.plan_file.read_text(encoding="utf-8") == "the old one"
    assert [path.name for path in desk.directory.glob("*plan.json*")] == ["plan.json"]


@pytest.mark.parametrize("place", ["missing/plan.json", "pipe"])
def test_a_place_for_no_file_is_refused_before_reading(desk: Desk, place: str) -> None:
    """A missing directory, a pipe or a device in place of the file: 1, and Bitbucket is not asked at all."""
    os.mkfifo(desk.directory / "pipe")

    ended = desk.run("plan", "--out", str(desk.directory / place))

    assert ended.code == 1
    assert "(BB-PLAN-WRITE)" in ended.err
    assert desk.bitbucket.calls == []
    assert stat.S_ISFIFO((desk.directory / "pipe").stat().st_mode)


def _edited(content: bytes) -> bytes:
    return content.replace(b'"acme"', b'"acme2"', 1)


def _newer(content: bytes) -> bytes:
    document = json.loads(content)
    return json.dumps({**document, "format_version": "2.0"}).encode()


@pytest.mark.parametrize("command", ["show", "apply"])
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_edited, "BB-PLAN-FILE-EDITED"),
        (_newer, "BB-PLAN-FILE-FORMAT"),
        (lambda content: content[: len(content) // 2], "BB-PLAN-FILE-TRUNCATED"),
        (lambda _content: b"[]", "BB-PLAN-FILE-OTHER"),
        (lambda _content: b"\x00\xff", "BB-PLAN-FILE-JSON"),
        (lambda _content: b"", "BB-PLAN-FILE-"),
    ],
)
def test_a_plan_file_that_is_none_is_refused(
    tmp_path: Path, planned: bytes, command: str, spoil: Callable[[bytes], bytes], code: str
) -> None:
    """Edited, newer, cut off or something else: 1, one error with its code, no traceback, nothing written."""
    spoilt = tmp_path / "plan.json"
    spoilt.write_bytes(spoil(planned))
    environ = {"JUPITERONE_ACCOUNT": "acme", "JUPITERONE_API_KEY": "unused-key-0123456789"}

    ended = run_here([command, str(spoilt)], environ)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Error: ")
    assert f"({code}" in ended.err.splitlines()[0]
    assert len(ended.err.splitlines()) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("command", ["show", "apply"])
def test_a_plan_file_that_cannot_be_read_is_refused(tmp_path: Path, command: str) -> None:
    """A missing file and a directory are refused with what the system says."""
    ended = [run_here([command, str(place)], {}) for place in (tmp_path / "none.json", tmp_path)]

    assert [each.code for each in ended] == [1, 1]
    assert "No such file or directory." in ended[0].err
    assert "Is a directory." in ended[1].err


def test_a_plan_for_another_graph_is_refused(desk: Desk) -> None:
    """A plan made for the local graph is not applied to JupiterOne: 1, and which is which."""
    plan = desk.saved()

    with jupiterone_of(desk) as environ:
        ended = desk.run("apply", str(plan), environ=environ)

    assert ended.code == 1
    assert ended.err.startswith("Error: the plan is for another target (BB-PLAN-SCOPE).")
    assert "acme-account" in ended.err
    assert desk.jupiterone.entities() == []


def test_a_plan_for_another_workspace_is_refused(desk: Desk) -> None:
    """A plan of one workspace is not applied with the settings of another."""
    plan = desk.saved()

    ended = desk.run("apply", str(plan), environ={"BITBUCKET_WORKSPACE": "emca"})

    assert ended.code == 1
    assert ended.err.startswith("Error: the plan is for another workspace (BB-PLAN-SCOPE).")
    assert not desk.graph_file.exists()


@pytest.mark.parametrize("number", [0, 9])
def test_a_wrong_number_of_deletes_is_refused(desk: Desk, number: int) -> None:
    """--allow-deletes takes the plan's number and no other: 4, and nothing is written."""
    plan = desk.saved()

    ended = desk.run("apply", str(plan), "--allow-deletes", str(number))

    assert ended.code == (4 if number else 0)
    assert desk.graph_file.exists() == (number == 0)
    assert ("(BB-GUARD-NUMBER)" in ended.err) == bool(number)


def test_the_right_number_of_deletes_goes_through(desk: Desk) -> None:
    """A plan that a guard stopped is carried out with exactly its number."""
    desk.applied()
    for slug in desk.repositories()[:6]:
        desk.change("delete_repository", repository=slug)
    plan = desk.saved()
    deletes = sum(change["action"] == "delete" for change in json.loads(plan.read_text())["changes"])

    ended = desk.run("apply", str(plan), "--allow-deletes", str(deletes))

    assert ended.code == 0, ended.err
    assert f"{deletes} destroyed." in ended.out
