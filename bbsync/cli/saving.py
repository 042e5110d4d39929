"""Save a plan for its owner alone, and say how to go on with it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from bbsync import steps
from bbsync.cli.files import write_private
from bbsync.cli.invocation import Invocation
from bbsync.cli.showing import show_plan
from bbsync.errors import PlanFileError
from bbsync.planfile import dump
from bbsync.show.words import moment


def save(made: steps.Made, out: Path, invocation: Invocation) -> None:
    """Write the plan file, or show the plan where that cannot be.

    Raises:
        PlanFileError: it could not be written.
    """
    try:
        write_private(out, partial(dump, made.plan, made.guards))
    except PlanFileError:
        show_plan(made.plan, made.guards, invocation)  # reading it may have cost an hour of calls
        raise


def save_blocked(made: steps.Made, directory: Path, invocation: Invocation) -> None:
    """Keep a plan that was shown and may not be applied, under its own name: reading it again would cost as much.

    That it cannot be written is said, and hides nothing: the plan is blocked all the same.
    """
    out = directory / f"plan-{made.id}.json"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(out, partial(dump, made.plan, made.guards))
    except (PlanFileError, OSError) as error:
        invocation.complain("The plan could not be saved.", str(error))
        return
    announce(made, out, invocation)


def announce(made: steps.Made, out: Path, invocation: Invocation) -> None:
    """Say where the plan is, and the command that applies exactly it, if there is one."""
    invocation.say(f"Saved {out} ({made.id}), valid until {moment(made.plan.origin.expires_at)}.")
    tripped = [result for result in made.guards if result.tripped]
    if not tripped and not made.plan.is_empty:
        invocation.say(f"To apply exactly this: bbsync apply {out}")
    elif tripped and all(result.can_be_allowed for result in tripped):
        number = made.plan.entity_totals.destroy
        invocation.say(f"If this is intended: bbsync apply {out} --allow-deletes {number}")
