"""A desk to run the command at: both stand-ins on loopback, a directory, and a process, a terminal or neither."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from attrs import define, field, frozen

from bbsync.cli.invocation import Invocation
from bbsync.cli.main import run
from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from bbsync.sandbox.server import serve
from tests.tested_package import HOME

#: Seconds after which something hangs.
PATIENCE = 60

CONSUMERS = (
    Consumer("consumer-key-one", "consumer-secret-one-0123456789"),
    Consumer("consumer-key-two", "consumer-secret-two-0123456789"),
)
API_KEY = "jupiterone-key-0123456789"

POLICY = """\
[target]
path = "{directory}/graph.db"

[state]
url = "sqlite:///{directory}/state.db"
"""


@frozen
class Ended:
    """What a run came to."""

    code: int
    out: str
    err: str


@define(eq=False)
class Desk:
    """Where commands are run. What the stand-ins answer can be bent: `bend_bitbucket`, `bend_jupiterone`."""

    directory: Path
    bitbucket: Bitbucket
    jupiterone: JupiterOne
    environ: dict[str, str] = field(factory=dict)
    bend_bitbucket: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None
    bend_jupiterone: Callable[[httpx.Request, httpx.Response], httpx.Response] = lambda _request, response: response

    @property
    def plan_file(self) -> Path:
        return self.directory / "plan.json"

    @property
    def graph_file(self) -> Path:
        return self.directory / "graph.db"

    def to_jupiterone(self, origin: str) -> dict[str, str]:
        """The variables that make the stand-in for JupiterOne the target."""
        return {
            "JUPITERONE_ACCOUNT": self.jupiterone.account,
            "JUPITERONE_API_KEY": API_KEY,
            "JUPITERONE_API_URL": origin,
            "JUPITERONE_GRAPHQL_URL": f"{origin}/graphql",
        }

    def policy(self, *lines: str) -> None:
        """Put more settings under those of the desk."""
        text = POLICY.format(directory=self.directory)
        (self.directory / "bbsync.toml").write_text("\n".join([*lines, text]), encoding="utf-8")

    def variables(self, changes: Mapping[str, str]) -> dict[str, str]:
        """The environment of a process, with these changes."""
        kept = {name: text for name, text in os.environ.items() if name == "PATH" or name.startswith("COV")}
        return {**kept, "PYTHONPATH": str(HOME), "LC_ALL": "C.UTF-8", **self.environ, **changes}

    def process(self, *arguments: str, **others: Any) -> Ended:
        """`python -m bbsync …` in a process of its own. Variables are given as `environ`."""
        with self.started(*arguments, **others) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return Ended(process.returncode, out or "", err or "")

    @contextmanager
    def started(
        self, *arguments: str, environ: Mapping[str, str] | None = None, **others: Any
    ) -> Iterator[subprocess.Popen[str]]:
        """The same, under way."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "bbsync", *arguments],
            cwd=self.directory,
            env=self.variables(environ or {}),
            **{**streams, "text": True, "encoding": "utf-8", **others},
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(
        self,
        command: str,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Ended:
        """The same in this process, which is quicker; waiting takes no time."""
        config = [] if command in ("show", "kinds") else ["--config", str(self.directory / "bbsync.toml")]
        return run_here([command, *config, *arguments], {**self.environ, **(environ or {})}, clock)

    def terminal(
        self,
        *arguments: str,
        answer: str | signal.Signals = "",
        environ: Mapping[str, str] | None = None,
        columns: int = 80,
    ) -> tuple[int, str]:
        """The code, and everything that is seen on a terminal; `answer` is typed, or sent, when something is asked."""
        keyboard, screen = pty.openpty()
        fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        streams = {"stdin": screen, "stdout": screen, "stderr": screen}
        with self.started(*arguments, environ={"TERM": "xterm", **(environ or {})}, **streams) as process:
            os.close(screen)
            react = partial(process.send_signal, answer) if isinstance(answer, signal.Signals) else None
            seen = _watched(keyboard, react or partial(os.write, keyboard, str(answer).encode()))
            process.wait(PATIENCE)
        os.close(keyboard)
        return process.returncode, seen

    def saved(self) -> Path:
        """A plan file, made now."""
        self.run("plan", "--out", str(self.plan_file))
        return self.plan_file

    def applied(self) -> None:
        """Bring the graph up to date."""
        ended = self.run("apply", "--auto-approve")
        assert ended.code == 0, ended.err

    def change(self, change: str, **arguments: Any) -> None:
        """Change the made-up workspace."""
        self.bitbucket.change(change, workspace="acme", **arguments)

    def repositories(self) -> list[str]:
        return [home.slug for home in self.bitbucket.world.workspaces[0].repositories.values()]


def run_here(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = lambda _seconds: None,
) -> Ended:
    """Run the command in this process, with nobody at the keyboard."""
    out, err = io.StringIO(), io.StringIO()
    code = run(arguments, Invocation(io.StringIO(), out, err, environ, clock=clock, sleep=sleep))
    return Ended(code, out.getvalue(), err.getvalue())


def outside(command: Sequence[str], **others: Any) -> Ended:
    """Run any command in a process of its own."""
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False, **others)  # noqa: S603 - our own words
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@contextmanager
def desk_in(directory: Path, **sizes: Any) -> Iterator[Desk]:
    """A desk in that directory; what is not said about its workspace is small."""
    small = {"repositories": 8, "members": 5, "projects": 2, "groups": 2, "pull_requests": 6}
    world = make_world(7, Sizes(**{**small, **sizes}), datetime.now(UTC))
    bitbucket = Bitbucket(world, consumers=CONSUMERS)
    jupiterone = JupiterOne(account="acme-account", keys=(ApiKey(API_KEY),))
    desk = Desk(directory, bitbucket, jupiterone)
    desk.policy()
    with serve(lambda request: desk.bend_bitbucket(request) or bitbucket.app(request)) as origin:
        desk.environ |= {
            "BITBUCKET_URL": origin,
            "BITBUCKET_API_URL": origin,
            "BITBUCKET_WORKSPACE": "acme",
            "BITBUCKET_CLIENT_KEY": ",".join(consumer.key for consumer in CONSUMERS),
            "BITBUCKET_CLIENT_SECRET": ",".join(consumer.secret for consumer in CONSUMERS),
        }
        yield desk


@contextmanager
def jupiterone_of(desk: Desk) -> Iterator[dict[str, str]]:
    """The variables that make the desk's stand-in for JupiterOne, served as long as the block lasts, the target."""
    with serve(lambda request: desk.bend_jupiterone(request, desk.jupiterone.app(request))) as origin:
        yield desk.to_jupiterone(origin)


@define
class Seen:
    """Notes that a request came whose path holds this text, for who waits for it."""

    text: str
    status: int
    headers: dict[str, str] = field(factory=dict)
    came: threading.Event = field(factory=threading.Event)

    def __call__(self, request: httpx.Request, response: httpx.Response | None = None) -> httpx.Response | None:
        if self.text not in request.url.path:
            return response
        self.came.set()
        return httpx.Response(self.status, headers=self.headers)


def edited(response: httpx.Response, edit: Callable[[dict[str, Any]], None]) -> httpx.Response:
    """The answer with its JSON edited."""
    document = json.loads(response.content)
    edit(document)
    return httpx.Response(response.status_code, json=document)


def no_large_files(largest: int = 65_536) -> None:
    """For `preexec_fn`: a process that writes more than this to a file is refused, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


def _watched(keyboard: int, react: Callable[[], object]) -> str:
    """Everything that is written there; once, when something is asked, there is a reaction."""
    seen, asked = b"", False
    while select.select([keyboard], [], [], PATIENCE)[0]:
        try:
            chunk = os.read(keyboard, 65536)
        except OSError:  # how Linux says that the other side is closed
            break
        if not chunk:
            break
        seen += chunk
        if not asked and seen.endswith(b": "):
            asked = True
            react()
    return seen.decode()
