"""The recipe for Bitbucket Pipelines does what its page says."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from recipe_rig import TOKEN, Ran, Runner, lose_most, recipe

from tests.cli.cli_rig import API_KEY, CONSUMERS, Seen

PIPELINES = recipe("ci-bitbucket-pipelines.md")["pipelines"]

#: What Pipelines sets, among them a workspace that is not the one to be read.
CI = {
    "BITBUCKET_WORKSPACE": "elsewhere",
    "BITBUCKET_REPO_FULL_NAME": "acme/policy",
    "BITBUCKET_BUILD_NUMBER": "17",
    "BITBUCKET_COMMIT": "0c1d2e3f",
    "BITBUCKET_PR_ID": "7",
    "BBSYNC_TOKEN": TOKEN,
}


def steps_of(*where: str) -> dict[str, dict[str, Any]]:
    """The steps of a pipeline by name."""
    found: Any = PIPELINES
    for name in where:
        found = found[name]
    return {entry["step"]["name"]: entry["step"] for entry in found if "step" in entry}


def ran(runner: Runner, step: dict[str, Any], *, artifacts: Path | None = None, **environ: str) -> Ran:
    """Run the step's script: all entries in one shell, which the first failure ends."""
    script = "\n".join(step["script"])
    return runner.run(script, by="bash -e", artifacts=artifacts, **{**CI, **environ})


def synced(runner: Runner, **environ: str) -> Ran:
    return ran(runner, steps_of("custom", "sync")["sync"], **environ)


def test_a_pull_request_gets_a_comment_and_a_report(runner: Runner) -> None:
    """The comment is the plan as Markdown, the report has its numbers; artifacts are there."""
    step = steps_of("pull-requests", "**")["plan"]

    done = ran(runner, step)

    plan = json.loads((done.place / "plan.json").read_text("utf-8"))
    (posted, comment), (put, report) = [((method, what), body) for method, what, body in runner.host.posted]
    assert done.code == 0, done.ended.err
    assert posted == ("POST", "pullrequests/7/comments")
    assert plan["plan_id"] in comment["content"]["raw"]
    assert put == ("PUT", "commit/0c1d2e3f/reports/bbsync")
    assert report["result"] == "PASSED"
    assert {one["title"]: one["value"] for one in report["data"]}["To add"] == plan["summary"]["entities"]["add"]
    assert all((done.place / name).exists() for name in step["artifacts"])
    assert done.events("plan.jsonl")[-1]["exit_code"] == 0


def test_a_blocked_plan_fails_and_says_why(runner: Runner) -> None:
    """Exit code 4, after the comment and a failed report with the guard's sentence."""
    assert synced(runner).code == 0
    lose_most(runner)

    done = ran(runner, steps_of("pull-requests", "**")["plan"])

    (_comment, (_put, _what, report)) = runner.host.posted
    assert done.code == 4
    assert report["result"] == "FAILED"
    assert "The plan deletes 6 of 8 branch restrictions" in report["details"]


def test_main_is_planned_and_exactly_that_is_applied(runner: Runner) -> None:
    """The second step carries out the plan of the first; nothing but that file goes from one to the other."""
    steps = steps_of("branches", "main")

    planned = ran(runner, steps["plan"])
    applied = ran(runner, steps["apply"], artifacts=planned.place)

    summary = next(event for event in applied.events("apply.jsonl") if event["type"] == "summary")
    assert (planned.code, applied.code) == (0, 0), planned.ended.err + applied.ended.err
    assert "Apply complete! Resources: " in applied.ended.out
    assert summary["plan_id"] == json.loads((planned.place / "plan.json").read_text("utf-8"))["plan_id"]
    assert steps["apply"]["trigger"] == "manual"
    assert runner.desk.jupiterone.entities() != []


def test_an_incomplete_plan_is_applied(runner: Runner) -> None:
    """3 is no failure: what was not read is not deleted."""
    runner.desk.change("deny_repository", repository=runner.desk.repositories()[0])
    steps = steps_of("branches", "main")

    planned = ran(runner, steps["plan"])
    applied = ran(runner, steps["apply"], artifacts=planned.place)

    assert planned.events("plan.jsonl")[-1]["exit_code"] == 3
    assert (planned.code, applied.code) == (0, 0), applied.ended.err


def test_an_error_is_no_plan(runner: Runner) -> None:
    """1 fails the step before anything is shown or posted."""
    host = runner.host
    refuse = Seen("/access_token", 401)
    runner.desk.bend_bitbucket = lambda request: refuse(request) or host(request)

    done = ran(runner, steps_of("branches", "main")["plan"])

    assert done.code == 1
    assert host.posted == []


def test_the_records_go_from_run_to_run(runner: Runner) -> None:
    """The second run starts with what the first wrote, and has nothing to do."""
    first = synced(runner)

    second = synced(runner)

    with tarfile.open(fileobj=io.BytesIO(runner.host.files["bbsync-state.tgz"])) as kept:
        names = kept.getnames()
    assert (first.code, second.code) == (0, 0), second.ended.err
    assert "There is no state yet." in first.ended.out
    assert "There is no state yet." not in second.ended.out
    assert "Nothing to do." in second.ended.out
    assert ".bbsync/state.db" in names


@pytest.fixture(name="finalizing")
def _finalizing(runner: Runner) -> Iterator[count[int]]:
    """Counts how often JupiterOne is asked to carry a job out; it says the first time that it failed."""
    asked = count()

    def fail_once(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.url.path.endswith("/finalize"):
            next(asked)
        if request.method != "GET" or "/synchronization/jobs/" not in request.url.path:
            return response
        document = json.loads(response.content)
        if repr(asked) == "count(1)":
            document.get("job", document)["status"] = "ERROR"
        return httpx.Response(response.status_code, json=document)

    runner.desk.bend_jupiterone = fail_once
    return asked


def test_what_is_unfinished_is_tried_again(runner: Runner, finalizing: count[int]) -> None:
    """7 is answered by the same command, and then all is well."""
    done = synced(runner)

    assert done.code == 0, done.ended.err
    assert len([line for line in runner.called("bbsync") if line.startswith("apply")]) == 2


def test_deletes_need_the_reviewed_number(runner: Runner) -> None:
    """A blocked run fails; with the number it was told, it goes through."""
    synced(runner)
    lose_most(runner)

    blocked = synced(runner)
    number = blocked.ended.err.split("--allow-deletes ")[1].split()[0].rstrip(";,")
    allowed = synced(runner, ALLOW_DELETES=number)

    assert blocked.code == 4
    assert allowed.code == 0, allowed.ended.err


def test_no_secret_stands_in_a_command_line(runner: Runner) -> None:
    """Whoever lists the processes of the machine sees none."""
    synced(runner)

    lines = "\n".join(line for tool in ("bbsync", "curl", "pip", "python3") for line in runner.called(tool))
    secrets = [TOKEN, API_KEY, *(consumer.secret for consumer in CONSUMERS)]
    assert "downloads" in lines
    assert [secret for secret in secrets if secret in lines] == []


def test_drift_is_reported_and_fails(runner: Runner) -> None:
    """0 without a difference, 2 with one; the report is there."""
    synced(runner)
    step = steps_of("custom", "drift")["drift"]

    same = ran(runner, step)
    runner.desk.change("make_public", repository=runner.desk.repositories()[0])
    differs = ran(runner, step)

    assert same.code == 0, same.ended.err
    assert differs.code == 2, differs.ended.err
    assert all((differs.place / name).exists() for name in step["artifacts"])
