"""`bbsync alerts`: list, plan and apply, as people and CI run them."""

from __future__ import annotations

import json

import pytest
from cli_rig import API_KEY, Desk, Ended, jupiterone_of, run_here

from bbsync.sandbox.jupiterone import Fault


def run(desk: Desk, verb: str, *arguments: str, toml: str = "") -> Ended:
    """Run `bbsync alerts` against JupiterOne."""
    desk.policy(toml)
    config = str(desk.directory / "bbsync.toml")
    with jupiterone_of(desk) as environ:
        return run_here(["alerts", verb, "--config", config, *arguments], {**desk.environ, **environ})


def test_plan_then_apply_then_nothing(desk: Desk) -> None:
    """The first plan makes all, the apply says what it did, and the second plan has no changes."""
    planned = run(desk, "plan", "--detailed-exitcode")
    applied = run(desk, "apply", "--auto-approve")
    again = run(desk, "plan", "--detailed-exitcode")

    assert (planned.code, applied.code, again.code) == (2, 0, 0)
    assert "Plan: 45 to add, 0 to change, 0 to destroy." in planned.out
    assert applied.out.endswith("Apply complete! Resources: 45 added, 0 changed, 0 destroyed.\n")
    assert again.out.startswith("No changes.")
    assert API_KEY not in planned.out + applied.out + applied.err + again.out


def test_a_plan_as_json(desk: Desk) -> None:
    """Programs read what is done to what, and the documents before and after."""
    ended = run(desk, "plan", "--format", "json")

    document = json.loads(ended.out)
    assert ended.code == 0
    assert document["summary"] == {"create": 45, "update": 0, "delete": 0, "unchanged": 0, "withheld": 0, "others": 0}
    assert {"action", "sort", "name", "title", "reason", "before", "after"} == set(document["changes"][0])


def test_the_list_needs_no_account(desk: Desk) -> None:
    """What could be asked is shown to whoever asks."""
    config = ["--config", str(desk.directory / "bbsync.toml")]
    desk.policy('[alerts]\noff = ["self_approved"]')

    text = run_here(["alerts", "list", *config], {})
    document = json.loads(run_here(["alerts", "list", "--format", "json", *config], {}).out)

    assert text.out.endswith("26 questions, 17 alert rules.\n")
    assert [one["name"] for one in document if one["left_out"]] == ["self_approved"]


@pytest.mark.parametrize(
    ("toml", "code", "said"),
    [
        ('[alerts]\noff = ["nonsense"]', 1, "[alerts] names questions that there are not (BB-QUESTION)"),
        ('[alerts]\nlevels = { self_approved = "BAD" }', 1, "levels of self_approved must be one of CRITICAL"),
        ('[alerts]\nlevels = ["LOW"]', 1, "levels in [alerts] must be a table of texts"),
        ('[alerts]\npack = "nowhere"', 1, "nowhere cannot be read as a folder of questions (BB-QUESTION)"),
        ("[alerts]\nlevel = 1", 1, "the nearest is levels in [alerts]"),
    ],
    ids=["name", "level", "list", "pack", "misspelt"],
)
def test_bad_settings_are_refused(desk: Desk, toml: str, code: int, said: str) -> None:
    """Each with a sentence, before anything is read."""
    ended = run(desk, "plan", toml=toml)

    assert ended.code == code
    assert said in ended.err
    assert desk.jupiterone.calls == []


def test_nobody_to_ask_is_a_usage_error(desk: Desk) -> None:
    """In CI it says so instead of waiting for ever."""
    ended = run(desk, "apply")

    assert ended.code == 64
    assert "there is nobody to ask: pass --auto-approve" in ended.err


def test_deletes_are_guarded(desk: Desk) -> None:
    """A plan that deletes everything is shown, and answers 4; with its number it is carried out."""
    run(desk, "apply", "--auto-approve")
    kinds = ("users", "groups", "projects", "repositories", "permissions", "branch_restrictions")
    nothing = "[pull_requests]\ningest = false\n[kinds]\n" + "\n".join(f"{kind} = false" for kind in kinds)

    planned = run(desk, "plan", toml=nothing)
    refused = run(desk, "apply", "--auto-approve", toml=nothing)
    applied = run(desk, "apply", "--auto-approve", "--allow-deletes", "45", toml=nothing)

    assert (planned.code, refused.code, applied.code) == (4, 4, 0)
    assert "Blocked: The plan deletes all 27 questions that bbsync keeps." in planned.out
    assert "45 destroyed" in applied.out


def test_what_is_withheld_is_3(desk: Desk) -> None:
    """A rule of somebody else's has the name: the plan is not all that is wanted."""
    run(desk, "apply", "--auto-approve")
    for rule in desk.jupiterone.watching.rules.values():
        rule["labels"] = []

    ended = run(desk, "plan")

    assert ended.code == 3
    assert "18 withheld. 18 others are not ours, and left alone." in ended.out


def test_a_failure_in_the_middle_is_7_and_the_same_command_finishes(desk: Desk) -> None:
    """What is written stays, and is not written again."""
    desk.jupiterone.faults.append(Fault("/graphql", status=502, after=20, times=1))

    broken = run(desk, "apply", "--auto-approve")
    mended = run(desk, "apply", "--auto-approve")

    assert (broken.code, mended.code) == (7, 0)
    assert "(BB-ALERTS-UNFINISHED)" in broken.err
    assert "Run the same command again" in broken.err
    assert len(desk.jupiterone.watching.questions) == 27


@pytest.mark.parametrize(("answer", "code", "questions"), [("yes\n", 0, 27), ("y\n", 1, 0)])
def test_on_a_terminal_it_asks(desk: Desk, answer: str, code: int, questions: int) -> None:
    """Only yes is taken for an answer."""
    with jupiterone_of(desk) as environ:
        ended, seen = desk.terminal("alerts", "apply", answer=answer, environ=environ)

    assert (ended, len(desk.jupiterone.watching.questions)) == (code, questions)
    assert "Carry out exactly this?" in seen
