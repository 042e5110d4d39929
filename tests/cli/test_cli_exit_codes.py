"""Every exit code, by a process of its own."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest
from cli_rig import PATIENCE, Desk, desk_in, edited, jupiterone_of, run_here

from bbsync.errors import ExitCode
from bbsync.state import Waiting, our_turn
from bbsync.steps import exit_code


def test_a_plan_that_is_complete_is_0(desk: Desk) -> None:
    """`plan` answers 0 when everything was read, changes or not."""
    ended = desk.process("plan")

    assert (ended.code, ended.err) == (0, f"{len(desk.bitbucket.calls)} calls to Bitbucket.\n")
    assert "Plan: " in ended.out


def test_a_plan_that_is_applied_is_0(desk: Desk) -> None:
    """`apply` answers 0 once everything is in the graph, the first time and again."""
    plan = desk.saved()

    first, again = desk.process("apply", str(plan)), desk.run("apply", str(plan))

    assert (first.code, again.code) == (0, 0)
    assert first.out.startswith("Apply complete! Resources: ")
    assert again.out.startswith("Nothing left to do: plan ")


def test_no_plan_is_1(desk: Desk) -> None:
    """`plan` answers 1 when there can be no plan, and shows none."""
    ended = desk.process("plan", environ={"BITBUCKET_WORKSPACE": "elsewhere"})

    assert (ended.code, ended.out) == (1, "")
    assert "(BB-WORKSPACE)" in ended.err


def test_changes_are_2_if_asked_for(desk: Desk) -> None:
    """`plan --detailed-exitcode` answers 2 with changes and 0 without."""
    before = desk.process("plan", "--detailed-exitcode")
    desk.applied()
    after = desk.run("plan", "--detailed-exitcode")

    assert (before.code, after.code) == (2, 0)


def test_what_could_not_be_read_is_3(desk: Desk) -> None:
    """`plan` answers 3 when something is withheld, also where 2 was asked for."""
    desk.change("deny_repository", repository=desk.repositories()[0])

    ended = desk.process("plan", "--detailed-exitcode")

    assert ended.code == 3


def test_a_guard_is_4(desk: Desk) -> None:
    """A guard in the way: `plan` shows and saves the plan and answers 4, and `apply` writes nothing and answers 4."""
    desk.applied()
    for slug in desk.repositories()[:6]:
        desk.change("delete_repository", repository=slug)
    before = desk.graph_file.read_bytes()

    planned = desk.process("plan", "--out", str(desk.plan_file))
    applied = desk.process("apply", str(desk.plan_file))

    assert (planned.code, applied.code) == (4, 4)
    assert "Plan: " in planned.out
    assert "(BB-GUARD)" in applied.err
    assert desk.graph_file.read_bytes() == before


def test_a_graph_that_moved_is_5(desk: Desk) -> None:
    """`apply` answers 5 and writes nothing when what the plan changes was changed meanwhile."""
    desk.applied()
    slug = desk.repositories()[0]
    desk.change("describe_repository", repository=slug, description="first")
    plan = desk.saved()
    desk.change("describe_repository", repository=slug, description="second")
    desk.applied()
    before = desk.graph_file.read_bytes()

    ended = desk.process("apply", str(plan))

    assert ended.code == 5
    assert "(BB-APPLY-STALE)" in ended.err
    assert desk.graph_file.read_bytes() == before


@pytest.fixture(name="blocked", scope="module", autouse=True)
def _blocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, bytes, subprocess.Popen[str]]]:
    """An apply under way while somebody else holds the graph. It is patient, so it begins before all tests do."""
    with desk_in(tmp_path_factory.mktemp("blocked"), repositories=2) as desk:
        desk.applied()
        desk.change("make_public", repository=desk.repositories()[0])
        plan = desk.saved()
        # Not read while the lock is held: closing a file lets go of all locks that the process has on it.
        before = desk.graph_file.read_bytes()
        with closing(sqlite3.connect(desk.graph_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with desk.started("apply", str(plan)) as process:
                yield desk, before, process


def _lying(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Counts one entity too many."""

    def lie(document: dict[str, dict[str, object]]) -> None:
        job = document.get("job", {})
        if job.get("status") == "FINISHED":
            job["numEntitiesCreated"] = int(str(job["numEntitiesCreated"])) + 1

    return edited(response, lie) if "/persister/" in str(_request.url) else response


def _failed(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Ends the job badly after it was finalized."""

    def fail(document: dict[str, dict[str, object]]) -> None:
        if document.get("job", {}).get("status") == "FINISHED":
            document["job"]["status"] = "ERROR_INTERNAL"

    return edited(response, fail) if "/persister/" in str(_request.url) else response


@pytest.mark.parametrize("bend", [_lying, _failed])
def test_nobody_can_tell_is_7(desk: Desk, bend: Callable[[httpx.Request, httpx.Response], httpx.Response]) -> None:
    """`apply` answers 7 when JupiterOne counted otherwise or failed after finalize; the same command then ends well."""
    with jupiterone_of(desk) as environ:
        desk.run("plan", "--out", str(desk.plan_file), environ=environ)
        desk.bend_jupiterone = bend
        bent = desk.process("apply", str(desk.plan_file), environ=environ)
        desk.bend_jupiterone = lambda _request, response: response
        again = desk.run("apply", str(desk.plan_file), environ=environ)

    assert (bent.code, again.code) == (7, 0), bent.err + again.err


def test_a_wrong_option_is_64_and_not_2(desk: Desk) -> None:
    """A process that is called wrongly answers 64: 2 means changes."""
    ended = desk.process("plan", "--nope")

    assert (ended.code, ended.out) == (64, "")
    assert ended.err == "Error: No such option '--nope' (BB-USAGE).\n  See what is possible: bbsync plan --help\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "--out"], "--out"),
        (["plan", "surplus"], "surplus"),
        (["apply"], "nobody to ask"),
        (["apply", "plan.json", "--allow-deletes", "many"], "many"),
        (["show"], "PLAN"),
        (["show", "plan.json", "--format", "pdf"], "pdf"),
        (["sandbox", "--latency", "soon"], "soon"),
        (["nonsense"], "nonsense"),
    ],
)
def test_a_wrong_word_is_64(arguments: list[str], said: str) -> None:
    """What is wrong with the words of the command is named, with where to look."""
    ended = run_here(arguments, {})

    assert (ended.code, ended.out) == (64, "")
    assert said in ended.err.splitlines()[0]
    assert "(BB-USAGE)." in ended.err
    assert "--help" in ended.err


def test_no_command_is_64_and_shows_the_help(desk: Desk) -> None:
    """`bbsync` alone shows, on stderr, what is possible."""
    ended = desk.process()

    assert (ended.code, ended.out) == (64, "")
    assert ended.err.startswith("Usage: bbsync")
    assert "Error" not in ended.err


class _Result:
    def __init__(self, *, tripped: bool) -> None:
        self.tripped = tripped


class _Plan:
    def __init__(self, *, complete: bool, empty: bool) -> None:
        self.is_complete, self.is_empty = complete, empty


class _Made:
    def __init__(self, *, tripped: bool, complete: bool, empty: bool) -> None:
        self.guards = (_Result(tripped=tripped),)
        self.plan = _Plan(complete=complete, empty=empty)


@pytest.mark.parametrize("detailed", [False, True])
@pytest.mark.parametrize(
    ("tripped", "complete", "empty", "answered"),
    [
        (False, True, True, ExitCode.OK),
        (False, True, False, ExitCode.CHANGES),
        (False, False, True, ExitCode.INCOMPLETE),
        (False, False, False, ExitCode.INCOMPLETE),
        (True, True, False, ExitCode.BLOCKED),
        (True, False, False, ExitCode.BLOCKED),
    ],
)
def test_the_strongest_code_wins(
    detailed: bool, tripped: bool, complete: bool, empty: bool, answered: ExitCode
) -> None:
    """Blocked before incomplete before changes before ok; changes only if asked for."""
    made = _Made(tripped=tripped, complete=complete, empty=empty)

    code = exit_code(made, detailed=detailed)

    assert code == (answered if detailed or answered is not ExitCode.CHANGES else ExitCode.OK)


def test_somebody_else_applying_is_6(blocked: tuple[Desk, bytes, subprocess.Popen[str]]) -> None:
    """`apply` answers 6 while somebody else is writing to the graph, and writes nothing."""
    desk, before, process = blocked

    _out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 6
    assert "(BB-LOCK)" in err
    assert desk.graph_file.read_bytes() == before


def test_a_lease_that_somebody_holds_is_6(desk: Desk) -> None:
    """`apply` answers 6 when somebody else goes on applying, and says who."""
    plan, now = desk.saved(), time.time()
    waiting = Waiting(lambda: now, time.sleep, lambda _line: None)
    address = f"local {desk.graph_file}, scope bbsync"

    with our_turn(f"sqlite:///{desk.directory / 'state.db'}", address, "bob", "", waiting) as lease:
        held = run_here(
            ["apply", str(plan), "--config", str(desk.directory / "bbsync.toml")],
            desk.environ,
            clock=lambda: now,
            sleep=lambda _seconds: lease.renew(),
        )

    assert held.code == 6
    assert "Error: another apply holds the lease (BB-LOCK).\n  bob@" in held.err
    assert held.err.count("waiting for bob@") == 1


def test_a_graph_that_is_not_as_promised_is_7(desk: Desk) -> None:
    """`apply --verify` answers 7 when the graph does not show what was written, and 0 when it does."""
    with jupiterone_of(desk) as environ:
        good = desk.run("apply", "--auto-approve", "--verify", environ=environ)
        desk.change("rename_repository", repository=desk.repositories()[0], to="renamed")
        desk.jupiterone._store.visibility_delay = 10_000
        bad = desk.run("apply", "--auto-approve", "--verify", environ=environ)

    assert (good.code, bad.code) == (0, 7)
    assert "(BB-APPLY-VERIFY)" in bad.err
    assert "acme/renamed (other: " in bad.err
