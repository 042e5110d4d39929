"""`bbsync state`: what is noted, and the last snapshot brought back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cli_rig import CONSUMERS, Desk, jupiterone_of

from bbsync.graph import Entity, Graph
from bbsync.local.graph_file import GraphFile
from bbsync.local.settings import LocalSettings
from tests.run_rig import drop, put


def told(desk: Desk, what: str, **others: Any) -> dict[str, Any]:
    ended = desk.run("state", what, "--format", "json", **others)
    assert ended.code == 0, ended.err
    document: dict[str, Any] = json.loads(ended.out)
    return document


def graph_of(desk: Desk) -> Graph:
    return GraphFile(desk.graph_file, LocalSettings().scope).read_snapshot().graph


def edit(desk: Desk, change: Callable[[Graph], Graph]) -> None:
    """Change the local graph past bbsync."""
    file = GraphFile(desk.graph_file, LocalSettings().scope)
    before = file.read_snapshot()
    file.replace(before, change(before.graph), lambda _line: None)


def pull_requests(desk: Desk) -> list[str]:
    """What only the graph knows once it is old: no reading of Bitbucket brings it back."""
    return [key for key, one in graph_of(desk).entities.items() if one.type == "bitbucket_pullrequest"]


def spoil(desk: Desk) -> None:
    """Take every pull request out of the graph."""
    edit(desk, drop(*pull_requests(desk)))


def test_before_the_first_apply_nothing_is_noted(desk: Desk) -> None:
    """It says so, and makes no records."""
    ended = desk.run("state")

    assert ended.code == 0
    assert "last apply  none is noted" in ended.out
    assert "lease       nobody applies" in ended.out
    assert not (desk.directory / "state.db").exists()


def test_after_an_apply_all_of_it_is_told(desk: Desk) -> None:
    """Apply, snapshot, watermarks, and what each consumer has spent; no key and no secret."""
    desk.applied()

    shown, document = desk.run("state"), told(desk, "show")

    assert document["last_apply"]["outcome"] == "applied"
    assert document["snapshot"]["plan_id"] == document["last_apply"]["plan_id"]
    assert document["watermarks"]["count"] == len(desk.repositories())
    assert document["ledger"][0]["calls"] > 0
    assert (document["lease"], document["journal"]) == (None, [])
    assert f"plan {document['last_apply']['plan_id']} at " in shown.out
    assert "consumer 1 of 2 (its key ends in -one) made " in shown.out
    assert not any(text in shown.out + json.dumps(document) for one in CONSUMERS for text in (one.key, one.secret))


def test_queries_to_jupiterone_are_no_calls_of_a_consumer(desk: Desk) -> None:
    """They stand in the same ledger, and count against another limit."""
    with jupiterone_of(desk) as environ:
        desk.run("apply", "--auto-approve", environ=environ)
        shown = told(desk, "show", environ=environ)

    assert [one["name"].partition(" (")[0] for one in shown["ledger"]] == ["consumer 1 of 2", "consumer 2 of 2"]


def test_the_audit_trail_has_failures_too(desk: Desk) -> None:
    """A blocked apply has a line with its code and reason."""
    desk.applied()
    for slug in desk.repositories()[:7]:
        desk.change("delete_repository", repository=slug)
    desk.run("apply", "--auto-approve")

    shown, document = desk.run("state", "audit"), told(desk, "audit")

    assert [line["outcome"] for line in document["applies"]] == ["applied", "blocked"]
    assert document["applies"][1]["code"] == "BB-GUARD"
    assert "blocked (BB-GUARD)" in shown.out


def test_a_lost_history_comes_back(desk: Desk) -> None:
    """What was taken out of the graph past bbsync is there again; the apply is in the audit trail as a restore."""
    desk.applied()
    before = len(pull_requests(desk))
    kept = told(desk, "snapshots")["snapshots"][0]["plan_id"]
    calls = len(desk.bitbucket.calls)
    spoil(desk)

    ended = desk.run("state", "restore", kept, "--auto-approve")

    assert ended.code == 0, ended.err
    assert "Apply complete! " in ended.out
    assert ", 0 destroyed." in ended.out
    assert len(pull_requests(desk)) == before > 0
    assert told(desk, "audit")["applies"][-1]["plan_id"].endswith(" (a restore)")
    assert len(desk.bitbucket.calls) == calls


def test_after_a_restore_a_plan_is_empty(desk: Desk) -> None:
    """The graph is as it was: neither a plan nor a second restore has anything to do."""
    desk.applied()
    spoil(desk)
    desk.run("state", "restore", "--auto-approve")

    again = desk.run("state", "restore", "--auto-approve")
    plan = desk.run("plan", "--detailed-exitcode")

    assert again.out == "Nothing to restore: the graph has all that the last apply left in it.\n"
    assert plan.code == 0, plan.out


def test_a_lost_graph_comes_back(desk: Desk) -> None:
    """The local file may be gone altogether."""
    desk.applied()
    before = len(pull_requests(desk))
    desk.graph_file.unlink()

    ended = desk.run("state", "restore", "--auto-approve")

    assert ended.code == 0, ended.err
    assert len(pull_requests(desk)) == before


def test_an_emptied_account_is_filled_again(desk: Desk) -> None:
    """JupiterOne that shows nothing is no reason to refuse: a restore deletes nothing."""
    with jupiterone_of(desk) as environ:
        desk.run("apply", "--auto-approve", environ=environ)
        full = told(desk, "show", environ=environ)["last_apply"]["elements"]
        emptied = desk.jupiterone.__class__(account=desk.jupiterone.account, keys=desk.jupiterone.keys)
        desk.jupiterone = emptied

        ended = desk.run("state", "restore", "--auto-approve", environ=environ)

    assert ended.code == 0, ended.err
    assert full > 0
    assert ", 0 destroyed." in ended.out


def test_what_came_since_stays(desk: Desk) -> None:
    """Restoring deletes nothing, not even what no apply left there."""
    desk.applied()
    strange = Entity("{new}", "bitbucket_user", ("User",), {"displayName": "nobody we know"})
    edit(desk, put(strange))
    before = len(pull_requests(desk))
    spoil(desk)

    ended = desk.run("state", "restore", "--auto-approve")

    assert ended.code == 0, ended.err
    assert graph_of(desk).entities["{new}"] == strange
    assert len(pull_requests(desk)) == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("restore",), 64, "there is nobody to ask"),
        (("restore", "--auto-approve"), 1, "there is no snapshot to restore (BB-STATE-SNAPSHOT)."),
        (("restore", "--auto-approve", "--format", "json"), 64, "it takes no --format"),
        (("audit", "--auto-approve"), 64, "are for restore"),
        (("history",), 64, "is not one of"),
    ],
)
def test_what_cannot_be_is_refused(desk: Desk, arguments: tuple[str, ...], code: int, said: str) -> None:
    """Nothing is written where nothing is kept, nobody agrees, or nobody can mean it."""
    ended = desk.run("state", *arguments)

    assert ended.code == code
    assert said in ended.err


def test_another_snapshot_than_the_kept_one_is_refused(desk: Desk) -> None:
    """Only the last one is kept, and it is named."""
    desk.applied()

    ended = desk.run("state", "restore", "deadbeef", "--auto-approve")

    assert ended.code == 1
    assert "there is no snapshot of plan deadbeef" in ended.err


def test_a_person_is_asked(desk: Desk) -> None:
    """On a terminal the plan is shown, and anything but yes writes nothing."""
    desk.applied()
    spoil(desk)

    code, seen = desk.terminal("state", "restore", answer="no\n")

    assert code == 1
    assert "Restore cancelled. Nothing was written." in seen
    assert len(pull_requests(desk)) == 0
