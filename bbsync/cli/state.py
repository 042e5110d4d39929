"""`bbsync state`: what bbsync itself has noted, and how to bring the last snapshot back."""

from __future__ import annotations

from typing import Any

import click

from bbsync import applying
from bbsync.cli.apply import agreed, can_ask, conclude
from bbsync.cli.events import events_option, tell_made
from bbsync.cli.exits import exits
from bbsync.cli.invocation import Invocation, invoked, settings_options
from bbsync.cli.noted import Noted, look
from bbsync.cli.noted_text import audit_lines, snapshot_lines, standing_lines
from bbsync.cli.showing import show_plan
from bbsync.errors import ExitCode
from bbsync.restoring import plan_restore

LOOKS = {"show": standing_lines, "snapshots": snapshot_lines, "audit": audit_lines}


@click.command(epilog=exits(ExitCode.BLOCKED, ExitCode.STALE, ExitCode.LOCKED, ExitCode.UNFINISHED))
@click.argument("what", type=click.Choice([*LOOKS, "restore"]), default="show", metavar="[WHAT]")
@click.argument("snapshot", default="", metavar="[ID]")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
@click.option("--auto-approve", is_flag=True, help="With restore: do not ask.")
@events_option
@settings_options
def command(what: str, snapshot: str, shape: str, *, auto_approve: bool, **common: Any) -> ExitCode:
    """Show what is noted about the graph; or restore its last snapshot.

    \b
    show       all of it in short: last apply, snapshot, lease, journal,
               watermarks, ledger of calls, audits  [default]
    snapshots  which snapshots are kept, and of which applies
    audit      the audit trail: every apply, whatever came of it
    restore    bring back what the last apply left in the graph and is not
               there any more; ID names the plan of that apply

    Example: bbsync state audit --format json

    Restoring makes a plan, shows it and asks, as apply does, under the lease
    and with a line in the audit trail. It adds and changes; it deletes nothing.
    """
    invocation = invoked(**common)
    if what == "restore":
        if shape != "text":
            raise click.UsageError("restore shows a plan as text: it takes no --format")
        return _restore(snapshot, invocation, approved=auto_approve)
    if snapshot or auto_approve:
        raise click.UsageError(f"an ID and --auto-approve are for restore, and say nothing with {what}")
    _show(look(invocation.settings(), invocation.around()), what, shape, invocation)
    return ExitCode.OK


def _show(noted: Noted, what: str, shape: str, invocation: Invocation) -> None:
    if shape == "json":
        invocation.write_json(noted.document(what))
        return
    for line in LOOKS[what](noted):
        invocation.write(f"{line}\n")


def _restore(snapshot: str, invocation: Invocation, *, approved: bool) -> ExitCode:
    if not approved and not can_ask(invocation):
        raise click.UsageError("there is nobody to ask: pass --auto-approve")
    settings, around = invocation.settings(), invocation.around()
    made = plan_restore(settings, around, snapshot)
    tell_made(made, invocation)
    if made.plan.is_empty:
        invocation.write("Nothing to restore: the graph has all that the last apply left in it.\n")
        return ExitCode.OK
    show_plan(made.plan, made.guards, invocation)
    identity = f"{made.id} (a restore)"
    applying.require_allowed(made.plan, settings, around, identity=identity)
    if not approved and not agreed(invocation):
        invocation.say("Restore cancelled. Nothing was written.")
        return ExitCode.ERROR
    outcome = applying.apply(made.plan, settings, around, identity=identity, restores=True)
    conclude(made.plan, identity, outcome, invocation)
    return ExitCode.OK
