"""`bbsync watch`: run after run, and what becomes of failures and signals."""

from __future__ import annotations

import io
import json
import re
import signal
import stat
import threading
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from attrs import define, field
from cli_rig import PATIENCE, Desk, Ended

from bbsync.cli.invocation import Invocation
from bbsync.cli.main import run
from bbsync.cli.schedule import SOONEST, Schedule
from bbsync.cli.signals import Stopped
from bbsync.errors import ExitCode
from tests.tested_package import ROOT

HOUR = 3600.0

PAGE = (ROOT / "specs" / "operating.md").read_text("utf-8")


@define
class Time:
    """A clock that moves when somebody sleeps. In each pause something happens, and after the last the end comes."""

    pauses: Sequence[Callable[[], object]]
    now: float = 1_900_000_000.0
    slept: list[float] = field(factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        if len(self.slept) > len(self.pauses):
            raise Stopped(ExitCode.TERMINATED)
        self.pauses[len(self.slept) - 1]()


def watched(desk: Desk, *arguments: str, pauses: Sequence[Callable[[], object]] = ()) -> tuple[Ended, Time]:
    """The command's end, and the time that it took; between its runs these things happen."""
    time, out, err = Time(pauses), io.StringIO(), io.StringIO()
    invocation = Invocation(io.StringIO(), out, err, desk.environ, clock=lambda: time.now, sleep=time.sleep)
    code = run(["watch", "--config", str(desk.directory / "bbsync.toml"), *arguments], invocation)
    return Ended(code, out.getvalue(), err.getvalue()), time


def health_of(desk: Desk) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((desk.directory / "health.json").read_text("ascii"))
    return document


def test_plans_are_shown_and_nothing_is_written(desk: Desk) -> None:
    """Without --apply every run is a plan; the first one comes at once, the next about an hour later."""
    ended, time = watched(desk, pauses=[lambda: None])

    assert ended.code == 143
    assert ended.out.count("Plan: ") == 2
    assert all(0.98 * HOUR <= pause <= 1.1 * HOUR for pause in time.slept)
    assert not desk.graph_file.exists()


@pytest.mark.parametrize("line", re.findall(r"(?m)^bbsync watch (.*)$", PAGE))
def test_lines_of_the_page_work(desk: Desk, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types what the page says has a run at once, and a health file."""
    monkeypatch.chdir(desk.directory)

    ended, _time = watched(desk, *line.split())

    assert ended.code == 143
    assert "Next run at " in ended.err
    assert health_of(desk)["last"]["outcome"] == "ok"


def test_plans_are_applied_where_that_is_asked_for(desk: Desk) -> None:
    """Each run carries its own plan out; what changes between two is in the second."""
    renamed = desk.repositories()[0]

    ended, _time = watched(
        desk,
        *("--apply", "--auto-approve", "--every", "30m"),
        pauses=[lambda: desk.change("rename_repository", repository=renamed, to="renamed")],
    )

    assert ended.out.count("Apply complete!") == 2
    assert desk.graph_file.exists()


@pytest.mark.parametrize("alone", ["--apply", "--auto-approve"])
def test_applying_and_not_asking_belong_together(desk: Desk, alone: str) -> None:
    """Nobody is there to be asked, and nobody approves of what is not applied."""
    ended, _time = watched(desk, alone)

    assert ended.code == 64
    assert desk.bitbucket.calls == []


def test_a_failed_run_is_tried_again_sooner(desk: Desk) -> None:
    """After one minute, then after two; once one succeeds, the usual time holds again."""
    down = [True]
    desk.bend_bitbucket = lambda _request: httpx.Response(401) if down[0] else None
    health = desk.directory / "health.json"
    seen: list[dict[str, Any]] = []

    def look() -> None:
        seen.append(health_of(desk))
        down[0] = len(seen) < 2

    ended, time = watched(desk, "--health", str(health), pauses=[look, look])

    first, second, usual = time.slept
    assert SOONEST <= first <= 1.1 * SOONEST
    assert 2 * SOONEST <= second <= 2.2 * SOONEST
    assert usual > 0.9 * HOUR
    assert [(one["state"], one["failures"], one["last"]["exit_code"]) for one in seen] == [
        *(("waiting", 1, 1), ("waiting", 2, 1))
    ]
    assert "The run failed (1). Next run at " in ended.err


def test_the_health_file_says_how_it_goes(desk: Desk) -> None:
    """Its owner's alone, whole, with the last outcome and the next run; after the end it says so."""
    seen: list[dict[str, Any]] = []

    watched(
        desk,
        *("--health", str(desk.directory / "health.json")),
        pauses=[lambda: seen.append(health_of(desk))],
    )

    (waiting,), after = seen, health_of(desk)
    assert waiting["state"] == "waiting"
    assert waiting["last"]["outcome"] == "ok"
    assert waiting["last_success_at"] == waiting["last"]["ended_at"] < waiting["next_run_at"]
    assert (after["state"], after["runs"], after["next_run_at"]) == ("ended", 2, None)
    assert stat.S_IMODE((desk.directory / "health.json").stat().st_mode) == 0o600


def test_a_guard_waits_for_people(desk: Desk) -> None:
    """A blocked plan is no passing trouble: reading everything again each minute would help nobody."""
    desk.applied()
    for slug in desk.repositories()[:7]:
        desk.change("delete_repository", repository=slug)

    ended, time = watched(desk, "--apply", "--auto-approve")

    assert "BB-GUARD" in ended.err
    assert time.slept[0] > 0.9 * HOUR


def test_events_name_every_run(desk: Desk) -> None:
    """One file for all runs: where each began and ended, how, and when the next one begins."""
    file = desk.directory / "events.jsonl"

    watched(desk, "--events", str(file), pauses=[lambda: None])

    lines = [json.loads(line) for line in file.read_text("ascii").splitlines()]
    rounds = [line["state"] for line in lines if line["type"] == "stage" and line["name"] == "round"]
    assert rounds == ["began", "ended"] * 2
    assert [line["exit_code"] for line in lines if line["type"] == "next_run"] == [0, 0]
    assert lines[-1] | {"type": "done", "exit_code": 143} == lines[-1]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_pause_at_once(desk: Desk, number: signal.Signals, code: int) -> None:
    """The process leaves with the code of the signal, and the health file says that it ended."""
    waits = threading.Event()
    with desk.started("watch", "--health", "health.json") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Next run at" in line:
                waits.set()
                break
        process.send_signal(number)
        process.wait(PATIENCE)

    assert waits.is_set()
    assert process.returncode == code
    assert health_of(desk)["state"] == "ended"


@pytest.mark.parametrize("text", ["5", "10s", "30d", "soon"])
def test_a_time_that_cannot_be_meant_is_refused(desk: Desk, text: str) -> None:
    """No unit, too often, too seldom, no time: 64, and nothing is asked."""
    ended, _time = watched(desk, "--every", text)

    assert ended.code == 64
    assert desk.bitbucket.calls == []


@pytest.mark.parametrize(
    ("took", "failures", "chance", "pause"),
    [
        (600, 0, 0.0, 3000),
        (600, 0, 0.5, 3180),
        (7200, 0, 0.9, 0),
        (600, 1, 0.0, 60),
        (600, 4, 0.0, 480),
        (600, 7, 0.0, 3600),
        (600, 10_000, 0.5, 3780),
    ],
)
def test_pauses(took: float, failures: int, chance: float, pause: float) -> None:
    """From beginning to beginning it is the usual time; failures are tried again soon, and never more seldom."""
    at = Schedule(HOUR).next(1000.0, 1000.0 + took, failures, chance)

    assert at == pytest.approx(1000.0 + took + pause)
