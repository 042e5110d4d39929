"""Queries: deferred, page after page, until there is no cursor."""

from __future__ import annotations

import httpx
import pytest
from jupiterone_rig import ELSEWHERE, Graph, Rig, client_for, deferring

from bbsync.errors import TargetError
from bbsync.graph import Entity
from bbsync.graph import Graph as Elements
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.query import ASKED_FOR, pages
from bbsync.jupiterone.snapshot import read_snapshot
from bbsync.target import Snapshot

FIVE = Elements.of(
    Entity(f"{{repository-{number}}}", "bitbucket_repo", ("CodeRepo",), {"displayName": f"r{number}"})
    for number in range(5)
)


def test_results_are_waited_for() -> None:
    """A result that is in progress is asked for again, after a pause."""
    slept: list[float] = []
    app = deferring({"status": "IN_PROGRESS"}, {"status": "IN_PROGRESS"}, {"status": "COMPLETED", "data": [1]})

    with client_for(app, sleep=slept.append) as client:
        found = list(pages(client, "FIND *"))

    assert found == [[1]]
    assert len(slept) == 2


def test_results_may_lie_in_another_place() -> None:
    """The finished document may hold the data, or name where it is."""
    app = deferring({"status": "COMPLETED", "url": ELSEWHERE}, {"type": "list", "data": [1]})

    with client_for(app) as client:
        assert list(pages(client, "FIND *")) == [[1]]


def test_empty_page_is_not_the_end() -> None:
    """Only a missing cursor is."""
    app = deferring(
        {"status": "COMPLETED", "data": [1], "cursor": "a"},
        {"status": "COMPLETED", "data": [], "cursor": "b"},
        {"status": "COMPLETED", "data": [2], "cursor": None},
    )

    with client_for(app) as client:
        assert list(pages(client, "FIND *")) == [[1], [], [2]]


def test_circle_of_pages_is_an_error() -> None:
    """A cursor that comes again would never end."""
    app = deferring({"status": "COMPLETED", "data": [1], "cursor": "a"})

    with client_for(app) as client, pytest.raises(TargetError, match="round in a circle"):
        list(pages(client, "FIND *"))


def test_failed_query_is_told() -> None:
    """JupiterOne's reason is passed on."""
    app = deferring({"status": "FAILED", "error": "too much"})

    with client_for(app) as client, pytest.raises(TargetError, match="It says: too much"):
        list(pages(client, "FIND *"))


@pytest.mark.parametrize("status", [403, 404, 410])
def test_result_that_has_expired_is_asked_for_again(rig: Rig, status: int) -> None:
    """A page whose result is gone is asked for with the same cursor, and nothing is lost or doubled."""
    rig.jupiterone.page_size = 1
    target = rig.target()
    target.replace(Snapshot(), FIVE, lambda _line: None)
    rig.fail("GET /deferred", status=status, times=ASKED_FOR - 1, after=3)

    snapshot = target.read_snapshot()

    assert snapshot == Snapshot(FIVE)


def test_result_that_is_never_there_is_an_error(rig: Rig) -> None:
    """A page is asked for three times, and then it is said."""
    rig.fail("GET /deferred", status=403)

    with pytest.raises(TargetError, match="gone before they can be fetched"):
        rig.target().read_snapshot()

    assert len(rig.sent("/")) == ASKED_FOR


def test_every_query_needs_leave() -> None:
    """Polls of a result cost nothing; a page does."""
    taken: list[int] = []
    app = deferring(
        {"status": "COMPLETED", "data": [1], "cursor": "a"},
        {"status": "IN_PROGRESS"},
        {"status": "COMPLETED", "data": [2], "cursor": None},
    )

    with client_for(app, allowance=lambda: taken.append(1)) as client:
        list(pages(client, "FIND *"))

    assert len(taken) == 2


def test_query_that_never_ends_is_an_error() -> None:
    """Waiting ends after ten minutes."""
    slept: list[float] = []
    app = deferring({"status": "IN_PROGRESS"})

    with client_for(app, sleep=slept.append) as client, pytest.raises(TargetError, match="in time"):
        list(pages(client, "FIND *"))

    assert 600 <= sum(slept) <= 610


@pytest.mark.parametrize("state", [{"status": "COMPLETED"}, {}, {"status": "COMPLETED", "url": 1}])
def test_result_without_data_is_an_error(state: dict[str, object]) -> None:
    """No data is not an empty graph."""
    with client_for(deferring(state)) as client, pytest.raises(TargetError, match="neither data nor"):
        list(pages(client, "FIND *"))


@pytest.mark.parametrize("answer", [{"queryV1": None}, {}, {"queryV1": {"type": "list"}}])
def test_answer_without_a_place_is_an_error(answer: dict[str, object]) -> None:
    """An answer that defers must say where to."""
    with (
        client_for(lambda _: httpx.Response(200, json={"data": answer})) as client,
        pytest.raises(TargetError, match="no address of a result"),
    ):
        list(pages(client, "FIND *"))


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1"},
        {"id": "1", "entity": {}},
        {"id": "1", "entity": {"_key": "k", "_type": [], "_class": []}, "properties": {}},
        {"id": "1", "entity": {"_key": "k", "_type": "t", "_class": "C"}, "properties": {"nested": {"a": 1}}},
    ],
)
def test_row_of_another_shape_is_an_error(row: dict[str, object]) -> None:
    """What cannot be understood is not taken for an empty graph."""
    app = Graph([{"id": "1", "entity": {"_type": "t"}}])
    counts = app.page

    def page(query: str, cursor: str | None) -> dict[str, object]:
        return counts(query, cursor) if "count" in query else {"data": [row]}

    app.page = page

    with client_for(app) as client, pytest.raises(TargetError, match="A result has another shape"):
        read_snapshot(client, Ownership.of_scope("bbsync"))


@pytest.mark.parametrize(
    "data", ["text", {"vertices": []}, [{"id": "1"}], [{"type": [], "number": 1}], [{"type": "t"}]]
)
def test_count_of_another_shape_is_an_error(data: object) -> None:
    """Nor is a number that is none."""
    app = deferring({"status": "COMPLETED", "data": data})

    with client_for(app) as client, pytest.raises(TargetError, match="A result has another shape"):
        read_snapshot(client, Ownership.of_scope("bbsync"))


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404}, {"kind": "reset"}, {"kind": "malformed"}])
@pytest.mark.parametrize("path", ["POST /$", "GET /deferred"])
def test_lost_page_is_never_an_empty_graph(rig: Rig, path: str, fault: dict[str, object]) -> None:
    """A query that fails gives no snapshot at all."""
    rig.fail(path, **fault)

    with pytest.raises(TargetError):
        rig.target().read_snapshot()


def test_reading_sends_nothing_that_writes(rig: Rig) -> None:
    """A snapshot is two queries, asked with the key that reads."""
    rig.target().read_snapshot()

    assert {request.url.path for request in rig.requests if request.method != "GET"} == {"/"}
    assert rig.jupiterone.jobs == {}
