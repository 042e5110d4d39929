"""The one way in, and the table of commands."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from bbsync import __version__
from bbsync.cli.ending import ended
from bbsync.cli.exits import exits
from bbsync.cli.invocation import Invocation, wants_json
from bbsync.errors import ExitCode

#: Every command: its module under bbsync.cli, and what it is for. Modules are imported when their command runs, so
#: that `--help` is quick.
COMMANDS = {
    "init": "Write a commented bbsync.toml to begin with.",
    "plan": "Show what would change in the graph, and save it.",
    "apply": "Carry out a saved plan, or plan and carry it out.",
    "drift": "Say what differs between Bitbucket, the graph and the last apply.",
    "alerts": "Keep questions and alert rules about the graph in JupiterOne.",
    "show": "Show a saved plan.",
    "estimate": "Say how many calls and how much time a run takes.",
    "identities": "Say which members are matched with which Persons, and by what.",
    "check": "Say which settings, consumers and keys work, and what to fix.",
    "state": "Show what is noted: applies, snapshot, lease, calls; restore the snapshot.",
    "watch": "Run every hour, or as often as you like, until a signal ends it.",
    "fleet": "Plan or apply many configurations at once, with one report.",
    "kinds": "List what is synchronised.",
    "demo": "Tell the whole story on stand-ins; needs no account.",
    "sandbox": "Run stand-ins for Bitbucket and JupiterOne to try things on.",
    "completion": "Print what completes command lines in bash, zsh or fish.",
}

EXIT_CODES = exits(*ExitCode)


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
    if wants_json(arguments):
        invocation.log_json()
    code = ended(
        lambda: cli.main(list(arguments), prog_name="bbsync", obj=invocation, standalone_mode=False), invocation
    )
    invocation.end(code)
    return code
