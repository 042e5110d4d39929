"""`bbsync sandbox`: the walk of a newcomer, from an empty directory."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest
from attrs import frozen
from cli_rig import PATIENCE, Ended, outside, run_here

from tests.tested_package import HOME

BARE = {"PYTHONPATH": str(HOME), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


@frozen
class Walk:
    """A sandbox that is being served, and what it printed for people to paste."""

    place: Path
    local: str
    jupiterone: str
    origin: str

    def bbsync(self, line: str, *, jupiterone: bool = False) -> Ended:
        """A command line in a shell into which the exports were pasted."""
        exports = self.local + (self.jupiterone if jupiterone else "")
        script = f"{exports}\n{sys.executable} -m bbsync {line}"
        return outside(["bash", "-c", script], cwd=self.place, env=BARE)


@pytest.fixture(name="walk", scope="module")
def _walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    place = tmp_path_factory.mktemp("newcomer")
    with _sandbox() as process:
        printed = _printed(process.stdout, "JUPITERONE_API_KEY")
        local, _, jupiterone = printed.partition("# and, to write to the JupiterOne")
        origin = local.partition("BITBUCKET_URL=")[2].partition("\n")[0]
        yield Walk(place, local, "#" + jupiterone, origin)
        process.kill()


def _sandbox(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "bbsync", "sandbox", "--repositories", "6", "--members", "5", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=BARE,
    )


def _printed(stream: IO[str] | None, last: str) -> str:
    """Everything up to the line with this text; nobody waits for ever."""
    assert stream is not None
    printed = b""
    while last.encode() not in printed or not printed.endswith(b"\n"):
        assert select.select([stream], [], [], PATIENCE)[0]
        more = os.read(stream.fileno(), 65536)
        assert more, printed
        printed += more
    return printed.decode()


@pytest.mark.parametrize("jupiterone", [False, True])
def test_the_walk_of_a_newcomer(walk: Walk, jupiterone: bool) -> None:
    """Paste, plan, apply, change, plan again, apply that: each command is what the one before says to do."""
    checked = walk.bbsync("check", jupiterone=jupiterone)
    first = walk.bbsync("plan --out plan.json", jupiterone=jupiterone)
    applied = walk.bbsync("apply plan.json", jupiterone=jupiterone)
    change = "make_public" if not jupiterone else "make_private"
    wanted = {"change": change, "workspace": "acme", "repository": "web"}
    changed = httpx.post(f"{walk.origin}/_sandbox/changes", json=wanted)
    second = walk.bbsync("plan --out plan.json --detailed-exitcode", jupiterone=jupiterone)
    again = walk.bbsync("apply plan.json", jupiterone=jupiterone)

    assert changed.status_code == 200
    assert [each.code for each in (checked, first, applied, second, again)] == [0, 0, 0, 2, 0]
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in second.out
    assert ("true → false" if jupiterone else "false → true") in second.out
    assert again.out.startswith("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.")
    assert ("JupiterOne account sandbox" if jupiterone else ".bbsync/graph.db") in second.out
    assert (walk.place / ".bbsync" / "graph.db").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_serves_until_it_is_stopped(number: signal.Signals, code: int) -> None:
    """stdout is what can be pasted, stderr says how to try a change, and a signal ends it with its code."""
    with _sandbox("--workspace", "a", "--workspace", "b") as process:
        printed = _printed(process.stdout, "JUPITERONE_API_KEY").splitlines()
        invitation = _printed(process.stderr, "Serving until interrupted (Ctrl-C).")
        process.send_signal(number)
        rest = process.communicate(timeout=PATIENCE)

    assert (process.returncode, rest) == (code, ("", "Stopped.\n"))
    assert all(line.startswith(("export ", "# ")) for line in printed)
    assert "export BITBUCKET_WORKSPACE=a,b" in printed
    assert "/_sandbox/changes" in invitation


def test_a_port_that_is_taken_is_a_sentence() -> None:
    """A port in use is refused by its number, with the way out."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        ended = run_here(["sandbox", "--port", str(port)], {})

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"Error: the ports {port} and {port + 1} cannot be had (BB-SANDBOX-PORT).")


@pytest.mark.parametrize("slug", ["a b", "$(reboot)", "../x"])
def test_a_name_that_is_no_workspace_is_refused(slug: str) -> None:
    """What is printed to be pasted holds no surprise."""
    ended = run_here(["sandbox", "--workspace", slug], {})

    assert (ended.code, ended.out) == (1, "")
    assert "is not the name of a workspace" in ended.err
