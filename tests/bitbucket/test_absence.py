"""Gone is what is proven gone; everything else that is missing stays, with the reason."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from observing_rig import NOW, Run, bitbucket_of, dated, named, of_type, run, spoil

from bbsync.bitbucket.settings import LimitSettings
from bbsync.coverage import Gap
from bbsync.graph import Graph
from bbsync.plan import Action, Reason
from bbsync.sandbox.bitbucket import Bitbucket, Fault, Sizes
from bbsync.sandbox.server import App

FAR = Sizes(repositories=101, members=3, projects=1, groups=0, pull_requests=0, restrictions=0, permissions=0)
EXCEPT_REPOSITORIES = frozenset({"permission", "branch_restriction", "pull_request", "group"})


@pytest.fixture
def bitbucket() -> Bitbucket:
    return bitbucket_of()


@pytest.fixture
def before(bitbucket: Bitbucket) -> Graph:
    return run(bitbucket).after


def missing(found: Run, kind: str) -> str:
    """The key of the one entity of that type that Bitbucket did not show."""
    (key,) = {entity.key for entity in of_type(found.before, kind)} - set(found.observation.graph.entities)
    return key


def gaps_of(found: Run, key: str) -> list[Gap]:
    return [gap for gap in found.gaps if gap.item == key]


def without_first(response: httpx.Response) -> httpx.Response:
    """The page as if its first item had never been."""
    page = json.loads(response.content)
    if isinstance(page, list):
        return httpx.Response(200, json=page[1:])
    return httpx.Response(200, json={**page, "values": page["values"][1:], "size": page["size"] - 1})


def hiding(bitbucket: Bitbucket, ending: str) -> App:
    """A Bitbucket whose listing there lacks its first item, every time."""
    return spoil(bitbucket.app, lambda request: request.url.path.endswith(ending), without_first)


def short_path(workspace: Any) -> str:
    """Where the repositories of a workspace are listed."""
    return f"/2.0/repositories/{workspace.key}"


# --- repositories


def test_a_deleted_repository_goes_with_everything_below_it(bitbucket: Bitbucket, before: Graph) -> None:
    """It is missing from the complete list, and 404 when asked for."""
    gone = named(before, "repo", slug="web")
    below = {key for key in before.entities if key.startswith(f"{gone.key}/")}
    bitbucket.change("delete_repository", workspace="acme", repository="web")

    found = run(bitbucket, before)

    (deleted,) = [change for change in found.plan.entities if change.reason is Reason.ABSENT]
    assert deleted.element.key == gone.key
    assert deleted.proof is not None
    assert (deleted.proof.status, deleted.proof.seen, deleted.proof.pages) == (404, 2, 1)
    assert below
    assert below < found.deleted
    assert found.gaps == ()


def test_a_renamed_repository_moves_and_loses_nothing(bitbucket: Bitbucket, before: Graph) -> None:
    """It is known by its uuid, and so is everything below it."""
    bitbucket.change("rename_repository", workspace="acme", repository="web", to="Front end")

    found = run(bitbucket, before)

    (moved,) = [change for change in found.plan.entities if change.action is Action.MOVE]
    assert moved.element.properties["fullName"] == "acme/front-end"
    assert found.deleted == set()
    assert found.plan.entity_totals.add == 0


def test_a_repository_that_went_elsewhere_is_withheld(bitbucket: Bitbucket, before: Graph) -> None:
    """A redirect says that it moved, not that it is gone."""
    other = bitbucket_of(Sizes(workspaces=("acme", "umbrella")))
    graph = run(other).after
    gone = named(graph, "repo", slug="web")
    make_way(other)
    other.change("transfer_repository", workspace="acme", repository="web", to="umbrella")

    found = run(other, graph)

    assert [gap.code for gap in gaps_of(found, gone.key)] == ["BB-FETCH-REDIRECT"]
    assert gone.key in found.withheld
    assert found.deleted == set()


def make_way(bitbucket: Bitbucket) -> None:
    """Two repositories of one workspace cannot share a name."""
    bitbucket.change("rename_repository", workspace="umbrella", repository="web", to="old web")


def test_a_repository_that_moved_within_the_run_changes_hands() -> None:
    """Seen in the other workspace it is not missing: the old tie goes, its pull requests stay."""
    both = {"workspaces": ("acme", "umbrella")}
    bitbucket = bitbucket_of(Sizes(workspaces=("acme", "umbrella"), repositories=3, permissions=0, restrictions=0))
    make_way(bitbucket)
    before = run(bitbucket, **both).after
    moved = named(before, "repo", fullName="acme/web")
    acme, umbrella = named(before, "workspace", slug="acme"), named(before, "workspace", slug="umbrella")
    bitbucket.change("transfer_repository", workspace="acme", repository="web", to="umbrella")

    found = run(bitbucket, before, **both)

    assert found.gaps == ()
    assert {before.relationships[key].source for key in found.deleted} == {acme.key, moved.properties["projectId"]}
    assert {before.relationships[key].target for key in found.deleted} == {moved.key}
    assert f"{umbrella.key}|owns|{moved.key}" in found.after.relationships
    assert run(bitbucket, found.after, **both).plan.is_empty


def test_a_repository_that_may_not_be_looked_into_keeps_everything(bitbucket: Bitbucket, before: Graph) -> None:
    """It is in the list, and everything below it answers 403: that is normal, and deletes nothing."""
    denied = named(before, "repo", slug="web")
    bitbucket.change("deny_repository", workspace="acme", repository="web")

    found = run(bitbucket, before)

    assert found.deleted == set()
    assert denied.key in found.observation.graph.entities
    assert {gap.code for gap in found.gaps} == {"BB-FETCH-403"}
    assert {gap.listing.kind for gap in found.gaps} == {"permission", "branch_restriction", "pull_request"}
    assert {key for key in before.entities if key.startswith(f"{denied.key}/") and "pull" not in key} <= found.withheld


def test_a_repository_that_the_list_forgot_is_withheld(bitbucket: Bitbucket, before: Graph) -> None:
    """It answers when it is asked for, so the list was wrong."""
    found = run(hiding(bitbucket, short_path(named(before, "workspace"))), before)

    forgotten = missing(found, "repo")
    assert [gap.code for gap in gaps_of(found, forgotten)] == ["BB-STILL-THERE"]
    assert found.deleted == set()
    assert forgotten in found.withheld


@pytest.mark.parametrize("status", [404, 410])
def test_only_not_here_and_gone_for_good_are_proof(bitbucket: Bitbucket, before: Graph, status: int) -> None:
    """410 is what a repository that was taken down for spam answers."""
    bitbucket.change("delete_repository", workspace="acme", repository="web")
    bitbucket.faults.append(Fault(asked_for("repo", before, slug="web"), status=status))

    found = run(bitbucket, before)

    assert named(before, "repo", slug="web").key in found.deleted


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 400}, "BB-FETCH-400"),
        ({"status": 403}, "BB-FETCH-403"),
        ({"status": 429}, "BB-FETCH-LIMIT"),
        ({"status": 500}, "BB-FETCH-500"),
        ({"kind": "reset"}, "BB-FETCH-NETWORK"),
        ({"kind": "html"}, "BB-STILL-THERE"),
        ({"kind": "null"}, "BB-STILL-THERE"),
        ({"kind": "redirect"}, "BB-FETCH-REDIRECT"),
    ],
)
def test_any_other_answer_proves_nothing(bitbucket: Bitbucket, before: Graph, fault: dict[str, Any], code: str) -> None:
    """Even though the repository is gone: whoever cannot be sure waits for the next run."""
    gone = named(before, "repo", slug="web")
    bitbucket.change("delete_repository", workspace="acme", repository="web")
    bitbucket.faults.append(Fault(asked_for("repo", before, slug="web"), **fault))
    limits = LimitSettings(concurrency=4, calls_per_hour=10_000, on_exhausted="partial")

    found = run(bitbucket, before, limits=limits)

    assert [gap.code for gap in gaps_of(found, gone.key)] == [code]
    assert gone.key in found.withheld
    assert found.deleted == set()


def asked_for(kind: str, graph: Graph, **properties: str) -> str:
    """A pattern for the request that asks for one repository by itself."""
    uuid = named(graph, kind, **properties).key.strip("{}")
    return f"{uuid}%7D$"


def test_a_repository_that_slips_from_page_to_page_is_read_again() -> None:
    """Another one was deleted between the first and the second page: the number changed, so nothing is believed yet."""
    bitbucket = bitbucket_of(FAR)
    before = run(bitbucket, switched_off=EXCEPT_REPOSITORIES).after
    uuids = list(bitbucket.world.workspaces[0].repositories)
    victims = [uuids[0]]
    listing = short_path(named(before, "workspace"))

    def app(request: httpx.Request) -> httpx.Response:
        response = bitbucket.app(request)
        if victims and request.url.path == listing:
            bitbucket.change("delete_repository", workspace="acme", repository=victims.pop())
        return response

    found = run(app, before, switched_off=EXCEPT_REPOSITORIES)

    assert victims == []
    assert {change.element.key for change in found.plan.entities} == {uuids[0]}
    assert found.gaps == ()


def test_a_repository_that_goes_while_it_is_read_goes_with_the_next_run(bitbucket: Bitbucket, before: Graph) -> None:
    """It was listed, and is 404 when its own listings are read: nothing of it goes yet, and everything of it then."""
    victim = of_type(before, "repo")[0]
    below = {key for key in before.entities if key.startswith(f"{victim.key}/")}
    left = [victim.key]

    def app(request: httpx.Request) -> httpx.Response:
        if left and left[0].strip("{}") in request.url.path:
            bitbucket.change("delete_repository", workspace="acme", repository=left.pop())
        return bitbucket.app(request)

    during = run(app, before)
    afterwards = run(bitbucket, during.after)

    assert below
    assert during.deleted == set()
    assert {gap.code for gap in during.gaps} == {"BB-FETCH-404"}
    assert {victim.key, *below} <= afterwards.deleted
    assert afterwards.gaps == ()


# --- projects and members


def test_a_project_is_asked_for_by_its_key(bitbucket: Bitbucket, before: Graph) -> None:
    """Projects have no address by uuid."""
    bitbucket.change("remove_project", workspace="acme", project="PLAT")
    bitbucket.reset_calls()

    found = run(bitbucket, before)

    assert named(before, "project", key="PLAT").key in found.deleted
    assert bitbucket.calls_by_endpoint()["GET /2.0/workspaces/{workspace}/projects/{key}"] == 1


def test_a_member_is_asked_for_in_the_workspace(bitbucket: Bitbucket, before: Graph) -> None:
    """The account may well live on; it is the membership that is gone."""
    leaving = bitbucket.world.workspaces[0].members[-1].account
    bitbucket.change("remove_member", workspace="acme", member=leaving.nickname)
    bitbucket.reset_calls()

    found = run(bitbucket, before)

    assert leaving.uuid in found.deleted
    assert bitbucket.calls_by_endpoint()["GET /2.0/workspaces/{workspace}/members/{member}"] == 1


@pytest.mark.parametrize(("kind", "ending"), [("project", "/acme/projects"), ("user", "/acme/permissions")])
def test_who_was_forgotten_by_a_list_is_withheld(bitbucket: Bitbucket, before: Graph, kind: str, ending: str) -> None:
    """They answer when they are asked for."""
    found = run(hiding(bitbucket, ending), before)

    forgotten = missing(found, kind)
    assert [gap.code for gap in gaps_of(found, forgotten)] == ["BB-STILL-THERE"]
    assert forgotten not in found.deleted


# --- groups, permissions, restrictions


def test_a_group_is_gone_when_the_list_says_so_twice(bitbucket: Bitbucket, before: Graph) -> None:
    """Groups have no address of their own."""
    bitbucket.change("remove_group", workspace="acme", group="developers")
    bitbucket.reset_calls()

    found = run(bitbucket, before)

    assert named(before, "group", slug="developers").key in found.deleted
    assert bitbucket.calls_by_endpoint()["GET /1.0/groups/{workspace}"] == 2


@pytest.mark.parametrize("fault", [{"kind": "empty"}, {"kind": "empty", "times": 2}])
def test_a_group_stays_when_the_second_list_shows_it(
    bitbucket: Bitbucket, before: Graph, fault: dict[str, Any]
) -> None:
    """An empty list is read again; one that contradicts itself proves nothing."""
    bitbucket.faults.append(Fault("/1.0/groups/", **{"times": 1, **fault}))

    found = run(bitbucket, before)

    assert found.deleted == set()


def test_a_list_of_groups_that_disagrees_withholds_the_group(bitbucket: Bitbucket, before: Graph) -> None:
    """Missing once, there the second time."""
    times = iter([True])
    once = spoil(
        bitbucket.app,
        lambda request: request.url.path.startswith("/1.0/groups") and next(times, False),
        without_first,
    )

    found = run(once, before)

    forgotten = missing(found, "group")
    assert [gap.code for gap in gaps_of(found, forgotten)] == ["BB-FETCH-DISAGREES"]
    assert forgotten in found.withheld
    assert found.deleted == set()


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404}, {"kind": "null"}, {"kind": "malformed"}])
def test_a_second_list_of_groups_that_cannot_be_read_proves_nothing(
    bitbucket: Bitbucket, before: Graph, fault: dict[str, Any]
) -> None:
    """The group is gone indeed, but only one list says so."""
    gone = named(before, "group", slug="developers").key
    bitbucket.change("remove_group", workspace="acme", group="developers")
    bitbucket.faults.append(Fault("/1.0/groups/", after=1, **fault))

    found = run(bitbucket, before)

    assert gone in found.withheld
    assert gone not in found.deleted


def test_a_revoked_permission_goes_by_its_listing(bitbucket: Bitbucket, before: Graph) -> None:
    """The complete listing of a repository that was seen is proof enough, and costs nothing."""
    grants = bitbucket.world.workspaces[0].slugs["web"].grants
    held = next(grant.holder for grant in grants if hasattr(grant.holder, "nickname"))
    bitbucket.change("revoke_permission", workspace="acme", repository="web", user=held.nickname)
    bitbucket.reset_calls()

    found = run(bitbucket, before)

    repository = named(before, "repo", slug="web")
    (change,) = found.plan.entities
    assert change.element.key == f"{repository.key}/permissions/{held.uuid}"
    assert change.proof is not None
    assert change.proof.status is None
    assert len(bitbucket.calls) == len(calls_of_a_run())


def calls_of_a_run() -> list[Any]:
    """What reading an unchanged small world takes."""
    bitbucket = bitbucket_of()
    run(bitbucket)
    return bitbucket.calls


def test_a_last_permission_is_not_given_up_for_one_empty_answer(bitbucket: Bitbucket) -> None:
    """Even a collection of one is read again before it is believed empty."""
    for grant in bitbucket.world.workspaces[0].slugs["web"].grants[1:]:
        bitbucket.world.workspaces[0].slugs["web"].grants.remove(grant)
    before = run(bitbucket).after
    web = bitbucket.world.workspaces[0].slugs["web"].uuid.strip("{}")
    for whose in ("users", "groups"):
        path = f"{web}%7D/permissions-config/{whose}"
        bitbucket.faults.append(Fault(path, times=1, body='{"values": []}', kind="empty"))

    found = run(bitbucket, before)

    assert found.plan.is_empty


# --- what is never believed


@pytest.mark.parametrize("body", ['{"values": []}', '{"values": [], "size": 0}', '{"values": [], "size": 12}'])
@pytest.mark.parametrize(
    ("kind", "path"),
    [("repo", r"/2\.0/repositories/[^/]*$"), ("user", "/acme/permissions"), ("project", "/acme/projects")],
)
def test_repositories_members_and_projects_are_never_believed_empty(
    bitbucket: Bitbucket, before: Graph, kind: str, path: str, body: str
) -> None:
    """However often it is said: everything stays, with the gap."""
    bitbucket.faults.append(Fault(path, kind="empty", body=body))

    found = run(bitbucket, before)

    assert found.deleted == set()
    assert {entity.key for entity in of_type(before, kind)} <= found.withheld
    assert found.codes >= {"BB-FETCH-EMPTY"} or found.codes >= {"BB-FETCH-SIZE"}


def test_a_listing_that_is_shorter_than_announced_is_read_again(bitbucket: Bitbucket, before: Graph) -> None:
    """Once short and then whole is whole."""
    path = r"/2\.0/repositories/[^/]*$"
    bitbucket.faults.append(Fault(path, kind="empty", times=1, body='{"values": [], "size": 3}'))

    found = run(bitbucket, before)

    assert found.plan.is_empty
    assert found.gaps == ()


def test_a_listing_that_stays_short_is_a_gap_and_its_items_are_used(bitbucket: Bitbucket, before: Graph) -> None:
    """What is in it is there; what is missing from it says nothing."""
    bitbucket.change("describe_repository", workspace="acme", repository="api", description="Changed")

    def short(response: httpx.Response) -> httpx.Response:
        page = json.loads(response.content)
        return httpx.Response(200, json={**page, "values": page["values"][1:]})

    listing = short_path(named(before, "workspace"))
    found = run(spoil(bitbucket.app, lambda request: request.url.path == listing, short), before)

    assert found.codes == {"BB-FETCH-SIZE"}
    assert {change.label for change in found.plan.entities} == {"acme/api"}
    assert named(before, "repo", slug="web").key in found.withheld


def test_an_item_that_is_not_as_documented_leaves_the_others(bitbucket: Bitbucket, before: Graph) -> None:
    """The listing is a gap, so that nothing is deleted; every other repository is read in full."""
    bitbucket.change("describe_repository", workspace="acme", repository="api", description="Changed")

    def broken(response: httpx.Response) -> httpx.Response:
        page = json.loads(response.content)
        page["values"][0] = {**page["values"][0], "uuid": ""}
        return httpx.Response(200, json=page)

    listing = short_path(named(before, "workspace"))
    found = run(spoil(bitbucket.app, lambda request: request.url.path == listing, broken), before)

    assert found.codes == {"BB-FETCH-SCHEMA"}
    assert {change.label for change in found.plan.entities} == {"acme/api"}
    assert found.deleted == set()


def test_dates_do_not_matter_for_absence(bitbucket: Bitbucket, before: Graph) -> None:
    """A server without a clock proves as much as one with."""
    bitbucket.change("delete_repository", workspace="acme", repository="web")

    assert run(bitbucket, before).deleted == run(dated(bitbucket.app, NOW), before).deleted
