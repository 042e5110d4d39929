"""stdout is the result, stderr the rest; readers may leave and disks may be full."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from cli_rig import Desk, Ended, desk_in, outside

from bbsync.planfile import read
from bbsync.show.html import html

ESCAPE = "\x1b"


@pytest.fixture(name="odd", scope="module")
def _odd(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with a saved plan of an awkward workspace, whose stand-ins are gone."""
    with desk_in(tmp_path_factory.mktemp("odd"), awkward=True) as desk:
        desk.saved()
    return desk


def test_stdout_is_what_show_says(tmp_path: Path) -> None:
    """`plan --out` and `show` write the same bytes to stdout; everything else that `plan` says is on stderr."""
    with desk_in(tmp_path, awkward=True) as desk:
        planned = desk.process("plan", "--out", "plan.json")
    shown = desk.process("show", "plan.json")

    assert planned.out == shown.out != ""
    assert shown.err == ""
    assert "Saved plan.json (" in planned.err
    assert "Saved" not in planned.out
    assert "To apply exactly this: bbsync apply plan.json" in planned.err


def test_show_json_is_the_file(odd: Desk) -> None:
    """`show --format json` in a pipe is the plan file, byte for byte."""
    with odd.started("show", "plan.json", "--format", "json", text=False, encoding=None) as process:
        out, _err = process.communicate(timeout=60)

    assert out == odd.plan_file.read_bytes()


def test_show_html_is_a_page(odd: Desk) -> None:
    """`show --format html > plan.html` is the whole page of the plan in the file."""
    ended = odd.process("show", "plan.json", "--format", "html")

    saved = read(odd.plan_file.read_bytes())
    assert ended == Ended(0, html(saved.plan, saved.guards), "")


def test_show_json_on_a_terminal_is_harmless(odd: Desk) -> None:
    """On a terminal the same document comes without anything that could move the cursor."""
    content = odd.plan_file.read_text(encoding="utf-8")

    _code, seen = odd.terminal("show", "plan.json", "--format", "json")

    assert all(letter.isprintable() for letter in seen.replace("\r\n", ""))
    assert json.loads(seen) == json.loads(content)


@pytest.mark.parametrize("shape", ["text", "json", "html"])
def test_a_stream_that_takes_only_ascii_gets_only_ascii(odd: Desk, shape: str) -> None:
    """Where stdout is not UTF-8, arrows and names become ASCII, and JSON stays what it means."""
    ended = odd.process("show", "plan.json", "--format", shape, environ={"PYTHONIOENCODING": "ascii"})

    assert ended.code == 0
    assert ended.out.isascii()
    if shape == "json":
        assert json.loads(ended.out) == json.loads(odd.plan_file.read_text(encoding="utf-8"))


def test_a_pipe_gets_no_escape_codes(odd: Desk) -> None:
    """Nothing in a pipe is coloured, whatever the terminal is called."""
    ended = odd.process("show", "plan.json", "--full", environ={"TERM": "xterm-256color", "CI": "true"})

    assert ESCAPE not in ended.out + ended.err


def test_a_reader_may_leave(desk: Desk) -> None:
    """`plan | head -1`: no traceback, the plan is saved, and the code is the decided one."""
    line = f"set -o pipefail; {sys.executable} -m bbsync plan --detailed-exitcode --out plan.json | head -1"

    ended = outside(["bash", "-c", line], cwd=desk.directory, env=desk.variables({}))

    assert ended.code == 2
    assert len(ended.out.splitlines()) == 1
    assert ended.err.splitlines()[1].startswith("Saved plan.json (")
    assert desk.plan_file.exists()


def test_an_apply_goes_on_when_the_reader_is_gone(desk: Desk) -> None:
    """`apply --auto-approve` into a closed pipe carries the plan out: nobody reading is no reason not to."""
    reader, writer = os.pipe()
    os.close(reader)

    with desk.started("apply", "--auto-approve", stdout=writer) as process:
        os.close(writer)
        _out, err = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "Traceback" not in err
    assert "No changes." in desk.run("plan").out


def test_streams_that_were_closed_beforehand_do_no_harm(desk: Desk) -> None:
    """`plan >&- 2>&-` does what it is told and answers its code."""
    line = f"{sys.executable} -m bbsync plan --detailed-exitcode --out plan.json >&- 2>&-"

    ended = outside(["bash", "-c", line], cwd=desk.directory, env=desk.variables({}))

    assert ended.code == 2
    assert desk.plan_file.exists()


def test_a_full_disk_under_stdout_is_a_sentence(odd: Desk) -> None:
    """A result that cannot be written is an error and not a silent success."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = odd.process("show", "plan.json", stdout=full)

    assert ended.code == 1
    assert ended.err == (
        "Error: the result could not be written to stdout (BB-OUTPUT).\n"
        "  No space left on device.\n"
        "  Make room or redirect it to another place, and run the same command again.\n"
    )


def test_an_apply_that_cannot_say_so_is_done_all_the_same(desk: Desk) -> None:
    """After the graph was written, a full disk under stdout changes nothing about the code."""
    plan = desk.saved()

    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = desk.process("apply", str(plan), stdout=full)

    assert ended.code == 0
    assert "The plan is in the graph all the same." in ended.err
