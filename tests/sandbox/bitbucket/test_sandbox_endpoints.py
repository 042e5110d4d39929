"""What the Bitbucket stand-in's endpoints answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from bitbucket_rig import CONSUMER, sign_in, values

from bbsync.sandbox.bitbucket import Bitbucket, World
from bbsync.sandbox.server import serve

Connect = Callable[..., tuple[Bitbucket, httpx.Client]]

PULL_REQUESTS = "/2.0/repositories/acme/web/pullrequests"


def test_workspace_goes_by_uuid_or_slug_in_any_case(client: httpx.Client, world: World) -> None:
    """All three lead to one document."""
    uuid = world.workspace("acme").uuid

    found = [client.get(f"/2.0/workspaces/{address}").json() for address in ("acme", "ACME", uuid)]

    assert found[0] == found[1] == found[2]
    assert found[0]["uuid"] == uuid


def test_unknown_workspace_is_named(client: httpx.Client) -> None:
    """The 404 repeats what was asked for."""
    answer = client.get("/2.0/workspaces/nobody")

    assert answer.status_code == 404
    assert answer.json() == {"type": "error", "error": {"message": "No workspace with identifier 'nobody'."}}


def test_repository_goes_by_uuid_or_slug_but_not_by_name(connect: Connect, world: World) -> None:
    """A name that is not the slug finds nothing."""
    bitbucket, client = connect()
    made = bitbucket.change("add_repository", workspace="acme", name="My Great Thing")

    by_slug, by_uuid, by_name = (
        client.get(f"/2.0/repositories/acme/{address}") for address in ("my-great-thing", made.uuid, "My Great Thing")
    )

    assert by_slug.json() == by_uuid.json()
    assert by_slug.json()["name"] == "My Great Thing"
    assert by_name.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/2.0/workspaces",
        "/2.0/repositories",
        "/2.0/repositories/",
        "/2.0/repositories//web",
        "/2.0/workspaces//members",
        "/2.0/user/permissions/workspaces",
        "/2.0/pullrequests/ada",
    ],
)
def test_lists_over_all_workspaces_are_gone(client: httpx.Client, path: str) -> None:
    """An empty workspace in a path ends up there, too."""
    answer = client.get(path)

    assert answer.status_code == 410
    assert answer.json()["data"] == answer.json()["error"]["data"]
    assert "announcement_url" in answer.json()["data"]


def test_address_with_no_api_is_not_found(client: httpx.Client) -> None:
    """The envelope says that nothing is hosted there."""
    answer = client.get("/2.0/rest/api")

    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Resource not found")


def test_trailing_slash_is_tolerated(client: httpx.Client) -> None:
    """A slash at the end changes nothing."""
    assert client.get("/2.0/workspaces/acme/projects/").status_code == 200


def test_members_have_no_role_and_permissions_have_one(client: httpx.Client) -> None:
    """Both lists show the same people."""
    members = values(client, "/2.0/workspaces/acme/members")
    permissions = values(client, "/2.0/workspaces/acme/permissions")

    assert [row["user"] for row in members] == [row["user"] for row in permissions]
    assert not any("permission" in row for row in members)
    assert {row["permission"] for row in permissions} == {"owner", "member"}


def test_owners_can_be_asked_for(client: httpx.Client) -> None:
    """The list of permissions takes a filter."""
    owners = client.get("/2.0/workspaces/acme/permissions", params={"q": 'permission="owner"'}).json()

    assert owners["size"] == 2


def test_single_member_is_there_or_not(client: httpx.Client) -> None:
    """A member goes by uuid or account id."""
    user = values(client, "/2.0/workspaces/acme/members")[0]["user"]

    assert client.get(f"/2.0/workspaces/acme/members/{user['uuid']}").json()["user"] == user
    assert client.get(f"/2.0/workspaces/acme/members/{user['account_id']}").status_code == 200
    assert client.get("/2.0/workspaces/acme/members/%7Bnobody%7D").status_code == 404


def test_single_project_is_there_or_not(client: httpx.Client) -> None:
    """A project goes by key."""
    project = values(client, "/2.0/workspaces/acme/projects")[0]

    assert client.get(f"/2.0/workspaces/acme/projects/{project['key']}").json() == project
    assert client.get("/2.0/workspaces/acme/projects/NONE").status_code == 404


def test_groups_are_a_bare_array_by_slug(client: httpx.Client, world: World) -> None:
    """API 1.0 has no pages, shows members inline, and takes no uuid."""
    place = world.workspace("acme")

    found = client.get("/1.0/groups/acme").json()

    assert [group["slug"] for group in found] == ["developers", "administrators"]
    assert {member["nickname"] for member in found[0]["members"]} <= {one.account.nickname for one in place.members}
    assert client.get(f"/1.0/groups/{place.uuid}").status_code == 403


def test_permissions_are_users_or_groups(client: httpx.Client) -> None:
    """Explicit permissions come in two lists."""
    users = values(client, "/2.0/repositories/acme/web/permissions-config/users")
    groups = values(client, "/2.0/repositories/acme/web/permissions-config/groups")

    assert {row["type"] for row in users} == {"repository_user_permission"}
    assert {row["type"] for row in groups} == {"repository_group_permission"}
    assert groups[0]["group"]["full_slug"] == f"acme:{groups[0]['group']['slug']}"


def test_restrictions_can_be_chosen_by_kind(client: httpx.Client) -> None:
    """Only push and restrict_merges name people."""
    path = "/2.0/repositories/acme/web/branch-restrictions"

    every = values(client, path)
    pushes = values(client, f"{path}?kind=push")

    assert [rule["kind"] for rule in pushes] == ["push"]
    assert pushes[0]["users"]
    assert len(every) == 2


def test_open_pull_requests_are_the_default(client: httpx.Client) -> None:
    """Without a state and without a query, only open ones come."""
    assert {found["state"] for found in values(client, PULL_REQUESTS)} == {"OPEN"}


def test_states_can_be_named(client: httpx.Client, world: World) -> None:
    """`state` may be given several times."""
    everything = list(world.workspace("acme").repository("web").pull_requests.values())
    wanted = {"MERGED", "DECLINED"}

    found = values(client, f"{PULL_REQUESTS}?state=MERGED&state=DECLINED")

    assert len(found) == sum(one.state in wanted for one in everything) > 0
    assert {one["state"] for one in found} <= wanted


def test_query_makes_state_ignored(client: httpx.Client, world: World) -> None:
    """With `q`, every state comes, whatever `state` says."""
    everything = world.workspace("acme").repository("web").pull_requests

    found = values(client, f"{PULL_REQUESTS}?state=OPEN&q=id>0")

    assert len(found) == len(everything)


def test_participants_cannot_be_filtered(client: httpx.Client) -> None:
    """Reviewers can, participants cannot."""
    assert client.get(PULL_REQUESTS, params={"q": 'reviewers.uuid = "x"'}).status_code == 200

    refused = client.get(PULL_REQUESTS, params={"q": 'participants.user.uuid = "x"'})

    assert refused.status_code == 400
    assert "does not support filtering" in refused.json()["error"]["message"]


def test_hashes_are_short_here_and_long_there(client: httpx.Client) -> None:
    """A pull request shows 12 characters of the hash that its commits show whole."""
    asked = client.get(f"{PULL_REQUESTS}/1").json()
    newest = client.get(f"{PULL_REQUESTS}/1/commits").json()["values"][0]

    assert len(newest["hash"]) == 40
    assert asked["source"]["commit"]["hash"] == newest["hash"][:12]


@pytest.mark.parametrize("rest", ["", "/activity", "/commits"])
def test_missing_pull_request_is_plain_text(client: httpx.Client, rest: str) -> None:
    """A 404 that is not JSON."""
    answer = client.get(f"{PULL_REQUESTS}/99999{rest}")

    assert (answer.status_code, answer.text) == (404, "Not Found")
    assert answer.headers["content-type"] == "text/plain"


def test_missing_repository_is_an_envelope_but_a_page_for_commits(client: httpx.Client) -> None:
    """One of them is meant for people."""
    envelope = client.get("/2.0/repositories/acme/nothing/pullrequests")
    page = client.get("/2.0/repositories/acme/nothing/commits")

    assert (envelope.status_code, envelope.json()["type"]) == (404, "error")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert len(page.content) > 20_000


def test_commits_of_a_repository_come_by_cursor(client: httpx.Client) -> None:
    """Newest first, thirty at a time, and `q` is ignored."""
    page = client.get("/2.0/repositories/acme/web/commits?q=nonsense").json()

    dates = [commit["date"] for commit in page["values"]]
    assert dates == sorted(dates, reverse=True)
    assert page["pagelen"] == 30
    assert "size" not in page


def test_denied_repository_is_listed_and_refused(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """A 403 on a repository that the list showed is normal."""
    bitbucket.change("deny_repository", workspace="acme", repository="api")

    listed = [repository["slug"] for repository in values(client, "/2.0/repositories/acme")]
    refused = client.get("/2.0/repositories/acme/api/pullrequests")
    bitbucket.change("allow_repository", workspace="acme", repository="api")

    assert "api" in listed
    assert refused.status_code == 403
    assert client.get("/2.0/repositories/acme/api/pullrequests").status_code == 200


def test_feed_of_a_repository_merges_those_of_its_pull_requests(client: httpx.Client) -> None:
    """Newest first, over all of them."""
    everything = values(client, f"{PULL_REQUESTS}?state=OPEN&state=MERGED&state=DECLINED&state=SUPERSEDED")
    single = sum(len(values(client, f"{PULL_REQUESTS}/{one['id']}/activity")) for one in everything)

    assert len(values(client, f"{PULL_REQUESTS}/activity?pagelen=50")) == single


def test_pull_requests_of_one_member(client: httpx.Client, world: World) -> None:
    """The author's, over all repositories; an unknown author is a 404."""
    author = world.workspace("acme").members[0].account
    homes = world.workspace("acme").repositories.values()
    theirs = [one for home in homes for one in home.pull_requests.values() if one.author is author]

    found = values(client, f"/2.0/workspaces/acme/pullrequests/{author.uuid}?q=id>0")

    assert len(found) == len(theirs) > 0
    assert client.get("/2.0/workspaces/acme/pullrequests/nobody").status_code == 404


def test_calls_are_counted_by_endpoint(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """Whatever the address, prefix and query, calls are counted where they belong."""
    client.get("/2.0/repositories/acme?page=1")
    client.get("https://bitbucket.org/api/2.0/repositories/acme")
    client.get("/2.0/repositories/acme/web/pullrequests/1/activity")
    client.get("/2.0/nothing")
    client.post("/site/oauth2/access_token")

    assert bitbucket.calls_by_endpoint() == {
        "GET (unknown)": 1,
        "GET /2.0/repositories/{workspace}": 2,
        "GET /2.0/repositories/{workspace}/{repository}/pullrequests/{id}/activity": 1,
        "POST /site/oauth2/access_token": 1,
    }
    assert bitbucket.calls[0] == ("GET", "/2.0/repositories/acme?page=1", 200, "key-one")


def test_many_threads_over_a_socket_get_what_they_asked_for(world: World) -> None:
    """Answers do not mix, and every call is on record."""
    bitbucket = Bitbucket(world, consumers=(CONSUMER,))
    slugs = list(world.workspace("acme").slugs) * 20
    limits = httpx.Limits(max_connections=8, max_keepalive_connections=8)

    with (
        serve(bitbucket.app) as origin,
        httpx.Client(base_url=origin, limits=limits) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        sign_in(client)
        found = list(threads.map(lambda slug: client.get(f"/2.0/repositories/acme/{slug}").json()["slug"], slugs))

    assert found == slugs
    assert len(bitbucket.calls) == len(slugs) + 1
