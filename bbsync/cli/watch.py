"""`bbsync watch`: run again and again, for people without a scheduler."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import click
from attrs import define, evolve, field

from bbsync.cli import apply as applying
from bbsync.cli import plan as planning
from bbsync.cli.ending import ended
from bbsync.cli.events import events_option
from bbsync.cli.files import require_place
from bbsync.cli.health import Health, Round
from bbsync.cli.invocation import Invocation, invoked, settings_options
from bbsync.cli.schedule import GOOD, PASSING, STOPPED, Schedule
from bbsync.errors import ExitCode
from bbsync.events import NextRun, stage
from bbsync.planfile.reading import write_moment
from bbsync.settings.duration import seconds

#: Seconds; more often than this nothing new is learned, and calls are spent.
SHORTEST, LONGEST = 60, 7 * 86_400


def _every(_context: click.Context, _option: click.Parameter, text: str) -> int:
    try:
        found = seconds(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not {error}") from error
    if not SHORTEST <= found <= LONGEST:
        raise click.BadParameter(f"{text!r} is not between 1m and 7d")
    return found


@click.command()
@click.option("--every", default="1h", callback=_every, metavar="TIME", show_default=True, help="How often to run.")
@click.option("--apply", "applies", is_flag=True, help="Carry plans out; without it they are only shown.")
@click.option("--auto-approve", is_flag=True, help="With --apply, which needs it: nobody is asked.")
@click.option("--health", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Say here how it goes.")
@events_option
@settings_options
def command(every: int, *, applies: bool, auto_approve: bool, health: Path | None, **common: Any) -> ExitCode:
    """Plan now and then every so often, in one process, until a signal ends it.

    With --apply --auto-approve, carry each plan out that no guard stands in
    the way of. A run that fails does not end the watching: it is tried again
    after a minute, then after two, four and so on, up to the usual time.

    Example: bbsync watch --every 1h --health .bbsync/health.json
    """
    invocation = invoked(**common)
    if applies != auto_approve:
        raise click.UsageError("--apply and --auto-approve belong together: nobody is there to be asked")
    if health is not None:
        require_place(health)
    invocation.around()  # whoever is told of runs is told of the first one, too
    act = _Act(click.get_current_context(), common, applies=applies)
    return _Watch(invocation, Schedule(every), health, act).watch()


@define
class _Act:
    """One run: the command of the same name, with the options that were given."""

    context: click.Context
    common: dict[str, Any]
    applies: bool = field(kw_only=True)

    def __call__(self) -> object:
        options: dict[str, Any] = {**self.common, "events": None}
        if self.applies:
            return self.context.invoke(applying.command, auto_approve=True, **options)
        return self.context.invoke(planning.command, **options)


@define
class _Watch:
    """The runs so far, and those to come. There is never more than one at a time."""

    invocation: Invocation
    schedule: Schedule
    place: Path | None
    act: _Act
    health: Health = field(factory=lambda: Health("running"))

    def watch(self) -> ExitCode:
        """Run until a signal comes; the exit code says which."""
        while True:
            self._tell(evolve(self.health, state="running", next=None))
            code = self._run()
            if code in STOPPED:
                break
            stopped = ended(self._wait, self.invocation)
            if stopped in STOPPED:
                code = stopped
                break
        self._tell(evolve(self.health, state="ended", next=None))
        return code

    def _run(self) -> ExitCode:
        began = self.invocation.clock()
        with stage("round", self.invocation.happened):
            code = ended(self.act, self.invocation)
        now = self.invocation.clock()
        failed = code not in GOOD
        self.health = evolve(
            self.health,
            runs=self.health.runs + 1,
            failures=self.health.failures + 1 if failed else 0,
            last=Round(began, now, code),
            last_success=self.health.last_success if failed else now,
        )
        return code

    def _wait(self) -> None:
        last = self.health.last
        assert last is not None  # noqa: S101 - there was a run before there is a pause
        failures = self.health.failures if last.code in PASSING else 0
        at = self.schedule.next(last.began, last.ended, failures, random.random())  # noqa: S311 - it spreads load
        self._tell(evolve(self.health, state="waiting", next=at))
        told = write_moment(int(at) * 1000)
        outcome = "" if last.code in GOOD else f"The run failed ({int(last.code)}). "
        self.invocation.say(f"{outcome}Next run at {told}.")
        self.invocation.happened(NextRun(int(last.code), told))
        self.invocation.sleep(max(0.0, at - self.invocation.clock()))

    def _tell(self, health: Health) -> None:
        self.health = health
        failure = health.write(self.place) if self.place else ""
        if failure:
            self.invocation.complain(f"The health file is not up to date: {failure}")
