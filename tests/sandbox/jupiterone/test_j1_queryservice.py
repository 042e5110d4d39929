"""Pages, cursors and deferred results."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupiterone_client import Client, Document, entity


def with_repositories(count: int, **settings: object) -> Client:
    """An account with that many repositories."""
    client = Client(**settings)
    client.account.put([entity(number) for number in range(count)], scope="bbsync")
    return client


def pages(client: Client, query: str = "FIND *") -> list[Document]:
    """Every page until the cursor is null."""
    found = [client.ask(query)]
    while found[-1]["cursor"] is not None:
        found.append(client.ask(query, cursor=found[-1]["cursor"]))
    return found


@given(st.integers(0, 30), st.lists(st.integers(0, 5), max_size=6))
def test_pages_make_up_the_whole(count: int, sizes: list[int]) -> None:
    """Short and empty pages are normal; the cursor alone says whether there is more."""
    client = with_repositories(count, page_size=lambda number: dict(enumerate(sizes, 1)).get(number, 7))

    found = pages(client)

    keys = [row["entity"]["_key"] for page in found for row in page["data"]]
    assert sorted(keys) == sorted(f"repository-{number}" for number in range(count))
    assert {page["totalCount"] for page in found} == {count}


def test_empty_pages_can_come_with_a_cursor() -> None:
    """A client that stops at an empty page loses the rest."""
    client = with_repositories(3, page_size=lambda number: 0 if number == 2 else 2)

    sizes = [len(page["data"]) for page in pages(client)]

    assert sizes == [2, 0, 1]


def test_a_cursor_can_be_used_again() -> None:
    """A page whose answer was lost can be asked for once more, whatever has happened to the graph."""
    client = with_repositories(4, page_size=2)
    cursor = client.ask("FIND *")["cursor"]

    first = client.ask("FIND *", cursor=cursor)["data"]
    client.account.remove("repository-1", scope="bbsync")
    second = client.ask("FIND *", cursor=cursor)["data"]

    assert first == second


@pytest.mark.parametrize("cursor", ["nonsense", "bm9wZQ==", "WzFd", "WyJhIiwgMSwgMF0="])
def test_a_cursor_is_not_made_up(cursor: str) -> None:
    """What is no cursor of ours is refused."""
    client = with_repositories(1)

    message = client.refused("FIND *", cursor=cursor)

    assert message == "Invalid cursor"


def test_a_cursor_belongs_to_its_query() -> None:
    """The next page of one query is not a page of another."""
    client = with_repositories(2, page_size=1)
    cursor = client.ask("FIND *")["cursor"]

    message = client.refused("FIND bitbucket_repo", cursor=cursor)

    assert message == "Invalid cursor"


@pytest.mark.parametrize("polls", [0, 1, 3])
def test_deferred_results_take_a_while(polls: int) -> None:
    """FORCE answers an address, which is IN_PROGRESS for some polls and then holds the page."""
    client = with_repositories(3, page_size=2, polls_in_progress=polls)
    announced = client.ask("FIND *", deferredResponse="FORCE")

    states = [client.bare.get(announced["url"]).json() for _ in range(polls + 1)]

    assert (announced["type"], announced["data"], announced["cursor"]) == ("deferred", None, None)
    assert [state["status"] for state in states] == ["IN_PROGRESS"] * polls + ["COMPLETED"]
    assert len(states[-1]["data"]) == 2
    assert {state["correlationId"] for state in states} == {announced["correlationId"]}


def test_deferred_results_are_inline_and_in_a_file() -> None:
    """Clients read the state document, or the file it points to; both say the same."""
    client = with_repositories(3, page_size=2, polls_in_progress=0)
    announced = client.ask("FIND *", deferredResponse="FORCE")

    state = client.bare.get(announced["url"]).json()
    file = client.bare.get(state["url"]).json()

    assert file.items() <= state.items()
    assert file.keys() == {"type", "data", "cursor", "totalCount"}


def test_the_next_deferred_page_is_asked_for_with_the_cursor() -> None:
    """The cursor in a deferred document leads to another deferred document."""
    client = with_repositories(3, page_size=2, polls_in_progress=0)
    state = client.bare.get(client.ask("FIND *", deferredResponse="FORCE")["url"]).json()

    following = client.ask("FIND *", deferredResponse="FORCE", cursor=state["cursor"])
    last = client.bare.get(following["url"]).json()

    assert (len(last["data"]), "cursor" in last) == (1, False)


def test_credentials_are_not_for_signed_addresses() -> None:
    """Object storage refuses a signed address together with a bearer token."""
    client = with_repositories(1)
    url = client.ask("FIND *", deferredResponse="FORCE")["url"]

    answer = client.http.get(url)

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/deferred/unknown", "/deferred/unknown/results", "/deferred/"])
def test_unknown_documents_are_not_found(path: str) -> None:
    """Only announced documents exist."""
    client = Client()

    answer = client.bare.get(f"http://jupiterone.test{path}")

    assert answer.status_code == 404


@pytest.mark.parametrize("mode", ["OPTIONAL", "DISABLED", None])
def test_other_results_come_at_once(mode: str | None) -> None:
    """Without FORCE the data is in the answer."""
    client = with_repositories(2)

    answer = client.ask("FIND *", deferredResponse=mode)

    assert (answer["type"], len(answer["data"]), answer["url"]) == ("list", 2, None)


def test_a_parse_error_is_told_at_once() -> None:
    """Even a forced query that is not J1QL is refused where it was asked."""
    client = Client()

    message = client.refused("FIND", deferredResponse="FORCE")

    assert message.endswith("(code=SYNTAX_ERROR)")


def test_old_results_are_forgotten() -> None:
    """A long-running stand-in does not grow with every query; a forgotten cursor is invalid."""
    client = with_repositories(2, page_size=1)
    cursor = client.ask("FIND *")["cursor"]

    for _ in range(32):
        client.ask("FIND *")

    assert client.refused("FIND *", cursor=cursor) == "Invalid cursor"
