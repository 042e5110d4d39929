"""On a terminal: colour, width, a moving line, a question."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cli_rig import Desk, desk_in

from bbsync.cli.invocation import Invocation
from bbsync.cli.main import run

ESCAPE = "\x1b"

_CODES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(name="planned", scope="module")
def _planned(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with a saved plan, whose stand-ins are gone."""
    with desk_in(tmp_path_factory.mktemp("planned")) as desk:
        desk.saved()
    return desk


def _lines(seen: str) -> list[str]:
    """What can be read, line by line; each step of a moving line is one."""
    return re.split(r"[\r\n]+", _CODES.sub("", seen))


def test_a_terminal_gets_colour_and_a_moving_line(desk: Desk) -> None:
    """80 columns: symbols have colour, progress moves on one line, and no line is wider than the terminal."""
    desk.bitbucket.latency = 0.1

    code, seen = desk.terminal("plan")

    assert code == 0
    assert ESCAPE in seen
    assert seen.count("\rreading  ") > 1
    assert seen.count("\nreading  ") == 0
    assert max(map(len, _lines(seen))) <= 80


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["--no-color"], {}),
        ([], {"NO_COLOR": "1"}),
        ([], {"TERM": "dumb"}),
    ],
)
def test_colour_can_be_refused(planned: Desk, arguments: list[str], environ: dict[str, str]) -> None:
    """--no-color, NO_COLOR and TERM=dumb each leave no escape code, and symbols that say the same."""
    _code, seen = planned.terminal("show", "plan.json", *arguments, environ=environ)

    assert ESCAPE not in seen
    assert "+ repository" in seen


def test_an_empty_no_color_means_nothing(planned: Desk) -> None:
    """NO_COLOR counts when it is not empty, as its convention says."""
    _code, seen = planned.terminal("show", "plan.json", environ={"NO_COLOR": ""})

    assert ESCAPE in seen


def test_an_error_begins_a_line_of_its_own(desk: Desk) -> None:
    """What goes wrong while a line moves stands below it."""
    desk.bitbucket.latency = 0.12
    desk.bitbucket.calls_per_hour = 2

    code, seen = desk.terminal("plan")

    assert code == 1
    assert re.search(r"\rreading  [^\r\n]*\r\nError: ", seen)


def test_yes_is_asked_for_and_carries_the_plan_out(desk: Desk) -> None:
    """`apply` alone shows the plan, asks, and goes on when the answer is yes."""
    code, seen = desk.terminal("apply", answer="yes\n")

    assert code == 0
    assert seen.index("Plan: ") < seen.index("Only 'yes' is taken for an answer: ") < seen.index("Apply complete!")
    assert desk.graph_file.exists()


@pytest.mark.parametrize("answer", ["no\n", "\x04"])
def test_no_is_no(desk: Desk, answer: str) -> None:
    """Any other answer, and Ctrl-D, writes nothing, says so on a line of its own, and is not a success."""
    code, seen = desk.terminal("apply", answer=answer)

    assert code == 1
    assert seen.endswith("\nApply cancelled. Nothing was written.\r\n")
    assert not desk.graph_file.exists()


class _Keyboard(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@contextmanager
def _typed(answer: str) -> Iterator[_Keyboard]:
    """A keyboard at which that has been typed, and then Ctrl-D."""
    readable, writable = os.pipe()
    os.write(writable, answer.encode())
    os.close(writable)
    with _Keyboard(os.fdopen(readable, "rb")) as keyboard:
        yield keyboard


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


@pytest.mark.parametrize("answer", ["y\n", "YES\n", "yes please\n", "\n", ""])
def test_only_yes_is_yes(desk: Desk, answer: str) -> None:
    """Nothing that is merely like yes carries a plan out."""
    err = _Terminal()

    with _typed(answer) as keyboard:
        invocation = Invocation(keyboard, io.StringIO(), err, desk.environ)
        code = run(["apply", "--config", str(desk.directory / "bbsync.toml")], invocation)

    assert code == 1
    assert err.getvalue().endswith("Apply cancelled. Nothing was written.\n")
    assert not desk.graph_file.exists()


def test_a_saved_plan_is_approved(desk: Desk) -> None:
    """`apply PLAN` asks nothing, also on a terminal."""
    plan = desk.saved()

    code, seen = desk.terminal("apply", str(plan))

    assert code == 0
    assert "answer" not in seen


def test_nobody_is_asked_for_what_a_guard_forbids(desk: Desk) -> None:
    """`apply` alone on a plan that trips a guard shows it, asks nothing, and answers 4."""
    desk.applied()
    for slug in desk.repositories()[:6]:
        desk.change("delete_repository", repository=slug)

    code, seen = desk.terminal("apply")

    assert code == 4
    assert "answer" not in seen
    assert "--allow-deletes" in seen


def test_nobody_is_asked_where_there_is_nothing_to_do(desk: Desk) -> None:
    """`apply` alone on an empty plan asks nothing."""
    desk.applied()

    code, seen = desk.terminal("apply")

    assert code == 0
    assert seen.endswith("Nothing to do. The graph matches Bitbucket.\r\n")


def test_show_looks_the_same_on_every_narrow_terminal(planned: Desk) -> None:
    """A terminal is taken as 80 columns wide at least."""
    narrow, least = (planned.terminal("show", "plan.json", columns=columns)[1] for columns in (40, 80))

    assert narrow == least
