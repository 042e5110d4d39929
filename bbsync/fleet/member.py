"""One configuration of a fleet, and what became of it: all that goes to a worker, and all that comes back.

No secret goes either way: the worker has its own in its environment.
"""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from attrs import evolve, frozen

from bbsync import applying, steps, validity
from bbsync.errors import BbsyncError, ExitCode
from bbsync.planfile import PlanFile, dumps, read
from bbsync.settings import load_settings

#: What can be done with each configuration.
Command = Literal["plan", "apply"]

#: Where CI systems say which job this is.
_CI = "CI_JOB_URL"


@frozen
class Member:
    """One configuration: its name, and its policy as it stands in the file.

    `saved` is the plan that was reviewed, as it stands in its file; without one a plan is made.
    """

    name: str
    policy: str
    saved: bytes = b""


@frozen
class Ended:
    """What became of one configuration.

    `said` is the message it ended with, in words and with its code, or what was done. `saved` is the plan that was
    made, as it goes to a file.
    """

    name: str
    code: ExitCode
    said: str = ""
    plan_id: str = ""
    add: int = 0
    change: int = 0
    destroy: int = 0
    calls: int = 0
    saved: bytes = b""


def carry_out(member: Member, command: Command, environ: Mapping[str, str] | None = None) -> Ended:
    """Plan, or apply; what is foreseen to go wrong is told, and ends nothing else. Without `environ`, the worker's."""
    ended = Ended(member.name, ExitCode.OK)
    try:
        return _carried_out(member, command, os.environ if environ is None else environ)
    except BbsyncError as error:
        return evolve(ended, code=error.exit_code, said=f"{error}")


def _carried_out(member: Member, command: Command, environ: Mapping[str, str]) -> Ended:
    with tempfile.TemporaryDirectory() as place:
        config = Path(place) / "bbsync.toml"
        config.write_text(member.policy, encoding="utf-8")
        settings = load_settings(config=config, environ=environ)
    around = steps.Around(actor=steps.Actor(_user(), environ.get(_CI, "")))
    if member.saved:
        saved, code, calls = read(member.saved), ExitCode.OK, 0
        validity.require_mapping(saved.mapping)
    else:
        made = steps.plan(settings, around)
        saved, calls = read(dumps(made.plan, made.guards)), made.calls
        code = steps.exit_code(made, detailed=True)
    ended = _ended(member.name, saved, code, calls)
    if command == "plan":
        return evolve(ended, saved=dumps(saved.plan, saved.guards), said="planned")
    outcome = applying.apply(saved.plan, settings, around, identity=saved.id)
    return evolve(ended, code=ExitCode.OK, said=outcome.words)


def _ended(name: str, saved: PlanFile, code: ExitCode, calls: int) -> Ended:
    totals = saved.plan.entity_totals
    return Ended(
        name=name,
        code=code,
        plan_id=saved.id,
        add=totals.add,
        change=totals.change + totals.move,
        destroy=totals.destroy,
        calls=calls,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return "unknown"
