"""One invocation of the command: its streams, environment and clock, and the options that every command has."""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click
from attrs import field, mutable

from bbsync.errors import ExitCode
from bbsync.show.safe import safe

if TYPE_CHECKING:  # settings bring much with them, and `--help` needs none of it
    from bbsync.settings import Settings
    from bbsync.steps import Around

F = TypeVar("F", bound=Callable[..., Any])

#: Where CI systems say which job this is: Bitbucket Pipelines, GitHub Actions, GitLab and Jenkins.
CI_VARIABLES = ("CI_JOB_URL", "BUILD_URL")


@mutable
class Invocation:
    """What one run of the command has around it. stdout is the result, stderr the weather."""

    stdin: IO[str]
    stdout: IO[str]
    stderr: IO[str]
    environ: Mapping[str, str] = field(repr=False)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    config: Path | None = None
    env_file: Path | None = None
    colour_wanted: bool = True
    verbose: bool = False
    #: The exit code that is decided already, should the reader of stdout go away.
    decided: ExitCode = ExitCode.OK

    @classmethod
    def of_process(cls) -> Invocation:
        """This process's own."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        return cls(sys.stdin, sys.stdout, sys.stderr, os.environ)

    def write(self, text: str) -> None:
        """Part of the result."""
        self.stdout.write(text)
        self.stdout.flush()

    def say(self, line: str) -> None:
        """A line about what is going on."""
        self.stderr.write(f"{line}\n")
        self.stderr.flush()

    def complain(self, first: str, *more: str) -> None:
        """A message about what went wrong: what; why; what to do. Nothing in it can move the cursor."""
        lines = [line for part in (first, *more) for line in part.splitlines()]
        for number, line in enumerate(lines):
            self.say(safe(line) if number == 0 else f"  {safe(line)}")

    def settings(self) -> Settings:
        """The settings, from the file and the environment.

        Raises:
            SettingsError: something is missing, misspelt or impossible.
        """
        from bbsync.kinds import KINDS  # with what follows: `--help` needs none of it
        from bbsync.settings import load_settings

        switches = tuple(kind.plural for kind in KINDS if kind.parent is not None and kind.name != "pull_request")
        return load_settings(config=self.config, environ=self.environ, env_file=self.env_file, known_kinds=switches)

    def around(self) -> Around:
        """What the steps need of the world: this invocation's clock, and its stderr for progress."""
        from bbsync.cli.progress import Progress  # with what follows: `--help` needs none of it
        from bbsync.steps import Actor, Around

        progress = Progress(self.stderr, self.clock)
        ci_url = next((self.environ[name] for name in CI_VARIABLES if self.environ.get(name)), "")
        return Around(
            clock=self.clock,
            sleep=self.sleep,
            report=progress.report,
            say=progress.say,
            actor=Actor(_user(), ci_url),
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return "unknown"


def common_options(command: F) -> F:
    """The options that every command has."""
    for option in (
        click.option("--config", type=click.Path(path_type=Path), help="The settings file.  [default: bbsync.toml]"),
        click.option("--env-file", type=click.Path(path_type=Path), help="A file of further environment variables."),
        click.option("--no-color", is_flag=True, help="No colour, whatever the terminal."),
        click.option("-v", "--verbose", is_flag=True, help="Tell more on stderr when something goes wrong."),
    ):
        command = option(command)
    return command


def invoked(*, config: Path | None, env_file: Path | None, no_color: bool, verbose: bool) -> Invocation:
    """The invocation at hand, with the common options of this command noted."""
    invocation: Invocation = click.get_current_context().obj
    invocation.config = config
    invocation.env_file = env_file
    invocation.colour_wanted = not no_color
    invocation.verbose = verbose
    return invocation
