"""`bbsync apply`: carry out a saved plan, or plan, show, ask and carry it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bbsync import steps
from bbsync.cli.files import read_plan_file
from bbsync.cli.invocation import Invocation, common_options, invoked
from bbsync.cli.showing import show_plan
from bbsync.errors import ExitCode
from bbsync.plan import Plan
from bbsync.planfile import read


@click.command()
@click.argument("plan", type=click.Path(path_type=Path), required=False)
@click.option("--auto-approve", is_flag=True, help="Without a PLAN: do not ask.")
@click.option("--allow-deletes", type=click.IntRange(min=0), metavar="N", help="The reviewed number of deletes.")
@common_options
def command(plan: Path | None, *, auto_approve: bool, allow_deletes: int | None, **common: Any) -> ExitCode:
    """Carry out the saved PLAN, exactly; or, without one, plan, show, ask, and carry it out.

    Example: bbsync apply plan.json
    """
    invocation = invoked(**common)
    approved = plan is not None or auto_approve
    if not approved and not _can_ask(invocation):
        raise click.UsageError("there is nobody to ask: name a saved plan, or pass --auto-approve")
    settings, around = invocation.settings(), invocation.around()
    if plan is not None:
        saved = read(read_plan_file(plan))
        wanted, identity = saved.plan, saved.id
    else:
        made = steps.plan(settings, around)
        wanted, identity = made.plan, made.id
        show_plan(wanted, made.guards, invocation)
    if not approved and not wanted.is_empty and not _agreed(invocation):
        invocation.say("Nothing was written.")
        return ExitCode.OK
    outcome = steps.apply(wanted, settings, around, identity=identity, allow_deletes=allow_deletes)
    _conclude(wanted, identity, outcome, invocation)
    return ExitCode.OK


def _can_ask(invocation: Invocation) -> bool:
    return invocation.stdin.isatty() and invocation.stderr.isatty()


def _agreed(invocation: Invocation) -> bool:
    invocation.stderr.write("Carry out exactly this? Only 'yes' is taken for an answer: ")
    invocation.stderr.flush()
    return invocation.stdin.readline().strip() == "yes"


def _conclude(plan: Plan, identity: str, outcome: steps.Outcome, invocation: Invocation) -> None:
    if plan.is_empty:
        invocation.write("Nothing to do. The graph matches Bitbucket.\n")
    elif outcome.already:
        invocation.write(f"Nothing left to do: plan {identity} is already in the graph.\n")
    else:
        totals = plan.entity_totals
        invocation.write(
            f"Apply complete! Resources: {totals.add} added, {totals.change + totals.move} changed,"
            f" {totals.destroy} destroyed.\n"
        )
        ties = plan.relationship_totals
        invocation.write(
            f"      Relationships: {ties.add} added, {ties.change} changed, {ties.destroy} destroyed."
            f" {totals.kept} entities kept, {totals.withheld} withheld.\n"
        )
