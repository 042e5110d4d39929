"""One invocation of the command: its streams, environment and clock, and the options that every command has."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import click

from bbsync.cli.signals import Stopping
from bbsync.cli.streams import put, tell, usable
from bbsync.errors import ExitCode

if TYPE_CHECKING:  # settings bring much with them, and `--help` needs none of it
    from pathlib import Path

    from bbsync.cli.exporting import Exporting
    from bbsync.cli.json_log import JsonLog
    from bbsync.cli.progress import Progress
    from bbsync.cli.recording import Recorder
    from bbsync.events import Event
    from bbsync.settings import Settings
    from bbsync.steps import Around

    Report = Callable[[str, int, int], None]

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")

#: Where CI systems say which job this is: Bitbucket Pipelines, GitHub Actions, GitLab and Jenkins.
CI_VARIABLES = ("CI_JOB_URL", "BUILD_URL")


class Invocation:
    """What one run of the command has around it. stdout is the result, stderr the weather.

    It is no attrs class: importing attrs takes as long as all the rest of what `--help` needs of ours.
    """

    def __init__(
        self,
        stdin: IO[str],
        stdout: IO[str],
        stderr: IO[str],
        environ: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        stopping: Stopping | None = None,
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.environ = environ
        self.clock = clock
        self.sleep = sleep
        self.stopping = stopping or Stopping()
        self.config: Path | None = None
        self.env_file: Path | None = None
        self.colour_wanted = True
        self.verbose = False
        self._progress: Progress | None = None
        self._recorder: Recorder | None = None
        self._exporting: Exporting | None = None
        self._has_looked = False
        self._log: JsonLog | None = None
        self._listeners: list[Callable[[Event], None]] = []
        self._run = ""

    @classmethod
    def of_process(cls) -> Invocation:
        """This process's own, which listens to signals."""
        stopping = Stopping()
        stopping.listen()
        streams = usable(sys.stdin, "r"), usable(sys.stdout, "w"), usable(sys.stderr, "w")
        return cls(*streams, os.environ, clock=stopping.clock, sleep=stopping.sleep, stopping=stopping)

    def write(self, text: str) -> None:
        """Part of the result.

        Raises:
            OutputError: it cannot be written; a reader that has left is no error.
        """
        self._rest()
        put(self.stdout, text)

    def write_utf8(self, text: str) -> None:
        """A document as the result that is UTF-8 whatever the stream is, unless a person looks at it there.

        Raises:
            OutputError: it cannot be written; a reader that has left is no error.
        """
        if not self.stdout.isatty() and hasattr(self.stdout, "buffer"):
            put(self.stdout, text.encode())
        else:
            self.write(text)

    def write_json(self, content: bytes) -> None:
        """A JSON document as the result: as it is, or with escapes for what the stream must not or cannot show.

        Raises:
            OutputError: it cannot be written; a reader that has left is no error.
        """
        from bbsync.cli import terminal  # `--help` does without it

        plain = terminal.unicode(self.stdout)
        if plain and not self.stdout.isatty() and hasattr(self.stdout, "buffer"):
            put(self.stdout, content)
            return
        self.write("".join(_escaped(letter, plain=plain) for letter in content.decode()))

    def say(self, line: str) -> None:
        """A line about what is going on, or some; nothing in it can move the cursor."""
        from bbsync.show.safe import safe  # not needed to show a help text

        self.ask("".join(f"{safe(part)}\n" for part in line.split("\n")))

    def ask(self, text: str) -> None:
        """Something on stderr whose line goes on, as a question's does."""
        self._rest()
        tell(self.stderr, text)

    def put_line(self, line: str) -> None:
        """A line on stderr that is for programs: it is not made a line of the log."""
        self._rest()
        tell(self.stderr if self._log is None else self._log.stream, line)

    def complain(self, first: str, *more: str) -> None:
        """A message about what went wrong: what; why; what to do. Nothing in it can move the cursor."""
        from bbsync.cli import terminal  # `--help` does without it

        if self._log is not None:
            self._log.line("warning", " ".join((first, *more)))
            return
        lines = [line for part in (first, *more) for line in part.splitlines()]
        for number, line in enumerate(lines):
            for shown in terminal.prose(self.stderr, line, "  " if number else ""):
                self.say(shown)

    @property
    def run_id(self) -> str:
        """Names this run in events and logs."""
        self._run = self._run or os.urandom(16).hex()
        return self._run

    def log_json(self) -> None:
        """Write all that goes to stderr as lines of JSON from now on."""
        from bbsync.cli.json_log import JsonLog  # `--help` does without it

        self._log = JsonLog(self.stderr, self.clock, self.run_id)
        self.stderr = cast("IO[str]", self._log)  # it has what of a stream is used here
        self._listeners.append(self._log)

    def record(self, recorder: Recorder) -> None:
        """Have what happens written down from now on."""
        self._recorder = recorder
        self._listeners.append(recorder)
        self.stopping.last_words = recorder.end_at_once

    @property
    def is_watched(self) -> bool:
        """Whether a program wants to know what happens."""
        return bool(self._listeners)

    def happened(self, event: Event) -> None:
        """Tell whoever watches."""
        for listener in self._listeners:
            listener(event)

    def failed(self, code: str, what: str, why: str = "", next_step: str = "") -> None:
        """Say why the run fails, to people and to whoever watches."""
        if self.is_watched:
            from bbsync.events import Diagnostic  # `--help` does without it

            self.happened(Diagnostic("error", code, what, why, next_step))
        if self._log is not None:
            self._log.line("error", what, code=code, why=why, next=next_step)
        else:
            self.complain(f"Error: {what} ({code}).", *(line for line in (why, next_step) if line))

    def end(self, code: ExitCode) -> None:
        """The run is over; whoever watches is told how it ended."""
        if self._exporting is not None:
            self._exporting.end(code)
        if self._recorder is not None:
            self._recorder.end(code)

    def trace(self) -> None:
        """Where the error at hand came from, if the user wants to be told more."""
        if self.verbose:
            import traceback  # slow to load, and seldom wanted

            from bbsync.show.safe import safe

            for line in traceback.format_exc().splitlines():
                self.say(f"  {safe(line)}")

    def settings(self, *, without: str = "") -> Settings:
        """The settings, from the file and the environment; as if one variable were not set.

        Raises:
            SettingsError: something is missing, misspelt or impossible.
        """
        from bbsync.kinds import KINDS  # with what follows: `--help` needs none of it
        from bbsync.settings import load_settings

        environ = {name: text for name, text in self.environ.items() if name != without}
        switches = tuple(kind.plural for kind in KINDS if kind.parent is not None and kind.name != "pull_request")
        return load_settings(config=self.config, environ=environ, env_file=self.env_file, known_kinds=switches)

    def around(self) -> Around:
        """What the steps need of the world: this invocation's clock, and its stderr for progress."""
        from bbsync.cli.progress import Progress  # with what follows: `--help` needs none of it
        from bbsync.steps import Actor, Around

        self._rest()
        self._export()
        progress = self._progress = Progress(self.stderr, self.clock)
        ci_url = next((self.environ[name] for name in CI_VARIABLES if self.environ.get(name)), "")
        return Around(
            clock=self.clock,
            sleep=self.sleep,
            report=self._looking_up(self._reporting(progress)),
            say=self._looking_up(progress.say),
            finishing=self.stopping.finish,
            happened=self.happened,
            actor=Actor(_user(), _without_password(ci_url)),
        )

    def _export(self) -> None:
        """Send traces and metrics, if the environment says where to; it is looked at once."""
        if self._has_looked:
            return
        self._has_looked = True
        from bbsync.cli.exporting import export, is_wanted  # `--help` does without it

        if is_wanted(self.environ):
            command = click.get_current_context().find_root().invoked_subcommand or ""
            self._exporting = export(self.environ, command, self.complain)
        if self._exporting is not None:
            self._listeners.append(self._exporting)

    def _reporting(self, progress: Progress) -> Report:
        from bbsync.events import FetchProgress  # `--help` does without it

        def report(what: str, done: int, total: int) -> None:
            progress.report(what, done, total)
            self.happened(FetchProgress(what, done, total))

        return report

    def _looking_up(self, tell: Callable[P, None]) -> Callable[P, None]:
        """The same, and whoever tells finds out whether the run is to end."""

        def told(*arguments: P.args, **named: P.kwargs) -> None:
            tell(*arguments, **named)
            self.stopping.check()

        return told

    def _rest(self) -> None:
        """Let the moving line stand: something else is going to be written."""
        if self._progress is not None:
            self._progress.end()


def _escaped(letter: str, *, plain: bool) -> str:
    """The letter of a JSON document, or an escape that means the same."""
    import json  # `--help` does without it

    shown = letter == "\n" or (letter.isprintable() and (plain or letter.isascii()))
    return letter if shown else json.dumps(letter)[1:-1]


def _without_password(address: str) -> str:
    """The address without what may be secret in it: who asks, and what stands behind the path."""
    scheme, separator, rest = address.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{separator}{place.rpartition('@')[2]}{slash}{path.partition('?')[0].partition('#')[0]}"


def _user() -> str:
    import getpass  # `--help` does without it

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return "unknown"


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the command line asks for --log-format json, also where it is wrong and an error is all it leads to."""
    return "--log-format=json" in arguments or ("--log-format", "json") in pairwise(arguments)


def common_options(command: F) -> F:
    """The options that every command has."""
    return _with_options(
        command,
        click.option("--no-color", is_flag=True, help="No colour, whatever the terminal."),
        click.option("-v", "--verbose", is_flag=True, help="Tell more on stderr when something goes wrong."),
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            expose_value=False,
            help="How stderr is written.  [default: text]",
        ),
    )


def settings_options(command: F) -> F:
    """The options of every command that has settings, and the common ones."""
    from pathlib import Path  # with its command: `bbsync --help` does without it

    return _with_options(
        common_options(command),
        click.option(
            "--config", type=click.Path(path_type=Path), metavar="FILE", help="The settings.  [default: bbsync.toml]"
        ),
        click.option(
            "--env-file", type=click.Path(path_type=Path), metavar="FILE", help="Further environment variables."
        ),
    )


def _with_options(command: F, *options: Callable[[F], F]) -> F:
    """The command with these options above those that it has, in this order in its help."""
    for option in reversed(options):
        command = option(command)
    return command


def invoked(*, no_color: bool, verbose: bool, config: Path | None = None, env_file: Path | None = None) -> Invocation:
    """The invocation at hand, with the common options of this command noted."""
    invocation: Invocation = click.get_current_context().obj
    invocation.config = config
    invocation.env_file = env_file
    invocation.colour_wanted = not no_color
    invocation.verbose = verbose
    return invocation
