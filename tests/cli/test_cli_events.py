"""`--events`: what happens, line by line, for programs that watch."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import define, field, fields_dict
from cli_rig import PATIENCE, Desk, Ended, Seen, jupiterone_of, no_large_files, outside
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bbsync.cli import recording
from bbsync.errors import ExitCode
from bbsync.events import Event, FetchProgress, Job, Line
from tests.tested_package import HOME

SCHEMA = json.loads((Path(__file__).parents[2] / "specs" / "events.schema.json").read_text("utf-8"))
VALID = Draft202012Validator(SCHEMA)

#: A refusal after which the next try is half a minute away.
LATER = {"retry-after": "30"}


def lines_of(content: str) -> list[dict[str, Any]]:
    """The events, each of them as the schema wants it, in one unbroken row."""
    lines = [json.loads(line) for line in content.splitlines()]
    for line in lines:
        VALID.validate(line)
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert len({line["run"] for line in lines}) == 1
    return lines


def events_of(desk: Desk) -> list[dict[str, Any]]:
    return lines_of((desk.directory / "events.jsonl").read_text("ascii"))


def watched(desk: Desk, *arguments: str, **others: Any) -> tuple[Ended, list[dict[str, Any]]]:
    """The command's end, and its events."""
    ended = desk.run(*arguments, "--events", str(desk.directory / "events.jsonl"), **others)
    return ended, events_of(desk)


def of_type(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == name]


def test_a_plan_is_told_whole(desk: Desk) -> None:
    """From start to done: traffic, guards, every change of the plan file in its order, and the sums."""
    ended, events = watched(desk, "plan", "--detailed-exitcode", "--out", str(desk.plan_file))

    plan = json.loads(desk.plan_file.read_text("utf-8"))
    changes = [*plan["changes"], *plan["relationships"]]
    (summary,) = of_type(events, "summary")
    assert (events[0]["type"], events[0]["command"]) == ("start", "plan")
    assert events[-1] | {"exit_code": 2} == events[-1]
    assert ended.code == 2
    assert [line["key"] for line in of_type(events, "planned")] == [change["key"] for change in changes]
    assert [line["id"] for line in of_type(events, "guard")] == [guard["id"] for guard in plan["guards"]]
    assert (summary["plan_id"], summary["changes"], summary["told"]) == (plan["plan_id"], len(changes), len(changes))
    assert summary["entities"]["add"] == plan["summary"]["entities"]["add"] > 0
    assert f"{of_type(events, 'traffic')[0]['calls']} calls to Bitbucket" in ended.err


def test_stdout_and_stderr_are_the_same(desk: Desk) -> None:
    """Whether somebody watches changes nothing that people see."""
    desk.policy("[pull_requests]", "ingest = false")
    watched_run, _events = watched(desk, "plan", clock=lambda: 1_900_000_000.0)

    alone = desk.run("plan", clock=lambda: 1_900_000_000.0)

    assert watched_run == alone


def test_an_apply_is_told_step_by_step(desk: Desk) -> None:
    """The lease is held and released, the job goes through its states, and every batch is sent and arrives."""
    with jupiterone_of(desk) as environ:
        ended, events = watched(desk, "apply", "--auto-approve", environ=environ)

    batches = of_type(events, "batch")
    assert ended.code == 0, ended.err
    assert [line["state"] for line in of_type(events, "lock")] == ["held", "released"]
    assert [line["state"] for line in of_type(events, "job")] == [
        *("opening", "opened", "finalizing", "finalized", "ended")
    ]
    assert [(line["n"], line["phase"], line["collection"]) for line in batches] == [
        *((1, "sending", "entities"), (1, "sent", "entities")),
        *((2, "sending", "relationships"), (2, "sent", "relationships")),
    ]
    assert {line["detail"] for line in of_type(events, "job")} == {"", *desk.jupiterone.jobs}
    assert events[-1]["exit_code"] == 0


def test_stages_and_kinds_are_told(desk: Desk) -> None:
    """Every stage begins and ends, and every kind is told once, with its listings and items."""
    _ended, events = watched(desk, "apply", "--auto-approve", "--verify")

    stages = [(line["name"], line["state"]) for line in of_type(events, "stage")]
    fetched = {line["kind"]: line for line in of_type(events, "fetched")}
    repositories = len(desk.repositories())
    assert [name for name, state in stages if state == "began"] == [
        *("read_graph", "read_bitbucket", "plan", "apply", "read_graph", "write", "verify")
    ]
    assert stages[-2:] == [("verify", "ended"), ("apply", "ended")]
    assert {"project", "group", "user", "repository", "branch_restriction", "permission", "pull_request"} == set(
        fetched
    )
    assert (fetched["repository"]["listings"], fetched["repository"]["items"]) == (1, repositories)
    assert fetched["permission"]["listings"] == repositories


def test_a_stage_that_fails_is_told(desk: Desk) -> None:
    """It is over, and not as it was meant to be."""
    desk.bitbucket.calls_per_hour = 3

    _ended, events = watched(desk, "plan")

    assert ("read_bitbucket", "failed") in {(line["name"], line["state"]) for line in of_type(events, "stage")}


def test_a_saved_plan_is_told_again(desk: Desk) -> None:
    """`apply PLAN` names the plan that it carries out."""
    desk.saved()

    _ended, events = watched(desk, "apply", str(desk.plan_file))

    plan = json.loads(desk.plan_file.read_text("utf-8"))
    assert of_type(events, "summary")[0]["plan_id"] == plan["plan_id"]
    assert [line["state"] for line in of_type(events, "job")] == ["writing", "committing", "committed"]


def test_a_gap_and_a_spent_consumer_are_told(desk: Desk) -> None:
    """What was not read, with its code, and which consumer rests until when."""
    denied = desk.repositories()[0]
    desk.change("deny_repository", repository=denied)
    desk.bitbucket.calls_per_hour = 25

    ended, events = watched(desk, "plan")

    assert ended.code == 3, ended.err
    assert {(line["where"], line["code"], line["known"]) for line in of_type(events, "gap")} == {
        (f"acme/{denied}", "BB-FETCH-403", False)
    }
    assert {line["consumer"] for line in of_type(events, "rate_limited")} == {1}
    assert of_type(events, "traffic")[0]["refused"] > 0


def test_an_error_is_told_before_done(desk: Desk) -> None:
    """The same code, sentence and next step as on stderr, and the exit code last."""
    desk.bend_bitbucket = Seen("/access_token", 401)

    ended, events = watched(desk, "plan")

    diagnostic, done = events[-2:]
    assert (diagnostic["type"], diagnostic["severity"]) == ("diagnostic", "error")
    assert f"Error: {diagnostic['what']} ({diagnostic['code']})." in ended.err
    assert diagnostic["next"] in ended.err
    assert (done["type"], done["exit_code"]) == ("done", ended.code)


def test_a_tripped_guard_is_told(desk: Desk) -> None:
    """A blocked apply ends with its guards, its reason and 4."""
    desk.applied()
    for slug in desk.repositories()[:7]:
        desk.change("delete_repository", repository=slug)

    ended, events = watched(desk, "apply", "--auto-approve")

    assert ended.code == events[-1]["exit_code"] == 4
    assert "delete_percent" in {line["id"] for line in of_type(events, "guard") if line["tripped"]}
    assert events[-2]["type"] == "diagnostic"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("presses", [1, PATIENCE])
def test_a_signal_leaves_a_last_line(desk: Desk, number: signal.Signals, code: int, presses: int) -> None:
    """Once, or until the process ends although an answer is waited for: done is there, with the code of the process."""
    hangs, asked = threading.Event(), threading.Event()

    def hang(request: httpx.Request) -> httpx.Response | None:
        if "/projects" not in request.url.path:
            return None
        asked.set()
        hangs.wait(PATIENCE if presses > 1 else 0)
        return httpx.Response(503, headers=LATER)

    desk.bend_bitbucket = hang
    with desk.started("plan", "--events", "events.jsonl") as process:
        assert asked.wait(PATIENCE)
        for _press in range(presses):
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE if presses == 1 else 0.2)
                break
    hangs.set()

    done = events_of(desk)[-1]
    assert process.returncode == code
    assert (done["type"], done["exit_code"]) == ("done", code)


def test_a_killed_run_has_no_last_line(desk: Desk) -> None:
    """What happened up to then is there, whole lines and valid; done is not."""
    desk.bend_bitbucket = seen = Seen("/projects", 503, LATER)

    with desk.started("plan", "--events", "events.jsonl") as process:
        assert seen.came.wait(PATIENCE)
        process.kill()
        process.wait(PATIENCE)

    assert [event["type"] for event in events_of(desk)][:1] == ["start"]
    assert of_type(events_of(desk), "done") == []


def test_the_file_is_its_owners_and_begins_anew(desk: Desk) -> None:
    """0600, also where a wider file was there; nothing of the run before is left in it."""
    file = desk.directory / "events.jsonl"
    file.write_text("of yesterday\n", encoding="utf-8")
    file.chmod(0o666)

    _ended, events = watched(desk, "plan")

    assert events[0]["type"] == "start"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_is_not_followed(desk: Desk) -> None:
    """What it points to is left alone, and nothing is asked."""
    other = desk.directory / "other"
    other.write_text("somebody's", encoding="utf-8")
    (desk.directory / "events.jsonl").symlink_to(other)

    ended = desk.run("plan", "--events", str(desk.directory / "events.jsonl"))

    assert ended.code == 1
    assert other.read_text("utf-8") == "somebody's"
    assert desk.bitbucket.calls == []


@pytest.mark.parametrize("place", ["missing/events.jsonl", ".", "/dev/full"])
def test_an_unwritable_place_is_refused_first(desk: Desk, place: str) -> None:
    """One message, exit code 1, and nothing is asked."""
    ended = desk.run("plan", "--events", str(desk.directory / place))

    assert ended.code == 1
    assert "cannot take the events (BB-EVENTS)." in ended.err
    assert desk.bitbucket.calls == []


def test_the_plan_has_its_own_file(desk: Desk) -> None:
    """Events and plan in one file would be neither."""
    ended = desk.run("plan", "--events", str(desk.plan_file), "--out", str(desk.plan_file))

    assert ended.code == 64
    assert not desk.plan_file.exists()


_FILLING = """\
import sys
from bbsync.cli.invocation import Invocation
from bbsync.cli.recording import record
from bbsync.errors import ExitCode
from bbsync.events import Job

invocation = Invocation(sys.stdin, sys.stdout, sys.stderr, {})
recorder = record("events.jsonl", "apply", invocation)
for number in range(100):
    recorder(Job("writing", f"{number}"))
recorder.end(ExitCode.OK)
"""


def test_a_disk_that_fills_up_is_said_once(tmp_path: Path) -> None:
    """The run goes on to its end; the file holds whole lines only."""
    command = [sys.executable, "-c", _FILLING]

    ended = outside(command, cwd=tmp_path, env={"PYTHONPATH": str(HOME)}, preexec_fn=lambda: no_large_files(2000))

    events = lines_of((tmp_path / "events.jsonl").read_text("ascii"))
    assert ended.code == 0, ended.err
    assert ended.err == "Events can no longer be written (File too large); the run goes on without.\n"
    assert {event["type"] for event in events} == {"start", "job"}


def test_a_dash_is_stderr(desk: Desk) -> None:
    """Events stand there between the lines for people; stdout is the result alone."""
    ended = desk.process("plan", "--events", "-")

    events = lines_of("\n".join(line for line in ended.err.splitlines() if line.startswith("{")))
    assert (events[0]["type"], events[-1]["type"]) == ("start", "done")
    assert "calls to Bitbucket" in ended.err
    assert '"seq"' not in ended.out


def test_a_pipe_will_do(desk: Desk) -> None:
    """Who reads a FIFO gets every line."""
    fifo = desk.directory / "events.jsonl"
    os.mkfifo(fifo)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_text("ascii")))
    reader.start()

    ended = desk.run("plan", "--events", str(fifo))

    reader.join(PATIENCE)
    assert ended.code == 0, ended.err
    assert lines_of(got[0])[-1]["type"] == "done"


def test_a_reader_may_leave(desk: Desk) -> None:
    """The run goes on, and says once that nobody reads."""
    fifo = desk.directory / "events.jsonl"
    os.mkfifo(fifo)
    left = threading.Event()

    def read_one_line() -> None:
        with fifo.open(encoding="ascii") as stream:
            stream.readline()
        left.set()

    desk.bend_bitbucket = lambda _request: None if left.wait(PATIENCE) else httpx.Response(500)
    threading.Thread(target=read_one_line).start()

    ended = desk.run("plan", "--events", str(fifo))

    assert ended.code == 0, ended.err
    assert ended.err.count("Events can no longer be written (Broken pipe)") == 1


@define
class Shelf:
    """Keeps lines; has room for so many."""

    room: int = 1_000_000
    lines: list[bytes] = field(factory=list)
    closed: bool = False

    def write(self, line: bytes) -> None:
        if len(self.lines) >= self.room:
            raise OSError(28, "No space left on device")
        self.lines.append(line)

    def is_ready(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


def recorder_on(shelf: Shelf, *, now: list[float], said: list[str]) -> recording.Recorder:
    recorder = recording.Recorder(shelf, lambda: now[0], said.append)
    recorder.start("plan")
    return recorder


def test_reading_is_told_once_a_second() -> None:
    """A thousand reports in ten seconds are ten lines."""
    shelf, now = Shelf(), [1000.0]
    recorder = recorder_on(shelf, now=now, said=[])

    for done in range(1000):
        recorder(FetchProgress("listings", done, 1000))
        now[0] += 0.01

    assert len(shelf.lines) == 1 + 10


def test_room_that_comes_back_takes_the_last_line() -> None:
    """What could not be written is missing in the numbers, and done is there."""
    shelf, said = Shelf(room=2), list[str]()
    recorder = recorder_on(shelf, now=[1000.0], said=said)
    for _again in range(3):
        recorder(Job("writing"))
    shelf.room = 3

    recorder.end(ExitCode.OK)
    recorder(Job("too late"))

    lines = [json.loads(line) for line in shelf.lines]
    assert [(line["seq"], line["type"]) for line in lines] == [(1, "start"), (2, "job"), (5, "done")]
    assert len(said) == 1
    assert shelf.closed


@given(st.text())
def test_nothing_in_a_line_moves_a_cursor(text: str) -> None:
    """Whatever a name holds, the line is one line of printable ASCII, and says the name."""
    line = Line(1, "2026-01-01T00:00:00Z", "0" * 32, Job("writing", text)).encode()

    assert line.endswith(b"\n")
    assert all(0x20 <= letter < 0x7F for letter in line[:-1])
    assert json.loads(line)["detail"] == text


def test_the_schema_knows_every_event() -> None:
    """Every type with exactly its fields."""
    declared = {each.type(): set(fields_dict(each)) for each in Event.__subclasses__()}

    described = {name: SCHEMA["$defs"][name] for name in SCHEMA["properties"]["type"]["enum"]}

    assert {name: set(one["properties"]) for name, one in described.items()} == declared
    assert all(set(one["required"]) == set(one["properties"]) for one in described.values())
