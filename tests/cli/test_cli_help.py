"""Help: quick, complete, with an example for every command."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shlex
import sys

import click
import pytest
from cli_rig import outside

import bbsync.cli
from bbsync import __version__
from bbsync.cli.exits import ALWAYS
from bbsync.cli.main import COMMANDS, EXIT_CODES, cli
from bbsync.errors import ExitCode
from tests.tested_package import HOME

#: What takes long to import, or talks to somebody.
HEAVY = {
    *("httpx", "deepdiff", "rich", "sqlalchemy", "msgspec", "cattrs", "tenacity", "lark", "graphql", "sqlite3"),
    *("jinja2", "markupsafe"),
}

#: What takes as long as all of ours that `--help` needs, or half as long: nothing there is made of it.
NEEDLESS = {"attr", "attrs", "dataclasses", "importlib.metadata", "json", "logging", "pathlib", "unicodedata"}

_THEN_LIST_MODULES = """\
import runpy, sys
sys.argv = ["bbsync", {argument!r}]
try:
    runpy.run_module("bbsync", run_name="__main__")
finally:
    print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_imports_nothing_heavy(argument: str) -> None:
    """`--help` and `--version` bring in no network, no database, no converter and none of the stages."""
    script = _THEN_LIST_MODULES.format(argument=argument)

    ended = outside([sys.executable, "-c", script], env={"PYTHONPATH": str(HOME)})

    loaded = set(ended.err.split())
    assert ended.code == 0
    assert not loaded & (HEAVY | NEEDLESS)
    assert not {"bbsync.steps", "bbsync.plan", "bbsync.kinds", "bbsync.sandbox"} & loaded


def test_starting_looks_for_no_cycles() -> None:
    """What is imported stays to the end: the collector looks at it neither before nor after the command."""
    script = """
import gc, sys
import bbsync.__main__
sys.argv = ["bbsync", "--version"]
collected = []
gc.callbacks.append(lambda phase, _: collected.append(phase))
try:
    bbsync.__main__.main()
except SystemExit as left:
    print(left.code, collected, gc.get_freeze_count() > 1000)
"""

    ended = outside([sys.executable, "-c", script], env={"PYTHONPATH": str(HOME)})

    assert ended.out.splitlines()[-1] == "0 [] True"


def test_every_module_with_a_command_is_in_the_table() -> None:
    """COMMANDS names the modules that hold a command, and no other."""
    names = [found.name for found in pkgutil.iter_modules(bbsync.cli.__path__)]

    having = {name for name in names if hasattr(importlib.import_module(f"bbsync.cli.{name}"), "command")}

    assert having == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    """What it is for, an example that can be pasted, and a word on every option, in 80 columns."""
    command = cli.get_command(click.Context(cli), name)

    assert command is not None
    text = command.get_help(click.Context(command, info_name=f"bbsync {name}", terminal_width=80))
    assert re.search(rf"Example: bbsync {name}\b", text)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_is_a_command_line(name: str) -> None:
    """Whoever pastes it is understood: the options are there, and the values are such as they take."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    examples = re.findall(rf"Example: bbsync {name}\b *(.*)", command.help or "")

    for example in examples:
        arguments = shlex.split(example.partition(" >")[0])
        with command.make_context(name, arguments) as context:
            assert context.params or isinstance(command, click.Group)
    assert examples


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_may_answer(name: str) -> None:
    """Each code that its module can answer stands in its help, and so do those that any command may."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    module = importlib.import_module(f"bbsync.cli.{name}")
    answered = {ExitCode[word] for word in re.findall(r"ExitCode\.([A-Z]+)", inspect.getsource(module))}

    text = command.get_help(click.Context(command)).partition("Exit codes:")[2]

    assert {int(number) for number in re.findall(r"\b\d+\b", text)} >= {int(code) for code in ALWAYS | answered}


def test_the_help_names_every_exit_code() -> None:
    """Who reads `--help` needs no manual to read an exit code."""
    named = {int(number) for number in re.findall(r"\b\d+\b", EXIT_CODES)}

    assert named == {int(code) for code in ExitCode}


def test_the_version_is_that_of_the_package() -> None:
    """`--version` says the version."""
    ended = outside([sys.executable, "-m", "bbsync", "--version"], env={"PYTHONPATH": str(HOME)})

    assert ended.out == f"bbsync, version {__version__}\n"
