"""A graph, a plan that waits to be applied, and applies that are killed, stopped or starved while they carry it out."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import httpx
from attrs import define, field

from bbsync import steps
from bbsync.graph import Graph, digest
from bbsync.sandbox.server import serve
from bbsync.settings import Settings, load_settings
from bbsync.state import State
from tests.cli.cli_rig import Desk, Ended, desk_in
from tests.tested_package import HOME

#: Much may go in a small world.
FREELY = ("[guards]", "delete_percent = 100", "delete_floor = 1000")


#: An order for a process to which nothing happens.
ORDER: dict[str, object] = {"at": 0, "signals": [], "room": None}


@define(eq=False)
class Forge:
    """Makes processes; see crash_server."""

    _stdin: IO[str]
    _stdout: IO[str]

    def start(self, desk: Desk, *arguments: str, environ: Mapping[str, str], **how: object) -> int:
        """Start `bbsync` at that desk; its process id."""
        order = {
            "directory": str(desk.directory),
            "environ": desk.variables(environ),
            "arguments": arguments,
            **(ORDER | how),
        }
        self._stdin.write(json.dumps(order) + "\n")
        self._stdin.flush()
        return int(self._stdout.readline())

    def end(self) -> int:
        """The exit code of the one that was started, when it has ended."""
        return int(self._stdout.readline())


@contextmanager
def forge() -> Iterator[Forge]:
    """A forge, as long as the block lasts."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOME)}
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, str(Path(__file__).with_name("crash_server.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=environ,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Forge(process.stdin, process.stdout)
        process.stdin.close()


@define(eq=False)
class Bench:
    """A desk with a graph that was applied once, and a plan with changes of every sort; `rewind` brings that back.

    `strike` is called with the number of a request to JupiterOne, and with whether it was carried out already.
    """

    desk: Desk
    forge: Forge
    environ: dict[str, str] = field(factory=dict)
    strike: Callable[[int, bool], None] = lambda _number, _processed: None
    requests: int = 0
    pid: int = 0
    wanted: dict[str, str] = field(factory=dict)
    wanted_watermarks: dict[str, int] = field(factory=dict)
    _started: threading.Event = field(factory=threading.Event)
    _first: object = None
    _files: dict[str, bytes] = field(factory=dict)

    def prepare(self) -> None:
        """Apply once, change Bitbucket, save a plan, and learn what the graph is to be."""
        desk = self.desk
        desk.policy(*FREELY)
        self.run("apply", "--auto-approve")
        first, second, *_others = desk.repositories()
        desk.change("rename_repository", repository=first, to="renamed")
        desk.change("delete_repository", repository=second)
        desk.change("add_repository", name="brand new")
        self.run("plan", "--out", str(desk.plan_file))
        self._files = self.files
        self._first = desk.jupiterone._store.stored
        self.run("apply", str(desk.plan_file))
        self.wanted = self.graph
        self.wanted_watermarks = self.watermarks
        self.rewind()
        assert self.graph != self.wanted

    def run(self, *arguments: str) -> Ended:
        """Run the command here, to a good end."""
        ended = self.try_to(*arguments)
        assert ended.code == 0, ended.err
        return ended

    def try_to(self, *arguments: str) -> Ended:
        """Run the command here."""
        return self.desk.run(*arguments, environ=self.environ)

    def apply_once_more(self) -> Ended:
        """Apply the saved plan here, to a good end."""
        return self.run("apply", str(self.desk.plan_file))

    def rewind(self) -> None:
        """Graph and records as they were when the plan was made."""
        self.put_back(self._files)
        store = self.desk.jupiterone._store
        store.stored = self._first
        store.show_now()
        self.desk.jupiterone.jobs.clear()
        self.desk.jupiterone.calls.clear()
        self.requests = 0

    @property
    def files(self) -> dict[str, bytes]:
        """The plan, the graph, the records, and what SQLite keeps beside them, by name."""
        kept = ("plan.json", "graph.db", "state.db")
        return {path.name: path.read_bytes() for path in self.desk.directory.iterdir() if path.name.startswith(kept)}

    def put_back(self, files: Mapping[str, bytes]) -> None:
        """Put these files in the place of those that are there."""
        for name in self.files:
            (self.desk.directory / name).unlink()
        for name, content in files.items():
            (self.desk.directory / name).write_bytes(content)

    def apply(self, *more: str, **how: object) -> int:
        """Apply the plan in a process of its own; its exit code, which is negative when it was killed.

        `signals` come at the write whose number is `at`; no file may grow beyond `room` bytes.
        """
        self._started.clear()
        plan = str(self.desk.plan_file)
        self.pid = self.forge.start(self.desk, "apply", plan, *more, environ=self.environ, **how)
        self._started.set()
        return self.forge.end()

    @property
    def told(self) -> str:
        """What the last process said."""
        return (self.desk.directory / "told.txt").read_text(encoding="utf-8")

    @property
    def settings(self) -> Settings:
        """The settings at this desk."""
        return load_settings(config=self.desk.directory / "bbsync.toml", environ={**self.desk.environ, **self.environ})

    @property
    def graph(self) -> dict[str, str]:
        """What the graph holds, each element as its digest."""
        with steps.open_target(self.settings, steps.Around(sleep=lambda _seconds: None)) as target:
            return digests(target.read_snapshot().graph)

    @property
    def address(self) -> str:
        with steps.open_target(self.settings, steps.Around()) as target:
            return target.address

    @property
    def watermarks(self) -> dict[str, int]:
        """Those of the repositories that the graph is to hold."""
        held = self.records.known(self.address).watermarks
        return {repository: at for repository, at in held.items() if repository in self.wanted}

    @property
    def records(self) -> State:
        return State(self.settings.state.url)

    @property
    def finalized(self) -> int:
        """How many jobs JupiterOne has carried out."""
        return sum(job.status == "FINISHED" for job in self.desk.jupiterone.jobs.values())

    def left_over(self) -> tuple[int, int]:
        """How many leases and lines of the journal are there still."""
        with closing(sqlite3.connect(self.desk.directory / "state.db")) as connection:
            leases = connection.execute("SELECT count(*) FROM bbsync_leases").fetchone()[0]
            lines = connection.execute("SELECT count(*) FROM bbsync_journal").fetchone()[0]
        return leases, lines

    def kill(self) -> None:
        """End the process at once."""
        self._send(signal.SIGKILL)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._send(signal.SIGINT)

    def insist(self) -> None:
        """Press Ctrl-C again and again, until the process is gone."""
        for _press in range(1000):
            if not self._send(signal.SIGINT):
                return
            time.sleep(0.01)

    def _send(self, number: int) -> bool:
        self._started.wait()
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def answer(self, request: httpx.Request) -> httpx.Response:
        """JupiterOne's answer, with something that happens before it or after it.

        Who fetches a result is as far as who has asked for it: that is no moment of its own.
        """
        if request.url.path.startswith("/deferred/"):
            return self.desk.jupiterone.app(request)
        self.requests += 1
        number = self.requests
        self.strike(number, False)
        response = self.desk.jupiterone.app(request)
        self.strike(number, True)
        return response


def digests(graph: Graph) -> dict[str, str]:
    return {key: digest(one) for key, one in {**graph.entities, **graph.relationships}.items()}


@contextmanager
def bench_in(directory: Path, target: str) -> Iterator[Bench]:
    """A bench that is prepared, with that target."""
    sizes = {"repositories": 3, "members": 3, "projects": 1, "groups": 1, "pull_requests": 2, "old_pull_requests": 1}
    with desk_in(directory, **sizes) as desk, forge() as made:
        bench = Bench(desk, made)
        with serve(bench.answer) as origin:
            if target == "jupiterone":
                bench.environ = desk.to_jupiterone(origin)
            bench.prepare()
            yield bench
