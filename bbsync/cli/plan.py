"""`bbsync plan`: show what would change, and save it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bbsync import steps
from bbsync.cli.events import events_option, tell_made
from bbsync.cli.exits import exits
from bbsync.cli.files import require_place
from bbsync.cli.invocation import invoked, settings_options
from bbsync.cli.saving import announce, save
from bbsync.cli.showing import show_plan
from bbsync.errors import ExitCode


@click.command(epilog=exits(ExitCode.CHANGES, ExitCode.INCOMPLETE, ExitCode.BLOCKED, ExitCode.LOCKED))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan in this file.")
@click.option(
    "--only", multiple=True, metavar="ADDRESS", help='Compare only this: "repo:acme/web", with what is below.'
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if the plan has changes.")
@events_option
@settings_options
def command(out: Path | None, only: tuple[str, ...], *, detailed_exitcode: bool, **common: Any) -> ExitCode:
    """Show what would change in the graph; change nothing.

    Example: bbsync plan --out plan.json
    """
    invocation = invoked(**common)
    settings = invocation.settings()
    if out is not None:
        require_place(out)
    made = steps.plan(settings, invocation.around(), only=only)
    tell_made(made, invocation)
    if out is not None:
        save(made, out, invocation)
    show_plan(made.plan, made.guards, invocation)
    invocation.say(f"{made.traffic}.")
    if out is not None:
        announce(made, out, invocation)
    return steps.exit_code(made, detailed=detailed_exitcode)
