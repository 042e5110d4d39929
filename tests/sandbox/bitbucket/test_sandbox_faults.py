"""Faults by rule of the Bitbucket stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from bitbucket_rig import CONSUMER, sign_in

from bbsync.sandbox.bitbucket import Bitbucket, Fault, World
from bbsync.sandbox.server import serve

Connect = Callable[..., tuple[Bitbucket, httpx.Client]]

REPOSITORIES = "/2.0/repositories/acme?pagelen=2"
GROUPS = "/1.0/groups/acme"


@pytest.fixture
def over_socket(world: World) -> Iterator[tuple[Bitbucket, httpx.Client]]:
    bitbucket = Bitbucket(world, consumers=(CONSUMER,))
    with serve(bitbucket.app) as origin, httpx.Client(base_url=origin) as client:
        sign_in(client)
        yield bitbucket, client


def test_fault_strikes_where_its_path_is_found(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """The expression is searched in path and query; other calls go well."""
    bitbucket.faults.append(Fault(r"[?&]page=2\b", status=403))

    statuses = [client.get(f"{REPOSITORIES}&page={page}").status_code for page in (1, 2, 3)]

    assert statuses == [200, 403, 200]


def test_fault_may_wait_and_end(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """It lets the first ones pass, strikes so many times, and is over."""
    bitbucket.faults.append(Fault("repositories", status=500, after=1, times=2))

    statuses = [client.get(REPOSITORIES).status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]


def test_faults_can_be_taken_back(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """The list may be changed at any time."""
    bitbucket.faults.append(Fault("."))
    bitbucket.faults.clear()

    assert client.get(REPOSITORIES).status_code == 200


@pytest.mark.parametrize(
    ("status", "content_type"),
    [(400, "application/json"), (401, "application/json"), (403, "application/json"), (404, "application/json"),
     (429, "text/plain"), (500, "text/html"), (503, "text/html")],
)  # fmt: skip
def test_status_fault_answers_as_bitbucket_words_it(
    bitbucket: Bitbucket, client: httpx.Client, status: int, content_type: str
) -> None:
    """Refusals come in the envelope, the limit in plain text, breakdowns as a page."""
    bitbucket.faults.append(Fault("repositories", status=status))

    answer = client.get(REPOSITORIES)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(content_type)


def test_fault_may_bring_its_own_headers_and_body(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """Whatever a proxy might say."""
    fault = Fault("repositories", status=503, headers={"retry-after": "7"}, body='{"values": [], "size": 12}')
    bitbucket.faults.append(fault)

    answer = client.get(REPOSITORIES)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json() == {"values": [], "size": 12}


def test_malformed_answer_is_half_of_the_right_one(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """It looks well until it is parsed."""
    whole = client.get(REPOSITORIES).content
    bitbucket.faults.append(Fault("repositories", "malformed"))

    answer = client.get(REPOSITORIES)

    assert answer.status_code == 200
    assert answer.content == whole[: len(whole) // 2]


def test_foreign_next_leads_elsewhere(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """Following it would carry the token away."""
    bitbucket.faults.append(Fault("repositories", "foreign_next"))

    following = httpx.URL(client.get(REPOSITORIES).json()["next"])

    assert following.host == "bitbucket.example.net"
    assert following.path == "/2.0/repositories/acme"


def test_loop_leads_to_the_same_page(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """`next` is the address that was asked for."""
    bitbucket.faults.append(Fault("repositories", "loop"))

    answer = client.get(REPOSITORIES)

    assert answer.json()["next"] == str(answer.request.url)


def test_duplicate_repeats_an_item(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """The size stays what it was."""
    bitbucket.faults.append(Fault("repositories", "duplicate"))

    page = client.get(REPOSITORIES).json()

    assert [repository["slug"] for repository in page["values"]] == ["web", "api", "web"]
    assert page["size"] == 7


def test_empty_page_keeps_its_size(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """No values and no `next`, but a size that tells."""
    bitbucket.faults += [Fault("repositories", "empty"), Fault("groups", "empty")]

    assert client.get(REPOSITORIES).json() == {"values": [], "pagelen": 2, "size": 7, "page": 1}
    assert client.get(GROUPS).json() == []


@pytest.mark.parametrize("kind", ["loop", "duplicate", "foreign_next"])
def test_answers_without_pages_cannot_be_spoilt_by_page(bitbucket: Bitbucket, client: httpx.Client, kind: str) -> None:
    """A bare array and a single object stay what they are."""
    whole = client.get(GROUPS).json()
    bitbucket.faults.append(Fault(".", kind))  # type: ignore[arg-type]  # from the table above

    assert client.get(GROUPS).json() == whole
    assert client.get("/2.0/workspaces/acme").json()["slug"] == "acme"


def test_login_page_is_html_with_status_200(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """What a proxy puts in front."""
    bitbucket.faults.append(Fault("repositories", "html"))

    answer = client.get(REPOSITORIES)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_redirect_leads_to_the_login(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """A redirect off the API."""
    bitbucket.faults.append(Fault("repositories", "redirect"))

    answer = client.get(REPOSITORIES)

    assert answer.status_code == 302
    assert answer.headers["location"] == "https://bitbucket.org/account/signin/"


def test_null_and_wrong_schema_are_json(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """They parse, and are not what was asked for."""
    bitbucket.faults += [Fault("repositories", "null", times=1), Fault("repositories", "wrong_schema")]

    assert client.get(REPOSITORIES).json() is None
    assert not isinstance(client.get(REPOSITORIES).json()["values"], list)


def test_refusals_are_not_spoilt(bitbucket: Bitbucket, client: httpx.Client) -> None:
    """A rule about pages leaves a 404 alone."""
    bitbucket.faults.append(Fault("repositories", "malformed"))

    answer = client.get("/2.0/repositories/acme/nothing")

    assert answer.json()["type"] == "error"


@pytest.mark.parametrize("kind", ["reset", "truncated"])
def test_broken_connections_are_errors_in_process(bitbucket: Bitbucket, client: httpx.Client, kind: str) -> None:
    """With no socket in between, the client's own error comes; the call is on record with status 0."""
    bitbucket.faults.append(Fault("repositories", kind))  # type: ignore[arg-type]  # from the table above

    with pytest.raises(httpx.TransportError):
        client.get(REPOSITORIES)

    assert bitbucket.calls == [("GET", REPOSITORIES, 0, "key-one")]


def test_reset_breaks_the_connection(over_socket: tuple[Bitbucket, httpx.Client]) -> None:
    """Over a socket the connection is gone before an answer, and the next call goes well."""
    bitbucket, client = over_socket
    bitbucket.faults.append(Fault("repositories", "reset", times=1))

    with pytest.raises(httpx.TransportError):
        client.get(REPOSITORIES)

    assert client.get(REPOSITORIES).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_truncated_answer_ends_too_early(over_socket: tuple[Bitbucket, httpx.Client], encoding: str) -> None:
    """Over a socket the body is shorter than its length says, compressed or not."""
    bitbucket, client = over_socket
    bitbucket.faults.append(Fault("repositories", "truncated", times=1))

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(REPOSITORIES, headers={"accept-encoding": encoding})

    assert client.get(REPOSITORIES).status_code == 200


def test_answers_are_compressed_over_a_socket(over_socket: tuple[Bitbucket, httpx.Client]) -> None:
    """gzip where the client takes it, and the etag says so."""
    _, client = over_socket

    small = client.get(REPOSITORIES)
    large = client.get(REPOSITORIES, headers={"accept-encoding": "identity"})

    assert small.headers["content-encoding"] == "gzip"
    assert small.headers["etag"].startswith('"gz[')
    assert small.json() == large.json()
    assert small.num_bytes_downloaded < len(large.content) / 2


def test_latency_is_slept_before_each_answer(connect: Connect) -> None:
    """The clock is the caller's."""
    naps: list[float] = []
    _, client = connect(latency=0.05, sleep=naps.append)

    client.get(REPOSITORIES)

    assert naps == [0.05, 0.05]
