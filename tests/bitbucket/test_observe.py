"""A whole run of reading: what is asked, how often, and what comes of it."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from datetime import timedelta
from math import ceil
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from observing_rig import (
    HOUR,
    NOW,
    NOW_MS,
    SCOPES,
    SMALL,
    Run,
    bitbucket_of,
    dated,
    look,
    named,
    of_type,
    run,
    spoil,
)

from bbsync.bitbucket.settings import LimitSettings
from bbsync.coverage import Extent, Known, Listing
from bbsync.graph import Entity, Graph
from bbsync.kinds import KINDS, Absence
from bbsync.planfile import dumps
from bbsync.sandbox.bitbucket import Bitbucket, Fault, Sizes
from bbsync.sandbox.server import App

#: Pages with an item that is not as documented, and with fewer items than they announce.
SURPRISE = '{"values": ["surprise"]}'
SHORT = '{"values": [], "size": 4}'

PULL_REQUESTS = "GET /2.0/repositories/{workspace}/{repository}/pullrequests"


@pytest.fixture
def bitbucket() -> Bitbucket:
    return bitbucket_of()


@pytest.fixture
def before(bitbucket: Bitbucket) -> Graph:
    return run(bitbucket).after


def queries(bitbucket: Bitbucket, ending: str) -> list[dict[str, str]]:
    """The parameters of every request whose path ends so."""
    found = [urlsplit(target) for _, target, _, _ in bitbucket.calls]
    return [
        {name: texts[0] for name, texts in parse_qs(parts.query).items()}
        for parts in found
        if parts.path.endswith(ending)
    ]


def pull_requests_of(bitbucket: Bitbucket) -> list[Any]:
    homes = bitbucket.world.workspaces[0].repositories.values()
    return [found for home in homes for found in home.pull_requests.values()]


# --- what is asked


@pytest.mark.parametrize(
    "sizes",
    [
        SMALL,
        Sizes(repositories=3, members=101, projects=101, groups=2, pull_requests=5),
        Sizes(repositories=2, members=5, pull_requests=120, permissions=4, restrictions=3),
        Sizes(repositories=102, members=5, pull_requests=3, old_pull_requests=10, permissions=1, restrictions=1),
    ],
)
def test_a_first_run_takes_the_fewest_calls_there_are(sizes: Sizes) -> None:
    """One for each page of each listing at the largest page length; activity only where somebody approves."""
    bitbucket = bitbucket_of(sizes)
    recent = [found for found in pull_requests_of(bitbucket) if found.updated_on >= NOW - timedelta(hours=24)]
    approved = [found for found in recent if any(part.state == "approved" for part in found.participants)]
    by_repository = Counter(id(found.destination.repository) for found in recent)
    repositories = sizes.repositories

    found = run(bitbucket)

    calls = bitbucket.calls_by_endpoint()
    tokens = calls.pop("POST /site/oauth2/access_token")
    assert tokens == 1
    assert sum(calls.values()) == (
        2  # the workspace and its groups
        + ceil(sizes.members / 100)
        + ceil(sizes.projects / 100)
        + ceil(repositories / 100)
        + 3 * repositories
        + sum(max(1, ceil(count / 50)) for count in by_repository.values())
        + (repositories - len(by_repository))
        + len(recent)
        + len(approved)
    )
    assert found.gaps == ()
    assert len(of_type(found.after, "pullrequest")) == len(recent)


def test_no_request_is_made_twice(bitbucket: Bitbucket) -> None:
    """Calls that bring nothing are calls that somebody else lacks."""
    run(bitbucket)

    targets = Counter(target for _, target, _, _ in bitbucket.calls)
    assert set(targets.values()) == {1}


def test_every_listing_is_asked_for_at_its_largest_page(bitbucket: Bitbucket) -> None:
    """100; 50 for pull requests and their activity. Arrays and single objects have no pages."""
    run(bitbucket)

    lengths: dict[str | None, set[str]] = {}
    for target in {target for method, target, _, _ in bitbucket.calls if method == "GET"}:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        lengths.setdefault(query.get("pagelen", [None])[0], set()).add(path.rpartition("/")[2])
    assert lengths[None] == {"acme"}
    assert lengths["50"] == {"pullrequests", "activity"}
    assert lengths["100"] > {"projects", "permissions", "commits", "users", "groups", "branch-restrictions"}
    assert set(lengths) == {None, "50", "100"}


def test_pull_requests_are_asked_for_with_their_people_and_in_every_state(bitbucket: Bitbucket) -> None:
    """States inside `q`, because they are ignored beside it; nobody's name costs another call."""
    run(bitbucket)

    asked = queries(bitbucket, "/pullrequests")
    assert len(asked) == 3
    for query in asked:
        assert query["fields"] == "+values.reviewers,+values.participants"
        assert all(f'state = "{state}"' in query["q"] for state in ("OPEN", "MERGED", "DECLINED", "SUPERSEDED"))
        assert "state" not in query


@pytest.mark.parametrize(
    ("watermark", "opening"),
    [
        (None, NOW_MS - 24 * HOUR),
        (NOW_MS - HOUR, NOW_MS - 24 * HOUR),
        (NOW_MS - 24 * HOUR, NOW_MS - 24 * HOUR - 5 * 60_000),
        (NOW_MS - 72 * HOUR, NOW_MS - 72 * HOUR - 5 * 60_000),
    ],
)
def test_the_window_opens_early_enough(bitbucket: Bitbucket, watermark: int | None, opening: int) -> None:
    """At its length, or five minutes before what is known, whichever is earlier: a missed run loses nothing."""
    web = bitbucket.world.workspaces[0].slugs["web"].uuid
    other = bitbucket.world.workspaces[0].slugs["api"].uuid
    marks = {} if watermark is None else {web: watermark}

    observation = look(bitbucket.app, known=Known(marks))

    assert observation.coverage.read[Listing("pull_request", web)].since == opening
    assert observation.coverage.read[Listing("pull_request", other)].since == NOW_MS - 24 * HOUR


def test_what_changed_in_a_long_pause_is_not_lost(bitbucket: Bitbucket) -> None:
    """A merge of three days ago is seen, because nobody has read since."""
    sizes = Sizes(repositories=1, members=4, pull_requests=0, old_pull_requests=0, permissions=0, restrictions=0)
    bitbucket = bitbucket_of(sizes)
    bitbucket.change("open_pull_request", workspace="acme", repository="web", author="ada", title="Slow")
    before = run(bitbucket).after
    bitbucket.change("merge", workspace="acme", repository="web", pull_request=1, member="ada")
    repository = named(before, "repo").key
    later = NOW_MS + 72 * HOUR

    naive = run(bitbucket, before, now=later)
    found = run(bitbucket, before, now=later, known=Known({repository: NOW_MS}))

    assert named(naive.after, "pullrequest").properties["state"] == "OPEN"
    assert named(found.after, "pullrequest").properties["state"] == "MERGED"


def test_a_watermark_is_the_servers_time_of_the_first_answer(bitbucket: Bitbucket) -> None:
    """Our clock may be wrong; theirs is the one that dates the changes."""
    server = NOW + timedelta(hours=3)

    found = run(dated(bitbucket.app, server))

    assert set(found.plan.learned.watermarks.values()) == {NOW_MS + 3 * HOUR}
    assert len(found.plan.learned.watermarks) == 3


def test_without_the_servers_time_there_is_no_watermark(bitbucket: Bitbucket) -> None:
    """Then the next run reads as if this one had not been."""
    assert run(bitbucket).plan.learned.watermarks == {}


@pytest.mark.parametrize("path", ["/pullrequests[?]", "/pullrequests/1/commits"])
def test_a_listing_with_a_gap_has_no_watermark(bitbucket: Bitbucket, path: str) -> None:
    """Not even when only a detail of one item is missing: it has to be read again."""
    bitbucket = bitbucket_of(Sizes(repositories=1, pull_requests=3))
    bitbucket.faults.append(Fault(path, status=500))

    found = run(dated(bitbucket.app))

    assert found.gaps
    assert found.plan.learned.watermarks == {}


def test_a_name_that_is_no_address_is_never_asked_for(bitbucket: Bitbucket) -> None:
    """Repositories are asked for by uuid, braces quoted; groups take slugs only."""
    run(bitbucket)

    paths = {urlsplit(target).path for _, target, _, _ in bitbucket.calls}
    assert "/1.0/groups/acme" in paths
    assert not [path for path in paths if path.startswith("/2.0/repositories/") and "acme" in path]
    assert not [path for path in paths if "{" in path or "//" in path]


# --- when the listing of pull requests lacks something


def lacking(*names: str) -> Any:
    """The page of pull requests without those fields."""

    def cut(response: httpx.Response) -> httpx.Response:
        page = json.loads(response.content)
        values = [{name: value for name, value in row.items() if name not in names} for row in page["values"]]
        return httpx.Response(200, json={**page, "values": values})

    return cut


def is_listing(request: httpx.Request) -> bool:
    return request.url.path.endswith("/pullrequests")


def test_absent_participants_are_read_from_the_pull_request_itself(bitbucket: Bitbucket, before: Graph) -> None:
    """One call more for each, and the same graph."""
    found = run(spoil(bitbucket.app, is_listing, lacking("participants", "reviewers")), before)

    assert found.plan.is_empty
    assert found.gaps == ()
    assert bitbucket.calls_by_endpoint()[f"{PULL_REQUESTS}/{{id}}"] == len(of_type(before, "pullrequest"))


def test_absent_reviewers_alone_are_read_from_the_pull_request_itself(bitbucket: Bitbucket, before: Graph) -> None:
    """Where reviewers are wanted and not told, they are asked for: absent is not none."""
    found = run(spoil(bitbucket.app, is_listing, lacking("reviewers")), before)

    assert found.plan.is_empty
    assert found.gaps == ()


def is_itself(request: httpx.Request) -> bool:
    return request.url.path.rsplit("/", 1)[0].endswith("/pullrequests")


def test_a_pull_request_that_tells_nobody_who_takes_part_is_withheld(bitbucket: Bitbucket, before: Graph) -> None:
    """Neither the listing nor the pull request itself says who approves: nobody's approval is taken away."""

    def without_participants(response: httpx.Response) -> httpx.Response:
        whole = json.loads(response.content)
        return httpx.Response(200, json={name: value for name, value in whole.items() if name != "participants"})

    source = spoil(bitbucket.app, is_listing, lacking("participants", "reviewers"))

    found = run(spoil(source, is_itself, without_participants), before)

    assert found.plan.is_empty
    assert {gap.code for gap in found.gaps} == {"BB-FETCH-SCHEMA"}
    assert {gap.item for gap in found.gaps} == {entity.key for entity in of_type(before, "pullrequest")}


def is_commits(request: httpx.Request) -> bool:
    return request.url.path.endswith("/commits")


def emptied(_response: httpx.Response) -> httpx.Response:
    return httpx.Response(200, json={"values": [], "pagelen": 100})


def pushed(bitbucket: Bitbucket, before: Graph) -> Entity:
    """An approved pull request of the graph, to whose source somebody pushes."""
    approved = next(
        entity
        for entity in of_type(before, "pullrequest")
        if entity.properties["approved"] and entity.properties["open"]
    )
    bitbucket.change("push", **where(approved))
    return approved


def where(entity: Entity) -> dict[str, Any]:
    """The pull request as the stand-in's changes name it."""
    workspace, _, repository = str(entity.properties["repository"]).partition("/")
    return {"workspace": workspace, "repository": repository, "pull_request": int(str(entity.properties["id"]))}


def test_an_open_pull_request_that_moved_and_shows_no_commits_is_withheld(bitbucket: Bitbucket, before: Graph) -> None:
    """It had commits and is open, so that it has some: an empty list is no answer."""
    moved = pushed(bitbucket, before)

    found = run(spoil(bitbucket.app, is_commits, emptied), before)

    assert found.after.entities[moved.key] == moved
    assert [gap.code for gap in found.gaps if gap.item == moved.key] == ["BB-FETCH-EMPTY"]


def test_an_approval_does_not_outlive_a_push(bitbucket: Bitbucket, before: Graph) -> None:
    """Pushed to, merged, and the commits gone with the branch: the approval of another tip says nothing of this one."""
    moved = pushed(bitbucket, before)
    bitbucket.change("merge", **where(moved), member="ada")

    found = run(spoil(bitbucket.app, is_commits, emptied), before)

    assert found.gaps == ()
    assert found.after.entities[moved.key].properties["merged"] is True
    assert found.after.entities[moved.key].properties["approved"] is False


def test_an_approval_outlives_the_branch(bitbucket: Bitbucket, before: Graph) -> None:
    """The source is what it was and the commits read empty, as after a merge: the review in the graph holds."""
    approved = next(entity for entity in of_type(before, "pullrequest") if entity.properties["approved"])

    found = run(spoil(bitbucket.app, is_commits, emptied), before)

    assert found.after.entities[approved.key] == approved


# --- the order of answers


class Shuffled:
    """An app that answers one request at a time, in an order that chance chooses among those that are waiting."""

    def __init__(self, app: App, seed: int) -> None:
        self.app = app
        self.random = random.Random(seed)  # noqa: S311 - an order of answers, no secret
        self.changed = threading.Condition()
        self.waiting: list[httpx.Request] = []
        self.chosen: httpx.Request | None = None
        self.most_waiting = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.changed:
            self.waiting.append(request)
            self.most_waiting = max(self.most_waiting, len(self.waiting))
            self._choose()
            self.changed.wait_for(lambda: self.chosen is request)
        try:
            return self.app(request)
        finally:
            with self.changed:
                self.chosen = None
                self._choose()

    def _choose(self) -> None:
        if self.chosen is None and self.waiting:
            self.chosen = self.waiting.pop(self.random.randrange(len(self.waiting)))
            self.changed.notify_all()


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_answers_does_not_matter(seed: int) -> None:
    """One after the other or sixteen at once in any order: the same observation, the same bytes of the plan."""
    bitbucket = bitbucket_of(Sizes(repositories=6, awkward=True, workspaces=("acme", "umbrella"), pull_requests=8))
    both = {"workspaces": ("acme", "umbrella")}
    before = run(bitbucket, **both).after
    bitbucket.change("delete_repository", workspace="acme", repository="web")
    bitbucket.change("deny_repository", workspace="umbrella", repository="api")
    bitbucket.change("remove_member", workspace="umbrella", member="ada")
    alone = run(dated(bitbucket.app), before, concurrency=1, **both)
    shuffled = Shuffled(dated(bitbucket.app), seed)

    found = run(shuffled, before, concurrency=16, **both)

    assert shuffled.most_waiting > 4
    assert found.observation == alone.observation
    assert dumps(found.plan) == dumps(alone.plan)
    assert alone.deleted
    assert alone.gaps


def test_progress_is_told_to_its_end(bitbucket: Bitbucket) -> None:
    """Every level is counted one by one, from the first to all that turned up meanwhile."""
    told: list[tuple[str, int, int]] = []

    look(bitbucket.app, report=lambda *steps: told.append(steps))

    assert {what for what, _, _ in told} == {"listings and their items"}
    starts = [place for place, (_, done, _) in enumerate(told) if done == 1]
    levels = [told[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    assert len(levels) == 2
    for level in levels:
        assert [done for _, done, _ in level] == list(range(1, level[-1][2] + 1))


# --- what is known is not lost


def pull_request(found: Run, key: str) -> Entity:
    return found.after.entities[key]


def reviewed_world() -> tuple[Bitbucket, Graph, str]:
    """One pull request that somebody approved, in a graph; the key of it."""
    bitbucket = bitbucket_of(Sizes(repositories=1, members=4, pull_requests=0, permissions=1, restrictions=1))
    on = {"workspace": "acme", "repository": "web"}
    bitbucket.change("open_pull_request", **on, author="ada", title="Change")
    bitbucket.change("add_reviewer", **on, pull_request=1, member="bela1")
    bitbucket.change("approve", **on, pull_request=1, member="bela1")
    before = run(bitbucket).after
    (found,) = of_type(before, "pullrequest")
    assert found.properties["approved"] is True
    return bitbucket, before, found.key


@pytest.mark.parametrize("detail", ["commits", "activity"])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404},
        {"status": 403},
        {"status": 500},
        {"kind": "malformed"},
        {"kind": "null"},
        {"kind": "reset"},
        {"kind": "empty", "body": SURPRISE},
        {"kind": "empty", "body": SHORT},
    ],
)
def test_a_failed_detail_withholds_the_whole_pull_request(detail: str, fault: dict[str, Any]) -> None:
    """What else changed waits, too: half of a pull request is no pull request."""
    bitbucket, before, key = reviewed_world()
    bitbucket.change("edit_pull_request", workspace="acme", repository="web", pull_request=1, title="Other title")
    bitbucket.faults.append(Fault(f"/pullrequests/1/{detail}", **fault))

    found = run(bitbucket, before)

    assert found.plan.is_empty
    assert found.withheld == {key}
    assert [gap.item for gap in found.gaps] == [key]


def test_commits_that_read_empty_are_not_forgotten() -> None:
    """The branch may be gone, or the answer wrong: what was approved before is kept, everything else follows."""
    bitbucket, before, key = reviewed_world()
    bitbucket.change("edit_pull_request", workspace="acme", repository="web", pull_request=1, title="Other title")
    bitbucket.world.workspaces[0].slugs["web"].pull_requests[1].commits = []

    found = run(bitbucket, before)

    known = before.entities[key].properties
    assert pull_request(found, key).properties == {
        **known,
        "title": "Other title",
        "name": "Other title",
        "displayName": "#1 Other title",
        "updatedOn": pull_request(found, key).properties["updatedOn"],
    }
    assert found.gaps == ()
    assert run(bitbucket, found.after).plan.is_empty


def test_an_activity_that_reads_empty_withholds_the_pull_request() -> None:
    """Somebody approves, so there is an approval somewhere: an empty feed is wrong."""
    bitbucket, before, key = reviewed_world()
    bitbucket.change("push", workspace="acme", repository="web", pull_request=1)
    bitbucket.faults.append(Fault("/activity", kind="empty"))

    found = run(bitbucket, before)

    assert pull_request(found, key) == before.entities[key]
    assert (found.codes, found.withheld) == ({"BB-FETCH-EMPTY"}, {key})


def test_a_new_pull_request_whose_activity_reads_empty_waits() -> None:
    """Nothing is known of it, and yet it is not written down as if nobody had approved it."""
    bitbucket, _, key = reviewed_world()
    bitbucket.faults.append(Fault("/activity", kind="empty"))

    found = run(bitbucket)

    assert key not in found.after.entities
    assert found.codes == {"BB-FETCH-EMPTY"}


@pytest.mark.parametrize("detail", ["commits", "activity"])
@pytest.mark.parametrize(
    "fault", [{"kind": "empty"}, {"kind": "empty", "body": SURPRISE}, {"kind": "empty", "body": SHORT}]
)
def test_a_detail_that_was_wrong_once_is_read_again(detail: str, fault: dict[str, Any]) -> None:
    """Once empty or odd and then whole is whole."""
    bitbucket, before, _ = reviewed_world()
    bitbucket.faults.append(Fault(f"/{detail}", times=1, **fault))

    found = run(bitbucket, before)

    assert found.plan.is_empty
    assert found.gaps == ()


def test_reviewers_that_are_not_asked_for_are_kept() -> None:
    """Enriched switched off means: do not look, and not: nobody."""
    bitbucket, before, key = reviewed_world()
    bitbucket.change("merge", workspace="acme", repository="web", pull_request=1, member="ada")

    found = run(bitbucket, before, enriched=False)

    assert pull_request(found, key).properties["state"] == "MERGED"
    assert pull_request(found, key).properties["reviewers"] == before.entities[key].properties["reviewers"]
    assert before.entities[key].properties["reviewers"]
    assert found.deleted == set()


def test_without_the_users_no_pull_request_is_judged() -> None:
    """An approval by an outsider counts for nothing, and without the list everybody is one."""
    bitbucket, before, key = reviewed_world()
    bitbucket.faults.append(Fault("/workspaces/acme/(permissions|members)", status=500))

    found = run(bitbucket, before)

    assert found.deleted == set()
    assert found.codes == {"BB-FETCH-500", "BB-FETCH-NEEDS"}
    assert pull_request(found, key) == before.entities[key]


def test_who_may_not_see_roles_reads_members_and_keeps_the_roles(bitbucket: Bitbucket, before: Graph) -> None:
    """The list without roles is as complete as the one with."""
    bitbucket.faults.append(Fault("/workspaces/acme/permissions", status=403))
    leaving = bitbucket.world.workspaces[0].members[-1].account
    bitbucket.change("remove_member", workspace="acme", member=leaving.nickname)

    found = run(bitbucket, before)

    assert found.gaps == ()
    assert leaving.uuid in found.deleted
    assert {entity.properties["workspaceRole"] for entity in of_type(found.after, "user")} == {"owner", "member"}


# --- what is not looked at is left alone


def test_without_the_admin_scope_there_is_one_known_gap_for_each_kind() -> None:
    """Said once and not for every repository; nothing is deleted, and the plan counts as complete."""
    bitbucket = bitbucket_of()
    before = run(bitbucket).after
    poorer = bitbucket_of(scopes=SCOPES[:3])

    found = run(poorer, before, scopes=SCOPES[:3])

    assert found.plan.is_empty
    assert found.plan.is_complete
    assert [(gap.code, gap.listing.kind, gap.known) for gap in found.gaps] == [
        ("BB-SCOPE", "branch_restriction", True),
        ("BB-SCOPE", "permission", True),
    ]
    assert not [target for _, target, _, _ in poorer.calls if "restrictions" in target or "config" in target]


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS if kind.parent])
def test_a_kind_that_is_switched_off_is_left_alone_with_all_below_it(
    bitbucket: Bitbucket, before: Graph, kind: str
) -> None:
    """Nothing is asked, nothing is deleted."""
    off = {kind, *(below.name for below in KINDS if below.parent == kind)}
    types = {KINDS.by_name[name].entity.type for name in off}
    bitbucket.reset_calls()

    found = run(bitbucket, before, switched_off=frozenset({kind}))

    assert found.gaps == ()
    assert not [change for change in found.plan.entities if change.element.type in types]
    assert found.deleted == set()
    assert not {listing.kind for listing in found.observation.coverage.read} & off
    assert found.observation.out_of_scope == off


@pytest.mark.parametrize("fails", [1, 5, 8, 12])
def test_a_partial_run_plans_with_what_it_could_read(bitbucket: Bitbucket, before: Graph, fails: int) -> None:
    """When all calls are spent the rest is a gap: nothing of it is deleted, what was read counts."""
    bitbucket.change("delete_repository", workspace="acme", repository="web")
    limits = LimitSettings(concurrency=1, calls_per_hour=fails, on_exhausted="partial")

    found = run(bitbucket, before, limits=limits, concurrency=1)

    assert "BB-FETCH-LIMIT" in found.codes
    assert not found.plan.is_complete
    assert found.deleted <= run(bitbucket, before).deleted


def test_every_listing_of_a_full_run_is_accounted_for(bitbucket: Bitbucket) -> None:
    """One for each kind under each parent, complete or through a window."""
    found = run(bitbucket)

    read = found.observation.coverage.read
    repositories = {entity.key for entity in of_type(found.after, "repo")}
    parents = {"workspace": {named(found.after, "workspace").key}, "repository": repositories, None: {""}}
    assert set(read) == {Listing(kind.name, parent) for kind in KINDS for parent in parents[kind.parent]}
    assert {listing.kind for listing, extent in read.items() if extent.extent is Extent.WINDOW} == {
        kind.name for kind in KINDS if kind.absence is Absence.HISTORY
    }


def test_the_account_name_is_written_on_everything(bitbucket: Bitbucket) -> None:
    """As a tag, where it is wanted."""
    tagged = run(bitbucket, account_tag="Acme Bitbucket")
    plain = run(bitbucket)

    assert {entity.properties.get("tag.AccountName") for entity in tagged.after.entities.values()} == {"Acme Bitbucket"}
    assert not [entity for entity in plain.after.entities.values() if "tag.AccountName" in entity.properties]


def test_what_moves_while_it_is_read_belongs_to_one_place() -> None:
    """Shown by both workspaces, it is taken where it was seen last, and what lies below it is read once."""
    bitbucket = bitbucket_of(Sizes(repositories=2, members=3, permissions=0, restrictions=0, workspaces=("acme", "b")))
    bitbucket.change("rename_repository", workspace="b", repository="web", to="old web")
    acme, other = bitbucket.world.workspaces
    moving = acme.slugs["web"]

    def app(request: httpx.Request) -> httpx.Response:
        response = bitbucket.app(request)
        if request.url.path == f"/2.0/repositories/{acme.uuid}" and moving.workspace is acme:
            bitbucket.change("transfer_repository", workspace="acme", repository="web", to="b")
        return response

    found = run(app, workspaces=("acme", "b"), concurrency=1)

    ties = [tie for tie in found.after.relationships.values() if tie.target == moving.uuid and tie.verb == "OWNS"]
    assert [tie.source for tie in ties] == [other.uuid]
    assert found.gaps == ()
    asked = [urlsplit(target).path for _, target, _, _ in bitbucket.calls]
    assert len([path for path in asked if moving.uuid.strip("{}") in path and path.endswith("/pullrequests")]) == 1
