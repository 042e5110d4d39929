"""`bbsync alerts`: keep questions and alert rules about the graph in JupiterOne."""

from __future__ import annotations

from typing import Any

import click

from bbsync import alerting
from bbsync.alerts.document import plan_document, questions_document
from bbsync.alerts.plan import Action
from bbsync.cli.apply import agreed, can_ask
from bbsync.cli.exits import exits
from bbsync.cli.invocation import Invocation, invoked, settings_options
from bbsync.cli.showing import how
from bbsync.cli.streams import OutputError
from bbsync.errors import ExitCode, strongest
from bbsync.show.alerts import alerts_text, questions_text

_PLANNED = (ExitCode.CHANGES, ExitCode.INCOMPLETE, ExitCode.BLOCKED)
_APPLIED = (ExitCode.BLOCKED, ExitCode.STALE, ExitCode.LOCKED, ExitCode.UNFINISHED)

_shape = click.option(
    "--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to show it."
)
_full = click.option("--full", is_flag=True, help="Queries and values in full.")


@click.group(epilog=exits(*_PLANNED, *_APPLIED))
def command() -> None:
    """Keep questions and alert rules about the graph in JupiterOne.

    They come with bbsync, and [alerts] in bbsync.toml says which are wanted.
    What bbsync did not make is never touched.

    Example: bbsync alerts plan
    """


@command.command("list", short_help="List the questions, and when they are alerts.", epilog=exits())
@_shape
@_full
@settings_options
def list_questions(shape: str, *, full: bool, **common: Any) -> ExitCode:
    """List the questions: what they ask, what that is good for, and when it is an alert.

    Example: bbsync alerts list --full
    """
    invocation = invoked(**common)
    choices = alerting.chosen(invocation.settings())
    if shape == "json":
        invocation.write_json(questions_document(choices))
    else:
        invocation.write(questions_text(choices, full=full, **how(invocation)))
    return ExitCode.OK


@command.command(short_help="Show what would change in JupiterOne.", epilog=exits(*_PLANNED))
@_shape
@_full
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if the plan has changes.")
@settings_options
def plan(shape: str, *, full: bool, detailed_exitcode: bool, **common: Any) -> ExitCode:
    """Show what would change in JupiterOne's questions and rules; change nothing.

    Example: bbsync alerts plan
    """
    invocation = invoked(**common)
    made = alerting.plan(invocation.settings(), invocation.around())
    if shape == "json":
        invocation.write_json(plan_document(made.plan))
    else:
        _show(made, invocation, full=full)
    codes = [
        ExitCode.BLOCKED if any(result.tripped for result in made.guards) else ExitCode.OK,
        ExitCode.INCOMPLETE if made.plan.withheld else ExitCode.OK,
        ExitCode.CHANGES if detailed_exitcode and not made.plan.is_empty else ExitCode.OK,
    ]
    return strongest(*codes)


@command.command(short_help="Plan, show, ask, and carry it out.", epilog=exits(*_APPLIED))
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--allow-deletes", type=click.IntRange(min=0), metavar="N", help="The reviewed number of deletes.")
@settings_options
def apply(*, auto_approve: bool, allow_deletes: int | None, **common: Any) -> ExitCode:
    """Plan, show, ask, and make JupiterOne's questions and rules what they should be.

    Example: bbsync alerts apply
    """
    invocation = invoked(**common)
    if not auto_approve and not can_ask(invocation):
        raise click.UsageError("there is nobody to ask: pass --auto-approve")
    settings, around = invocation.settings(), invocation.around()
    made = alerting.plan(settings, around)
    _show(made, invocation)
    alerting.require_allowed(made.plan, settings, allow_deletes)  # before anybody is asked for what cannot be done
    if not auto_approve and not made.plan.is_empty and not agreed(invocation):
        invocation.say("Apply cancelled. Nothing was written.")
        return ExitCode.ERROR
    outcome = alerting.apply(made.plan, settings, around, allow_deletes=allow_deletes)
    try:
        _conclude(made, outcome, invocation)
    except OutputError as error:
        invocation.complain(f"{error}", "The questions and rules are in JupiterOne all the same.")
    return ExitCode.OK


def _show(made: alerting.Made, invocation: Invocation, *, full: bool = False) -> None:
    invocation.stopping.check()
    invocation.write(alerts_text(made.plan, made.guards, full=full, **how(invocation)))


def _conclude(made: alerting.Made, outcome: alerting.Outcome, invocation: Invocation) -> None:
    if made.plan.is_empty:
        return  # the plan says so already
    invocation.write(
        f"Apply complete! Resources: {outcome.created} added, {outcome.updated} changed, {outcome.deleted} destroyed.\n"
    )
    planned = [len(made.plan.of(action)) for action in Action]
    if planned != [outcome.created, outcome.updated, outcome.deleted]:
        invocation.write("      The rest was done already, by somebody else.\n")
    if made.plan.withheld:
        invocation.write(f"      {len(made.plan.withheld)} withheld.\n")
