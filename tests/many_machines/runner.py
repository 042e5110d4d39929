"""A runner: takes one workspace after the other, plans, applies, and writes down when it wrote to which graph.

`python -m tests.many_machines.runner PLACE NAME`
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from attrs import define, field

from bbsync import applying, steps
from bbsync.errors import BbsyncError
from bbsync.events import Event, Job
from bbsync.settings import load_settings

#: Workspaces that wait to be taken, and those that somebody has taken.
WAITING, TAKEN = "waiting", "taken"

#: At the end of a workspace's name: whoever takes it dies in the middle of the apply.
DEADLY = ".deadly"


@define
class Runner:
    """A process among many. What it does is in a file of lines, each written at once."""

    place: Path
    name: str
    deadly: bool = field(default=False, init=False)

    def work(self) -> None:
        """Take what is left, until nothing is."""
        for job in self._jobs():
            self.deadly = job.endswith(DEADLY)
            workspace = job.removesuffix(DEADLY).partition(".")[0]
            try:
                outcome = self._sync(workspace)
            except BbsyncError as error:
                outcome = error.code
            self.note(what="ended", workspace=workspace, outcome=outcome)

    def _jobs(self) -> Iterator[str]:
        while waiting := sorted((self.place / WAITING).iterdir()):
            try:
                waiting[0].rename(self.place / TAKEN / f"{waiting[0].name}.{self.name}")
            except FileNotFoundError:
                continue  # somebody was quicker
            yield waiting[0].name

    def _sync(self, workspace: str) -> str:
        environ = json.loads((self.place / "environ.json").read_text("utf-8"))
        environ["BITBUCKET_WORKSPACE"] = workspace
        config = self.place / f"{workspace}.toml"
        settings = load_settings(config=config, environ=environ)
        around = steps.Around(
            say=lambda line: self.note(what="said", workspace=workspace, line=line),
            happened=lambda event: self._happened(workspace, event),
            actor=steps.Actor(self.name),
        )
        made = steps.plan(settings, around)
        return applying.apply(made.plan, settings, around, identity=made.id).words

    def _happened(self, workspace: str, event: Event) -> None:
        if isinstance(event, Job) and event.state in {"writing", "committed"}:
            self.note(what=event.state, workspace=workspace)
            if self.deadly and event.state == "writing":
                os.kill(os.getpid(), signal.SIGKILL)

    def note(self, **line: object) -> None:
        """Write a line. The time is the same for all processes of a machine."""
        with (self.place / f"{self.name}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": time.clock_gettime(time.CLOCK_MONOTONIC), **line}) + "\n")


if __name__ == "__main__":
    Runner(Path(sys.argv[1]), sys.argv[2]).work()
