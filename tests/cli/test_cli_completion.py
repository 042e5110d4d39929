"""Completion: what each shell offers, asked of the shells themselves."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import click
import pytest
from cli_rig import outside, run_here

from bbsync.cli.main import COMMANDS, cli
from bbsync.cli.shells import SCRIPTS, vocabulary
from tests.tested_package import HOME

SHELLS = [
    pytest.param(shell, marks=pytest.mark.skipif(not shutil.which(shell), reason=f"there is no {shell} here"))
    for shell in SCRIPTS
]

# bash and zsh are told what was typed, and asked for what they would offer; of zsh's own functions stand-ins say what
# they are given. fish can be asked itself.
_ASKING = {
    "bash": """\
source {script}
COMP_WORDS=({words} "{begun}"); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _bbsync
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    "zsh": """\
compdef() {{ }}
_files() {{ print FILES }}
_describe() {{ print -rl -- "${{(@P)2}}" }}
source {script}
words=({words} "{begun}"); CURRENT=$#words; PREFIX="{begun}"; _bbsync
""",
    "fish": """\
source {script}
complete --do-complete "{words} {begun}"
""",
}


def offered(shell: str, place: Path, words: str, begun: str, script: str = "") -> list[str]:
    """What the shell offers after these words for the one that was begun."""
    file = place / f"bbsync.{shell}"
    file.write_text(script or run_here(["completion", shell], {}).out, encoding="utf-8")
    asking = _ASKING[shell].format(script=file, words=words, begun=begun)
    bare = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    ended = outside([str(shutil.which(shell)), *bare, "-c", asking], cwd=place, env={"HOME": str(place), "PATH": ""})
    assert (ended.code, ended.err) == (0, ""), ended.err
    names = (re.split(r"[:\t]", line)[0] for line in ended.out.splitlines())
    return [name for name in names if name.startswith(begun)]


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_are_offered(shell: str, tmp_path: Path) -> None:
    """After `bbsync`, each of them."""
    assert sorted(offered(shell, tmp_path, "bbsync", "")) == sorted(COMMANDS)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("words", "begun", "wanted"),
    [
        ("bbsync", "ap", {"apply"}),
        ("bbsync plan", "--det", {"--detailed-exitcode"}),
        ("bbsync plan --out x.json", "--det", {"--detailed-exitcode"}),
        ("bbsync show --format", "", {"text", "markdown", "html", "json"}),
        ("bbsync show --format", "ma", {"markdown"}),
        ("bbsync show plan.json", "--fu", {"--full"}),
        ("bbsync completion", "z", {"zsh"}),
        ("bbsync kinds", "--det", set()),
    ],
)
def test_the_words_of_a_command_are_offered(
    shell: str, words: str, begun: str, wanted: set[str], tmp_path: Path
) -> None:
    """Its options, and the values of those that have few; never another command's."""
    assert set(offered(shell, tmp_path, words, begun)) - {""} == wanted


@click.group()
def _nested() -> None:
    """A command with commands in it."""


@_nested.group("state")
@click.option("--quiet", is_flag=True, help="It's quiet: say [nothing] of $HOME.")
def _state(*, quiet: bool) -> None:
    """Look after the state."""


@_state.command("restore")
@click.option("--from", "origin", type=click.Choice(["first", "last"]))
def _restore(origin: str) -> None:
    """Go back."""


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("words", "begun", "wanted"),
    [
        ("bbsync", "", {"state"}),
        ("bbsync state", "", {"restore"}),
        ("bbsync state", "--q", {"--quiet"}),
        ("bbsync state restore", "--", {"--from", "--help"}),
        ("bbsync state --quiet restore --from", "", {"first", "last"}),
    ],
)
def test_commands_in_commands_have_their_own_words(
    shell: str, words: str, begun: str, wanted: set[str], tmp_path: Path
) -> None:
    """However deep, and whatever is said of them."""
    script = SCRIPTS[shell](tuple(vocabulary(_nested)))

    assert set(offered(shell, tmp_path, words, begun, script)) == wanted


@pytest.mark.parametrize("shell", [param for param in SHELLS if param.values != ("bash",)])
def test_files_are_offered_where_one_is_meant(shell: str, tmp_path: Path) -> None:
    """For the plan of `show` and the file of `--out`."""
    (tmp_path / "FILES").touch()

    assert offered(shell, tmp_path, "bbsync show", "F") == ["FILES"]
    assert offered(shell, tmp_path, "bbsync plan --out", "F") == ["FILES"]


def test_bash_offers_files_where_nothing_else_fits(tmp_path: Path) -> None:
    """Which it does by itself, when the script has no answer."""
    script = run_here(["completion", "bash"], {}).out

    assert "complete -o bashdefault -o default -F _bbsync bbsync" in script
    assert offered("bash", tmp_path, "bbsync show", "") == [""]


def test_bash_splits_at_equals_signs(tmp_path: Path) -> None:
    """`--format=ma` comes as three words."""
    assert offered("bash", tmp_path, "bbsync show --format =", "ma") == ["markdown"]


@pytest.mark.parametrize("shell", SCRIPTS)
def test_every_option_is_in_the_script(shell: str) -> None:
    """Of every command."""
    script = run_here(["completion", shell], {}).out

    named = {name.lstrip("-") for words in vocabulary(cli) for option in words.options for name in option.names}
    assert {name for name in named if not re.search(rf"[- ]{re.escape(name)}\b", script)} == set()


def test_a_shell_that_nobody_knows_is_refused() -> None:
    """With the names of those that are known."""
    ended = run_here(["completion", "csh"], {})

    assert ended.code == 64
    assert "'bash', 'zsh', 'fish'" in ended.err


def test_pressing_the_key_starts_no_python(tmp_path: Path) -> None:
    """The script holds all words: bbsync itself is not asked, and need not be there."""
    ended = outside([sys.executable, "-m", "bbsync", "completion", "bash"], cwd=tmp_path, env={"PYTHONPATH": str(HOME)})

    commands = [line for line in ended.out.splitlines() if re.match(r"\s*\S*bbsync\b", line) and "()" not in line]
    assert ended.code == 0
    assert commands == []
