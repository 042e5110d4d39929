"""`bbsync drift`: each sort on both targets, its exit codes, and that it changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve
from cli_rig import Desk, Ended, jupiterone_of

from bbsync import steps
from bbsync.graph import Entity, Graph
from bbsync.settings import load_settings
from tests.run_rig import drop, put, with_property

BOTH = ("local", "jupiterone")


@pytest.fixture(name="environ", params=BOTH)
def _environ(desk: Desk, request: pytest.FixtureRequest) -> Iterator[Mapping[str, str]]:
    """The variables of each target, which holds what Bitbucket does."""
    with jupiterone_of(desk) if request.param == "jupiterone" else nullcontext({}) as environ:
        ended = desk.run("apply", "--auto-approve", environ=environ)
        assert ended.code == 0, ended.err
        yield environ


def tamper(desk: Desk, environ: Mapping[str, str], change: Callable[[Graph], Graph]) -> Graph:
    """Change the graph behind bbsync's back; what it was."""
    settings = load_settings(config=desk.directory / "bbsync.toml", environ={**desk.environ, **environ})
    with steps.open_target(settings, steps.Around()) as target:
        before = target.read_snapshot()
        target.replace(before, change(before.graph), lambda _line: None)
    return before.graph


def audit(desk: Desk, environ: Mapping[str, str] | None = None, *arguments: str) -> dict[str, Any]:
    """An audit as other programs read it."""
    ended = desk.run("drift", "--format", "json", *arguments, environ=environ)
    found: dict[str, Any] = json.loads(ended.out)
    assert found["exit_code"] == ended.code
    return found


def entities(found: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Sort, label and next step of every entity that differs."""
    return [(one["sort"], one["label"], one["next"]) for one in found["entities"]]


def first(graph: Graph, kind: str) -> Entity:
    """The first entity of that type, by key."""
    return min((one for one in graph.entities.values() if one.type == kind), key=lambda one: one.key)


def label(repository: Entity) -> str:
    """What reports call it."""
    return str(repository.properties["fullName"])


def test_right_after_an_apply_nothing_differs(desk: Desk, environ: Mapping[str, str]) -> None:
    """0, and in words that all three are equal."""
    ended = desk.run("drift", environ=environ)

    assert ended.code == 0
    assert "\nNo drift. The graph matches Bitbucket and the last snapshot.\n" in ended.out
    assert ", 100 %.\n" in ended.out


def test_what_moved_in_bitbucket_is_pending(desk: Desk, environ: Mapping[str, str]) -> None:
    """2, and the next apply carries it out."""
    slug = desk.repositories()[0]
    desk.change("make_public", repository=slug)

    found = audit(desk, environ)

    assert (found["exit_code"], entities(found)) == (2, [("pending", f"acme/{slug}", "update")])
    desk.run("apply", "--auto-approve", environ=environ)
    assert audit(desk, environ)["exit_code"] == 0


def test_what_somebody_changed_in_the_graph_is_tampered(desk: Desk, environ: Mapping[str, str]) -> None:
    """2, with both values; the next apply puts it right."""
    changed: list[Entity] = []

    def publish(graph: Graph) -> Graph:
        changed.append(first(graph, "bitbucket_repo"))
        return put(with_property(changed[0], public=not changed[0].properties["public"]))(graph)

    tamper(desk, environ, publish)

    ended = desk.run("drift", environ=environ)

    held = changed[0].properties["public"]
    wanted = f"public  graph {str(not held).lower()}, expected {str(held).lower()}\n"
    assert ended.code == 2
    assert f"  ~ repository {label(changed[0])}  the next apply puts it right\n      {wanted}" in ended.out
    assert "\nDrift: 1 difference (1 tampered).\n" in ended.out


def test_what_somebody_deleted_in_the_graph_is_missing(desk: Desk, environ: Mapping[str, str]) -> None:
    """2, with its relationships; the next apply brings it back."""
    gone: list[Entity] = []

    def delete(graph: Graph) -> Graph:
        gone.append(first(graph, "bitbucket_permission"))
        return drop(gone[0].key)(graph)

    tamper(desk, environ, delete)

    found = audit(desk, environ)

    ((sort, name, action),) = entities(found)
    assert (sort, action) == ("missing", "create")
    assert name.endswith(str(gone[0].properties["name"]))
    assert found["summary"]["missing"] == 3
    assert all(one["graph"] is None for one in (*found["entities"], *found["relationships"]))


def test_what_somebody_added_to_the_graph_is_unmanaged(desk: Desk, environ: Mapping[str, str]) -> None:
    """2: a permission that nobody granted, which the next apply deletes, and something that is no kind of ours."""

    def add(graph: Graph) -> Graph:
        repository, held = first(graph, "bitbucket_repo"), first(graph, "bitbucket_permission")
        stranger = evolve(held, key=f"{repository.key}/permissions/{{5d1c6e0a-0000-4000-8000-000000000000}}")
        return put(stranger, Entity("made-up-host-1", "made_up_host", ("Host",), {"displayName": "host-1"}))(graph)

    tamper(desk, environ, add)

    found = audit(desk, environ)

    assert [(sort, action) for sort, _, action in entities(found)] == [("unmanaged", "delete"), ("unmanaged", None)]
    assert found["summary"]["total"] == 2


def test_what_could_not_be_read_is_3(desk: Desk, environ: Mapping[str, str]) -> None:
    """A caller that takes 2 for the whole list must not be misled."""
    denied, public = desk.repositories()[:2]
    desk.change("deny_repository", repository=denied)
    desk.change("make_public", repository=public)

    ended = desk.run("drift", environ=environ)

    assert ended.code == 3
    assert "Drift: 1 difference found so far; " in ended.out
    assert "100 %" not in ended.out


def test_no_verdict_is_1(desk: Desk) -> None:
    """Where Bitbucket cannot be asked, nothing is said about it, and nothing is noted."""
    ended = desk.run("drift", environ={"BITBUCKET_WORKSPACE": "elsewhere"})

    assert (ended.code, ended.out) == (1, "")
    assert "No audit yet." in desk.run("drift", "--history").out


def test_an_audit_changes_nothing(desk: Desk, environ: Mapping[str, str]) -> None:
    """To Bitbucket go nothing but reads and the tokens for them, to JupiterOne nothing but queries."""
    asked: list[httpx.Request] = []
    desk.change("make_public", repository=desk.repositories()[0])
    desk.bend_bitbucket = asked.append
    desk.bend_jupiterone = lambda request, response: (asked.append(request), response)[1]
    before = {path: path.read_bytes() for path in (desk.graph_file, desk.directory / "snapshots.db") if path.exists()}

    desk.run("drift", environ=environ)

    assert {request.url.path for request in asked if request.method != "GET"} <= {
        "/site/oauth2/access_token",
        "/graphql",
    }
    queries = [json.loads(request.content)["query"] for request in asked if request.url.path == "/graphql"]
    assert not [query for query in queries if "mutation" in query]
    assert len(queries) > 0 or not environ
    assert {path: path.read_bytes() for path in before} == before


def test_rules_take_away_and_plans_do_not_care(desk: Desk) -> None:
    """What they cover is counted, an unused one is named, and a plan has the change all the same."""
    desk.applied()
    slug = desk.repositories()[0]
    desk.change("make_public", repository=slug)
    desk.policy("[drift]", 'ignore = ["repo:*.public", "repo:*.updatedOn", "project:NONE"]')

    ended, planned = desk.run("drift"), desk.run("plan", "--detailed-exitcode")

    assert ended.code == 0
    assert "\nignored    1   by " in ended.out
    assert "repo:*.public 1" in ended.out
    assert "Ignore rules that match nothing: " in ended.out
    assert "project:NONE" in ended.out
    assert "but for what is ignored." in ended.out
    assert planned.code == 2


def test_a_rule_that_is_none_is_refused(desk: Desk) -> None:
    """Before anything is read, with the forms that are taken."""
    desk.policy("[drift]", 'ignore = ["repos:*"]')

    ended = desk.run("drift")

    assert ended.code == 1
    assert "In [drift], 'repos:*' begins with no kind (" in ended.err
    assert desk.bitbucket.calls == []


def test_a_part_says_that_it_is_one(desk: Desk) -> None:
    """The report names it, and the history marks the line."""
    desk.applied()
    one, other = desk.repositories()[:2]
    desk.change("make_public", repository=one)
    desk.change("make_public", repository=other)

    ended = desk.run("drift", "--only", f"repo:acme/{one}")

    assert ended.code == 2
    assert f"acme/{other}" not in ended.out
    assert f"Only repo:acme/{one} was compared, with what hangs below it.\n" in ended.out
    assert "part: restricted by --only" in desk.run("drift", "--history").out


def test_a_part_of_nothing_is_refused(desk: Desk) -> None:
    """That nothing differs in what is not there would be no news."""
    desk.applied()

    ended = desk.run("drift", "--only", "repo:acme/tpyo")

    assert (ended.code, ended.out) == (1, "")
    assert "--only repo:acme/tpyo names nothing in Bitbucket or in the graph" in ended.err


def test_the_audit_is_saved_for_its_owner(desk: Desk) -> None:
    """The file holds what `--format json` shows."""
    out = desk.directory / "drift.json"

    ended = desk.run("drift", "--out", str(out), "--format", "json")

    assert ended.code == 2
    assert out.read_text(encoding="utf-8") == ended.out
    assert out.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("shape", ["text", "markdown", "html", "json"])
def test_a_saved_audit_is_shown_as_it_was(desk: Desk, shape: str) -> None:
    """`show` takes its file as it takes a plan's; the bytes are those of the audit itself."""
    desk.applied()
    desk.change("make_public", repository=desk.repositories()[0])
    out = desk.directory / "drift.json"

    made = desk.run("drift", "--out", str(out), "--format", shape)
    shown = desk.run("show", str(out), "--format", shape)

    assert (made.code, shown.code) == (2, 0)
    assert shown.out == made.out
    assert desk.repositories()[0] in shown.out


def test_an_audit_cannot_be_applied(desk: Desk) -> None:
    """It is no plan."""
    out = desk.directory / "drift.json"
    desk.run("drift", "--out", str(out))

    ended = desk.run("apply", str(out))

    assert ended.code == 1
    assert "(BB-PLAN-FILE" in ended.err


def test_each_audit_leaves_a_line(desk: Desk) -> None:
    """The trend, the latest last, as a table and for other programs."""
    desk.run("drift")
    desk.applied()
    desk.run("drift")
    desk.change("make_public", repository=desk.repositories()[0])
    desk.run("drift")

    shown, listed = desk.run("drift", "--history"), desk.run("drift", "--history", "--format", "json")

    audits = json.loads(listed.out)["audits"]
    assert [audit["total"] for audit in audits][1:] == [0, 1]
    assert audits[0]["total"] > 100
    assert (shown.code, listed.code) == (0, 0)
    assert shown.out.endswith("100 % ▁\n")
    assert len([line for line in shown.out.splitlines() if "     100 %" in line]) == 3


def test_the_history_takes_no_other_wishes(desk: Desk) -> None:
    """It reads nothing but the records."""
    ended = desk.run("drift", "--history", "--only", "repo:*")

    assert ended.code == 64
    assert desk.bitbucket.calls == []


def test_a_lost_snapshot_is_said(desk: Desk) -> None:
    """All that differs is pending then, and the report says why."""
    desk.applied()
    (desk.directory / "snapshots.db").unlink()

    ended = desk.run("drift")

    assert ended.code == 0
    assert "There is no snapshot to compare with: snapshots.db does not hold what plan " in ended.out
    assert "\nNo drift. The graph matches Bitbucket.\n" in ended.out


def test_whoever_watches_is_told(desk: Desk) -> None:
    """Every difference is an event, and the numbers come last."""
    desk.applied()
    slug = desk.repositories()[0]
    desk.change("make_public", repository=slug)
    events = desk.directory / "events.jsonl"

    desk.run("drift", "--events", str(events))

    lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    told = [line for line in lines if line["type"] in ("differing", "audit", "done")]
    assert [(line["type"], line.get("label"), line.get("pending")) for line in told] == [
        ("differing", f"acme/{slug}", None),
        ("audit", None, 1),
        ("done", None, None),
    ]


def test_a_place_where_nothing_can_be_saved_is_found_at_once(desk: Desk, tmp_path: Path) -> None:
    """Before an hour is spent on reading."""
    ended: Ended = desk.run("drift", "--out", str(tmp_path / "nowhere" / "drift.json"))

    assert ended.code == 1
    assert desk.bitbucket.calls == []
