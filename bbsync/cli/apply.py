"""`bbsync apply`: carry out a saved plan, or plan, show, ask and carry it out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from bbsync import applying, steps, validity
from bbsync.cli.events import events_option, tell_made, tell_plan
from bbsync.cli.exits import exits
from bbsync.cli.files import read_plan_file
from bbsync.cli.invocation import Invocation, invoked, settings_options
from bbsync.cli.saving import save_blocked
from bbsync.cli.showing import show_plan
from bbsync.cli.streams import OutputError
from bbsync.errors import Blocked, ExitCode
from bbsync.plan import Plan
from bbsync.planfile import read
from bbsync.show.summary import limit


@click.command(epilog=exits(ExitCode.BLOCKED, ExitCode.STALE, ExitCode.LOCKED, ExitCode.UNFINISHED))
@click.argument("plan", type=click.Path(path_type=Path), required=False)
@click.option("--auto-approve", is_flag=True, help="Without a PLAN: do not ask.")
@click.option("--allow-deletes", type=click.IntRange(min=0), metavar="N", help="The reviewed number of deletes.")
@click.option("--verify", is_flag=True, help="Read the graph again afterwards, and compare all of it.")
@events_option
@settings_options
def command(
    plan: Path | None, *, auto_approve: bool, allow_deletes: int | None, verify: bool, **common: Any
) -> ExitCode:
    """Carry out the saved PLAN, exactly; or, without one, plan, show, ask, and carry it out.

    Example: bbsync apply plan.json
    """
    invocation = invoked(**common)
    approved = plan is not None or auto_approve
    if not approved and not can_ask(invocation):
        raise click.UsageError("there is nobody to ask: name a saved plan, or pass --auto-approve")
    settings, around = invocation.settings(), invocation.around()
    if plan is not None:
        saved = read(read_plan_file(plan))
        validity.require_mapping(saved.mapping)
        wanted, identity = saved.plan, saved.id
        tell_plan(wanted, saved.guards, invocation, identify=lambda: identity)
    else:
        made = steps.plan(settings, around)
        wanted, identity = made.plan, made.id
        tell_made(made, invocation)
        show_plan(wanted, made.guards, invocation)
        invocation.say(f"{made.traffic}.")
        try:  # before anybody is asked for what cannot be done
            applying.require_allowed(wanted, settings, around, identity=identity, allow_deletes=allow_deletes)
        except Blocked:
            save_blocked(made, settings.target.path.parent, invocation)
            raise
    if not approved and not wanted.is_empty and not agreed(invocation):
        invocation.say("Apply cancelled. Nothing was written.")
        return ExitCode.ERROR
    outcome = applying.apply(wanted, settings, around, identity=identity, allow_deletes=allow_deletes, verified=verify)
    try:
        conclude(wanted, identity, outcome, invocation)
    except OutputError as error:
        invocation.complain(f"{error}", "The plan is in the graph all the same.")
    return ExitCode.OK


def can_ask(invocation: Invocation) -> bool:
    """Whether somebody sits there who can be asked."""
    return invocation.stdin.isatty() and invocation.stderr.isatty()


def agreed(invocation: Invocation) -> bool:
    """Ask whether what is shown is to be carried out; whether the answer is yes."""
    invocation.ask("Carry out exactly this? Only 'yes' is taken for an answer: ")
    invocation.stopping.wait_for(invocation.stdin)
    answer = invocation.stdin.readline()
    if not answer.endswith("\n"):
        invocation.say("")  # the answer was ended by Ctrl-D, and the line is still open
    return answer.strip() == "yes"


def conclude(plan: Plan, identity: str, outcome: applying.Outcome, invocation: Invocation) -> None:
    """Say what was done, in the shape that scripts look for."""
    if plan.is_empty:
        invocation.write(f"Nothing to do. The graph matches Bitbucket{limit(plan)}.\n")
    elif outcome.already:
        invocation.write(f"Nothing left to do: plan {identity} is already in the graph.\n")
    else:
        for line in _totals(plan):
            invocation.write(f"{line}\n")


def _totals(plan: Plan) -> Iterator[str]:
    """What was done, in the shape that scripts look for, and below it what else the plan said."""
    totals, ties = plan.entity_totals, plan.relationship_totals
    yield (
        f"Apply complete! Resources: {totals.add} added, {totals.change + totals.move} changed,"
        f" {totals.destroy} destroyed."
    )
    yield f"      Relationships: {ties.add} added, {ties.change} changed, {ties.destroy} destroyed."
    left = [f"{totals.kept} kept" if totals.kept else "", f"{totals.withheld} withheld" if totals.withheld else ""]
    if any(left):
        yield f"      {', '.join(filter(None, left))}."
