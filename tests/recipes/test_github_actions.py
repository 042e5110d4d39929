"""The recipe for GitHub Actions does what its page says."""

from __future__ import annotations

import json
from pathlib import Path

from recipe_rig import TOKEN, Ran, Runner, lose_most, recipe

WORKFLOW = recipe("ci-github-actions.md")

#: What `shell: bash` means there.
BASH = "bash --noprofile --norc -eo pipefail"


def scripts_of(job: str) -> list[str]:
    return [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def ran(runner: Runner, job: str, *, artifacts: Path | None = None, before: Ran | None = None, **environ: str) -> Ran:
    """Run the job's scripts, each in a shell of its own, with the records that another one left in the cache."""
    variables = {
        "GITHUB_API_URL": runner.desk.environ["BITBUCKET_API_URL"],
        "GITHUB_REPOSITORY": "acme/policy",
        "GITHUB_STEP_SUMMARY": "summary.md",
        "GITHUB_TOKEN": TOKEN,
        "PULL_REQUEST": "",
        "ALLOW_DELETES": "",
        **environ,
    }
    return runner.run(*scripts_of(job), by=BASH, artifacts=artifacts, before=before, **variables)


def test_the_page_and_the_test_agree_on_the_shell() -> None:
    """Scripts run as `shell: bash`; no expression is put into one, where it could be more than a text."""
    scripts = [script for job in WORKFLOW["jobs"] for script in scripts_of(job)]

    assert WORKFLOW["defaults"]["run"]["shell"] == "bash"
    assert len(scripts) == 6
    assert [script for script in scripts if "${{" in script] == []


def test_the_writing_key_is_for_applies_alone() -> None:
    """No other job, and no other step, is given it; applies come one after the other and have an environment."""
    having = [
        (name, step["name"])
        for name, job in WORKFLOW["jobs"].items()
        for step in job["steps"]
        if "JUPITERONE_SYNC_API_KEY" in step.get("env", {})
    ]

    assert having == [("apply", "apply")]
    assert "JUPITERONE_SYNC_API_KEY" not in WORKFLOW["env"]
    assert WORKFLOW["jobs"]["apply"]["concurrency"] == "bbsync"
    assert "production" in WORKFLOW["jobs"]["apply"]["environment"]


def test_a_pull_request_gets_a_comment(runner: Runner) -> None:
    """The plan as Markdown, below the pull request and in the summary of the run."""
    done = ran(runner, "plan", PULL_REQUEST="7")

    plan = json.loads((done.place / "plan.json").read_text("utf-8"))
    ((method, what, comment),) = runner.host.posted
    assert done.code == 0, done.ended.err
    assert (method, what) == ("POST", "issues/7/comments")
    assert plan["plan_id"] in comment["body"]
    assert (done.place / "summary.md").read_text("utf-8") == comment["body"]
    assert done.events("plan.jsonl")[-1]["type"] == "done"


def test_main_is_planned_and_exactly_that_is_applied(runner: Runner) -> None:
    """The second job carries out the plan of the first."""
    planned = ran(runner, "plan")

    applied = ran(runner, "apply", artifacts=planned.place)

    assert (planned.code, applied.code) == (0, 0), planned.ended.err + applied.ended.err
    assert runner.host.posted == []
    assert "apply plan.json --events apply.jsonl" in runner.called("bbsync")


def test_the_hourly_run_goes_on_from_the_last(runner: Runner) -> None:
    """With the records of the run before, a second one has nothing to do; too many deletes need their number."""
    first = ran(runner, "apply")
    lose_most(runner)

    blocked = ran(runner, "apply", before=first)
    number = blocked.ended.err.split("--allow-deletes ")[1].split()[0].rstrip(";,")
    allowed = ran(runner, "apply", before=blocked, ALLOW_DELETES=number)
    last = ran(runner, "apply", before=allowed)

    assert [one.code for one in (first, blocked, allowed, last)] == [0, 4, 0, 0], last.ended.err
    assert "Nothing to do." in last.ended.out


def test_drift_is_reported_and_fails(runner: Runner) -> None:
    """0 without a difference, 2 with one; the report is there."""
    first = ran(runner, "apply")

    same = ran(runner, "drift", before=first)
    runner.desk.change("make_public", repository=runner.desk.repositories()[0])
    differs = ran(runner, "drift", before=first)

    assert (same.code, differs.code) == (0, 2), same.ended.err + differs.ended.err
    assert (differs.place / "drift.html").exists()
