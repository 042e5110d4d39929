"""A worker of a fleet that dies in the middle: every configuration is told of, and nobody waits for ever."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import httpx
import pytest
from attrs import define, field

from bbsync.errors import ExitCode
from bbsync.fleet import Member, hand_out
from bbsync.sandbox.bitbucket import Bitbucket, Sizes, make_world
from bbsync.sandbox.server import ResetConnection, serve
from tests.fleet.fleet_rig import CONSUMER, SECRETS, cluster, fleet
from tests.run_rig import START

distributed = pytest.importorskip("distributed", reason="the extra bbsync[fleet] is not installed")
psutil = pytest.importorskip("psutil", reason="comes with Dask")

WORKSPACES = ("one", "once", "always", "two")


@define
class Deadly:
    """A Bitbucket where whoever asks for some workspaces is killed; `deaths` is how often for each.

    The first request about a workspace is deadly, as that is the only one at the time.
    """

    deaths: dict[str, int]
    _bitbucket: Bitbucket
    _turn: threading.Lock = field(factory=threading.Lock)

    def app(self, request: httpx.Request) -> httpx.Response:
        """Answer, or kill the process that asks: the worker alone is connected."""
        with self._turn:
            asked = next(
                (
                    name
                    for name, left in self.deaths.items()
                    if request.url.path.endswith(f"/workspaces/{name}") and left
                ),
                "",
            )
            if asked:
                self.deaths[asked] -= 1
                _kill_who_is_connected_to(request.url.port or 0)
                raise ResetConnection
        return self._bitbucket.app(request)


def _kill_who_is_connected_to(port: int) -> None:
    ends = (end for end in psutil.net_connections("tcp") if end.raddr and end.raddr.port == port)
    for worker in {end.pid for end in ends} - {os.getpid(), None}:
        os.kill(worker, signal.SIGKILL)


def deadly(**deaths: int) -> Deadly:
    """With a workspace of each name."""
    sizes = Sizes(repositories=1, members=1, projects=1, groups=1, pull_requests=1, workspaces=WORKSPACES)
    return Deadly(deaths, Bitbucket(make_world(3, sizes, START), consumers=[CONSUMER]))


def policy(place: Path, name: str) -> str:
    """Of a configuration with records and a graph of its own."""
    local = f'[target]\nkind = "local"\npath = "{place}/{name}-graph.db"\n'
    return f'workspaces = ["{name}"]\n{local}[state]\nurl = "sqlite:///{place}/{name}-state.db"\n'


def test_the_one_that_takes_workers_down_is_named(tmp_path: Path) -> None:
    """What waited at the worker is done by the next one, and so is what was begun; what kills that one, too, failed."""
    bitbucket = deadly(once=1, always=9)
    for name in WORKSPACES:
        (tmp_path / f"{name}.toml").write_text(policy(tmp_path, name), "utf-8")

    with serve(bitbucket.app) as origin:
        environ = {**SECRETS, "BITBUCKET_URL": origin, "BITBUCKET_API_URL": origin}
        configs = [f"{name}.toml" for name in WORKSPACES]
        ended = fleet(environ, tmp_path, "apply", *configs, "--auto-approve", "--format", "json")

    assert ended.stdout, ended.stderr
    told = {
        one["name"]: (one["outcome"], one["said"].partition(".")[0])
        for one in json.loads(ended.stdout)["configurations"]
    }
    assert told == {
        "one": ("done", "applied"),
        "once": ("done", "applied"),
        "always": ("unfinished", "its worker died in the middle of it (BB-FLEET-WORKER)"),
        "two": ("done", "applied"),
    }
    assert ended.returncode == ExitCode.UNFINISHED
    assert bitbucket.deaths["once"] == 0
    assert CONSUMER.secret not in ended.stdout + ended.stderr


def test_a_fleet_whose_last_worker_dies_ends(tmp_path: Path) -> None:
    """Nobody takes its place in a cluster that does not see to it: what is left is told as failed."""
    bitbucket = deadly(always=9)
    members = [Member(name, policy(tmp_path, name)) for name in ("always", "two")]

    with serve(bitbucket.app) as origin:
        environ = {**SECRETS, "BITBUCKET_URL": origin, "BITBUCKET_API_URL": origin}
        with cluster(tmp_path, environ) as address:
            with distributed.Client(address) as client:
                client.wait_for_workers(1)
            ended = hand_out(members, "plan", workers=1, scheduler=address, patience=0.1)

    assert [(one.name, one.code) for one in ended] == [("always", ExitCode.ERROR), ("two", ExitCode.ERROR)]
    assert all("no worker is left to do it (BB-FLEET-NOBODY)" in one.said for one in ended)
    assert bitbucket.deaths["always"] == 8
