"""The one way in and the one way out: every outcome becomes an exit code here."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from bbsync import __version__
from bbsync.cli.exits import exits
from bbsync.cli.invocation import Invocation
from bbsync.cli.signals import Stopped
from bbsync.errors import BbsyncError, ExitCode

#: Every command: its module under bbsync.cli, and what it is for. Modules are imported when their command runs, so
#: that `--help` is quick.
COMMANDS = {
    "plan": "Show what would change in the graph, and save it.",
    "apply": "Carry out a saved plan, or plan and carry it out.",
    "drift": "Say what differs between Bitbucket, the graph and the last apply.",
    "show": "Show a saved plan.",
    "estimate": "Say how many calls and how much time a run takes.",
    "check": "Say which settings, consumers and keys work, and what to fix.",
    "kinds": "List what is synchronised.",
    "demo": "Tell the whole story on stand-ins; needs no account.",
    "sandbox": "Run stand-ins for Bitbucket and JupiterOne to try things on.",
    "completion": "Print what completes command lines in bash, zsh or fish.",
}

EXIT_CODES = exits(*ExitCode)

_STOPPED = {
    ExitCode.INTERRUPTED: "Interrupted. Run the same command again to go on.",
    ExitCode.TERMINATED: "Terminated. Run the same command again to go on.",
}


class LazyGroup(click.Group):
    """A group that imports a command only to run it."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names in the order of their use."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command, imported now."""
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"bbsync.cli.{name}").command
        command.epilog = command.epilog or exits()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.command(
    cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="bbsync")
def cli() -> None:
    """Mirror Bitbucket Cloud into the JupiterOne graph, with a plan you can read before it is applied.

    \b
    Try it:            bbsync demo
    See what changes:  bbsync plan --out plan.json
    Do exactly that:   bbsync apply plan.json
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments), Invocation.of_process()))


def run(arguments: Sequence[str], invocation: Invocation) -> ExitCode:
    """Run the command; whoever watches is told last how it ended."""
    code = _run(arguments, invocation)
    invocation.end(code)
    return code


def _run(arguments: Sequence[str], invocation: Invocation) -> ExitCode:
    """Run the command; whatever happens becomes an exit code and, if it went wrong, one message on stderr."""
    try:
        found = cli.main(list(arguments), prog_name="bbsync", obj=invocation, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        invocation.say(error.format_message())
        return ExitCode.USAGE
    except click.UsageError as error:
        return _usage(error, invocation)
    except Stopped as stopped:
        invocation.complain(_STOPPED[stopped.code])
        return stopped.code
    except (KeyboardInterrupt, click.Abort):
        invocation.complain(_STOPPED[ExitCode.INTERRUPTED])
        return ExitCode.INTERRUPTED
    except SystemExit:  # click's answer to a reader who leaves in the middle of a help text
        return ExitCode.OK
    except BbsyncError as error:
        return _foreseen(error, invocation)
    except OSError as error:
        return _system(error, invocation)
    except Exception as error:  # noqa: BLE001 - the last resort: a bug becomes a sentence, and a traceback under -v
        return _bug(error, invocation)
    return found if isinstance(found, ExitCode) else ExitCode.OK


def _usage(error: click.UsageError, invocation: Invocation) -> ExitCode:
    command = error.ctx.command_path if error.ctx else "bbsync"
    invocation.failed("BB-USAGE", error.format_message().rstrip("."))
    invocation.complain(
        f"Error: {error.format_message().rstrip('.')} (BB-USAGE).", f"See what is possible: {command} --help"
    )
    return ExitCode.USAGE


def _foreseen(error: BbsyncError, invocation: Invocation) -> ExitCode:
    invocation.failed(error.code, error.what, error.why, error.next_step)
    invocation.complain(
        f"Error: {error.what} ({error.code}).", *(line for line in (error.why, error.next_step) if line)
    )
    invocation.trace()
    return error.exit_code


def _system(error: OSError, invocation: Invocation) -> ExitCode:
    """What is nobody's mistake in bbsync, and no step foresaw: no room for temporary files, too many open ones."""
    place = f": {error.filename}" if error.filename else ""
    invocation.failed("BB-SYSTEM", "the system stands in the way", f"{error.strerror or type(error).__name__}{place}.")
    invocation.complain(
        "Error: the system stands in the way (BB-SYSTEM).",
        f"{error.strerror or type(error).__name__}{place}.",
        "Mend that, and run the same command again.",
    )
    invocation.trace()
    return ExitCode.ERROR


def _bug(error: Exception, invocation: Invocation) -> ExitCode:
    invocation.failed("BB-BUG", f"bbsync ran into a fault of its own, {type(error).__name__}")
    invocation.complain(
        f"Error: bbsync ran into a fault of its own, {type(error).__name__} (BB-BUG).",
        "Please report it, with what the same command prints with -v added.",
    )
    invocation.trace()
    return ExitCode.ERROR
