"""Whatever the Bitbucket stand-in answers is as the OpenAPI document says, and whatever that says can be got."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from attrs import evolve
from described import Operation, Witness, tagged

from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.sandbox.bitbucket.routes import TOKEN_PATH

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
API = "https://api.bitbucket.org"
ONE, WEAK = Consumer("key-one", "secret-one"), Consumer("key-two", "secret-two", scopes=())
WORKSPACES = ("acme", "umbrella")
AWKWARD = Sizes(3, 5, 2, 2, pull_requests=4, old_pull_requests=2, awkward=True, workspaces=WORKSPACES)
SMALL = Sizes(repositories=2, members=3, projects=2, groups=1, pull_requests=2, old_pull_requests=0)

BITBUCKET = tagged("Bitbucket")
READS = [one for one in BITBUCKET if one.method == "GET"]
LISTS = [one for one in BITBUCKET if "pagelen" in one.parameters]


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_page_lengths_are_those_that_are_served(operation: Operation) -> None:
    """A listing has the described length by default, takes the described maximum, and refuses one more."""
    bitbucket, witness = bitbucket_of(SMALL)
    client = signed_in(witness)
    said = operation.parameters["pagelen"]["schema"]
    path = address(operation, bitbucket)

    default, largest = client.get(path).json(), client.get(path, params={"pagelen": said["maximum"]}).json()
    too_long = client.get(path, params={"pagelen": said["maximum"] + 1})

    assert (default["pagelen"], largest["pagelen"]) == (said["default"], said["maximum"])
    assert (too_long.status_code, too_long.json()["error"]["message"]) == (400, "Invalid pagelen")


def bitbucket_of(sizes: Sizes) -> tuple[Bitbucket, Witness]:
    """A Bitbucket and the witness of its answers."""
    world = make_world(1, sizes, NOW)
    bitbucket = Bitbucket(world, consumers=(ONE, WEAK), calls_per_hour=100_000, clock=NOW.timestamp)
    return bitbucket, Witness(bitbucket.app)


def signed_in(witness: Witness, consumer: Consumer = ONE) -> httpx.Client:
    """A client behind that witness, with a token of the consumer."""
    client = httpx.Client(transport=httpx.MockTransport(witness.app), base_url=API)
    form = {"grant_type": "client_credentials"}
    answer = client.post(TOKEN_PATH, auth=(consumer.key, consumer.secret), data=form)
    client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    return client


def address(operation: Operation, bitbucket: Bitbucket) -> str:
    """An address of the operation in the first workspace where something answers."""
    place = bitbucket.world.workspaces[0]
    home = next(home for home in place.repositories.values() if home.pull_requests)
    names = {
        "workspace": place.slug,
        "repository": home.slug,
        "id": next(iter(home.pull_requests)),
        "rule": next(iter(home.restrictions)),
        "key": next(iter(place.projects)),
        "member": place.members[0].account.uuid,
        "user": "anybody",
        "revision": "main",
    }
    return operation.template.format(**names)


def test_every_answer_of_an_awkward_world_is_as_described() -> None:
    """Whatever real workspaces have that is odd, answers hold what is described: no more, no less."""
    bitbucket, witness = bitbucket_of(AWKWARD)
    client = signed_in(witness)

    for operation, path in addresses(bitbucket):
        following: str | None = path
        while following is not None:
            answer = client.get(following)
            following = answer.json().get("next") if operation in LISTS and answer.is_success else None

    assert witness.mistakes == []
    assert {one for one, status in witness.seen if status == 200} == {one for one in BITBUCKET if 200 in one.statuses}


def addresses(bitbucket: Bitbucket) -> Iterator[tuple[Operation, str]]:
    """An address for everything in the world; listings come in short pages and with everything hidden."""
    more = "pagelen=2&fields=%2Bvalues.reviewers,%2Bvalues.participants,%2Bvalues.rendered"
    for operation in BITBUCKET:
        for place in bitbucket.world.workspaces if operation.method == "GET" else ():
            for names in places(operation, place):
                path = operation.template.format(workspace=place.slug, user="anybody", revision="main", **names)
                yield operation, f"{path}?{more}" if operation in LISTS else path


def places(operation: Operation, place: Any) -> Iterator[dict[str, Any]]:
    """The names of everything in the workspace that such a path leads to."""
    match [name for name in operation.names() if name in {"repository", "id", "key", "member", "rule"}]:
        case ["repository", "id"]:
            for home in place.repositories.values():
                yield from ({"repository": home.uuid, "id": number} for number in home.pull_requests)
        case ["repository", "rule"]:
            for home in place.repositories.values():
                yield from ({"repository": home.uuid, "rule": number} for number in home.restrictions)
        case ["repository"]:
            yield from ({"repository": uuid} for uuid in place.repositories)
        case ["key"]:
            yield from ({"key": key} for key in place.projects)
        case ["member"]:
            yield from ({"member": member.account.uuid} for member in place.members if member.account.uuid)
        case _:
            yield {}


@pytest.mark.parametrize("prefix", ["/1.0", "/api/1.0", "/!api/1.0"])
def test_groups_are_as_described_at_every_address(prefix: str) -> None:
    """API 1.0 answers under each of its prefixes."""
    _, witness = bitbucket_of(AWKWARD)

    statuses = [signed_in(witness).get(f"{prefix}/groups/{slug}").status_code for slug in WORKSPACES]

    assert (statuses, witness.mistakes) == ([200, 200], [])


def _renamed(bitbucket: Bitbucket, client: httpx.Client, path: str) -> httpx.Response:
    slug = path.split("/")[4]
    bitbucket.change("rename_repository", workspace="acme", repository=slug, to="renamed")
    return client.get(path)


def _unchanged(_bitbucket: Bitbucket, client: httpx.Client, path: str) -> httpx.Response:
    return client.get(path, headers={"if-none-match": client.get(path).headers["etag"]})


def _spent(bitbucket: Bitbucket, client: httpx.Client, path: str) -> httpx.Response:
    bitbucket.limit_everything = True
    bitbucket.spend(ONE.key)
    return client.get(path)


def _weakly(bitbucket: Bitbucket, _client: httpx.Client, path: str) -> httpx.Response:
    return signed_in(Witness(bitbucket.app), WEAK).get(path)


Provoke = Callable[[Bitbucket, httpx.Client, str], httpx.Response]

#: How to get an answer of that status.
PROVOKED: dict[int, Provoke] = {
    200: lambda _, client, path: client.get(path),
    301: _renamed,
    304: _unchanged,
    400: lambda _, client, path: client.get(path, params={"pagelen": 0}),
    401: lambda _, client, path: client.get(path, headers={"authorization": "Bearer unknown"}),
    403: _weakly,
    404: lambda _, client, path: client.get(path.replace("/acme", "/nobody")),
    410: lambda _, client, path: client.get(path),
    429: _spent,
}


@pytest.mark.parametrize(
    ("operation", "status"),
    [pytest.param(one, status, id=f"{one} {status}") for one in READS for status in one.statuses],
)
def test_every_described_status_is_answered_as_described(operation: Operation, status: int) -> None:
    """No status is described that cannot be got, and its body is as described."""
    bitbucket, witness = bitbucket_of(SMALL)
    client = signed_in(witness)

    answer = PROVOKED[status](bitbucket, client, address(operation, bitbucket))

    assert answer.status_code == status
    assert witness.mistakes == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/2.0/repositories/acme/{slug}/pullrequests/999", 404),
        ("/2.0/repositories/acme/{slug}/pullrequests/999/commits", 404),
        ("/2.0/repositories/acme/{slug}/pullrequests?q=nonsense", 400),
        ("/2.0/repositories/acme/{slug}/pullrequests?q=participants.uuid%3D%22x%22", 400),
        ("/2.0/repositories/acme/{slug}/pullrequests?sort=nonsense", 400),
        ("/2.0/repositories/acme/{slug}/pullrequests?page=1&page=2", 400),
        ("/2.0/repositories/acme/{slug}/pullrequests/{number}/commits?page=2", 400),
        ("/2.0/repositories/acme?page=0", 400),
        ("/2.0/workspaces/acme/projects/NONE", 404),
        ("/2.0/workspaces/acme/members/nobody", 404),
    ],
)
def test_refusals_are_as_described(path: str, status: int) -> None:
    """Every other way to be refused is described as well, plain text and all."""
    bitbucket, witness = bitbucket_of(SMALL)
    home = next(home for home in bitbucket.world.workspaces[0].repositories.values() if home.pull_requests)

    answer = signed_in(witness).get(path.format(slug=home.slug, number=next(iter(home.pull_requests))))

    assert (answer.status_code, witness.mistakes) == (status, [])


@pytest.mark.parametrize(
    ("consumer", "form"),
    [
        (evolve(ONE, secret="wrong"), {"grant_type": "client_credentials"}),
        (evolve(ONE, public=True), {"grant_type": "client_credentials"}),
        (ONE, {"grant_type": "password"}),
    ],
)
def test_refused_tokens_are_as_described(consumer: Consumer, form: dict[str, str]) -> None:
    """The token endpoint refuses in OAuth's words, not in those of the API."""
    known = consumer if consumer.public else ONE
    witness = Witness(Bitbucket(make_world(1, SMALL, NOW), consumers=(known,)).app)
    client = httpx.Client(transport=httpx.MockTransport(witness.app), base_url=API)

    answer = client.post(TOKEN_PATH, auth=(consumer.key, consumer.secret), data=form)

    assert (answer.status_code, witness.mistakes) == (400, [])


@pytest.mark.parametrize("dialect", ["scope", "scopes"])
def test_tokens_are_as_described_in_both_dialects(dialect: Any) -> None:
    """Tokens are worded in one of two ways, and both are described."""
    consumer = evolve(ONE, dialect=dialect)
    witness = Witness(Bitbucket(make_world(1, SMALL, NOW), consumers=(consumer,)).app)

    signed_in(witness, consumer)

    assert {status for _, status in witness.seen} == {200}
    assert witness.mistakes == []
