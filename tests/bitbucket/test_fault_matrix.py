"""Losing information never adds a delete: every request of a run, with every fault, once and for ever."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
import pytest
from attrs import frozen
from observing_rig import Run, bitbucket_of, run, spoil

from bbsync.bitbucket.settings import LimitSettings
from bbsync.errors import ConsumerError
from bbsync.graph import Graph
from bbsync.sandbox.bitbucket import Bitbucket, Fault, Sizes

WORLD = Sizes(
    repositories=3, members=4, projects=3, groups=2, pull_requests=2, commits=2, restrictions=1, permissions=2
)
CONCURRENCY = 2

#: Every way in which an answer goes wrong, but for 401, which ends the run.
FAULTS: Mapping[str, Mapping[str, Any]] = {
    **{str(status): {"kind": "status", "status": status} for status in (400, 403, 404, 410, 429, 500)},
    **{
        kind: {"kind": kind}
        for kind in (
            "reset",
            "truncated",
            "malformed",
            "html",
            "foreign_next",
            "loop",
            "duplicate",
            "empty",
            "wrong_schema",
            "null",
            "redirect",
        )
    },
}

#: How often: the first time, or every time.
TIMES = (1, None)

#: An array without items, whenever it is asked for, is what a workspace without groups answers. Who reads it in vain
#: again and again has to believe it in the end; the guard against wiping out a type is what is left then.
BELIEVED = ("empty", None, "/1.0/groups/acme")


@frozen
class Story:
    """A graph made by a full reading, and what a full reading makes of it after some changes."""

    before: Graph
    unspoilt: Run
    targets: tuple[str, ...]


def changed_world() -> tuple[Bitbucket, Graph]:
    """A small world that moved on since the graph was made of it."""
    bitbucket = bitbucket_of(WORLD)
    repositories = [home.slug for home in bitbucket.world.workspaces[0].repositories.values()]
    kept, gone, renamed = repositories
    people = [member.account.nickname for member in bitbucket.world.workspaces[0].members]
    for title in ("Approved", "Approved and merged later", "Approved, then not", "Left alone"):
        bitbucket.change("open_pull_request", workspace="acme", repository=kept, author=people[0], title=title)
    numbers = sorted(bitbucket.world.workspaces[0].slugs[kept].pull_requests)[-4:]
    on = {"workspace": "acme", "repository": kept}
    for number in numbers[:3]:
        bitbucket.change("approve", **on, pull_request=number, member=people[1])
    bitbucket.change("grant_permission", **on, permission="read", user=people[1])
    before = run(bitbucket, concurrency=CONCURRENCY).after
    bitbucket.change("merge", **on, pull_request=numbers[1], member=people[0])
    bitbucket.change("withdraw_approval", **on, pull_request=numbers[2], member=people[1])
    bitbucket.change("push", **on, pull_request=numbers[0])
    bitbucket.change("revoke_permission", **on, user=people[1])
    bitbucket.change("remove_member", workspace="acme", member=people[3])
    bitbucket.change("remove_group", workspace="acme", group="administrators")
    bitbucket.change("remove_project", workspace="acme", project="PAY")
    bitbucket.change("rename_repository", workspace="acme", repository=renamed, to="New name")
    bitbucket.change("delete_repository", workspace="acme", repository=gone)
    bitbucket.reset_calls()
    return bitbucket, before


@cache
def story() -> Story:
    """What happens without faults; every request that a run makes, each once."""
    bitbucket, before = changed_world()
    unspoilt = run(bitbucket, before, concurrency=CONCURRENCY)
    targets = dict.fromkeys(target for method, target, _, _ in bitbucket.calls if method == "GET")
    return Story(before, unspoilt, tuple(targets))


def spoilt(target: str, fault: Mapping[str, Any], times: int | None) -> Run:
    """The same run, in which one request goes wrong."""
    bitbucket, before = changed_world_again()
    bitbucket.faults[:] = [Fault(f"^{re.escape(target)}$", times=times, **fault)]
    limits = LimitSettings(concurrency=CONCURRENCY, calls_per_hour=10_000, on_exhausted="partial")
    return run(bitbucket, before, concurrency=CONCURRENCY, limits=limits)


@cache
def changed_world_again() -> tuple[Bitbucket, Graph]:
    """One world for all runs: faults are taken out of it again."""
    return changed_world()


def is_as_before_or_as_now(entity: str, run: Run) -> bool:
    """Whether each property of the entity is what the graph knew, or what an unspoilt reading shows."""
    known, shown, held = (graph.entities.get(entity) for graph in (run.before, story().unspoilt.after, run.after))
    if held is None or known is None:
        return True
    allowed = [found.properties for found in (known, shown) if found is not None]
    return all(
        any(name in found and found[name] == value for found in allowed) for name, value in held.properties.items()
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_anywhere_adds_a_delete_or_makes_the_graph_forget(fault: str) -> None:
    """What goes is a part of what would go anyway, and every property is the old one or the new one."""
    for target in story().targets:
        for times in TIMES:
            if (fault, times, target) == BELIEVED:
                continue
            found = spoilt(target, FAULTS[fault], times)

            where = f"{fault}, {times} times, at {target}"
            assert (fault == "429") == ("BB-FETCH-LIMIT" in found.codes), where
            assert found.deleted <= story().unspoilt.deleted, where
            assert all(is_as_before_or_as_now(key, found) for key in found.before.entities), where


def without_last(response: httpx.Response) -> httpx.Response:
    """The answer, whose list lacks its last item although it says how many there are."""
    content = json.loads(response.content) if response.status_code == 200 else None
    listed = content.get("values") if isinstance(content, dict) else content
    if not isinstance(listed, list) or not listed:
        return response
    listed.pop()
    return httpx.Response(200, json=content)


def test_no_list_that_lacks_an_item_adds_a_delete() -> None:
    """Each answer in turn lacks its last item, as when something slips from page to page: nothing more goes."""
    noticed = 0
    for target in story().targets:
        bitbucket, before = changed_world_again()
        bitbucket.faults.clear()
        app = spoil(bitbucket.app, lambda request, target=target: str(request.url).endswith(target), without_last)

        found = run(app, before, concurrency=CONCURRENCY)

        noticed += found.gaps != ()
        gone = found.deleted - story().unspoilt.deleted
        assert not gone or target == BELIEVED[2], target
    assert noticed > len(story().targets) // 4


def test_the_story_has_something_to_lose() -> None:
    """The matrix says little about a run that deletes nothing and reads no details."""
    told = story()

    gone = {change.element.type for change in told.unspoilt.plan.entities if change.after is None}
    absent = {change.element.type for change in told.unspoilt.plan.entities if change.proof is not None}
    assert gone > {"bitbucket_branch_restriction", "bitbucket_pullrequest"}
    assert absent == {f"bitbucket_{kind}" for kind in ("user", "group", "project", "repo", "permission")}
    assert any("/activity" in target for target in told.targets)
    assert any("/members/" in target for target in told.targets)
    assert told.unspoilt.gaps == ()


def test_a_rejected_token_ends_the_run() -> None:
    """401 is about us, not about one listing."""
    bitbucket, before = changed_world()
    bitbucket.faults.append(Fault("/pullrequests", status=401))

    with pytest.raises(ConsumerError, match="rejects consumer 1 of 1"):
        run(bitbucket, before, concurrency=CONCURRENCY)
