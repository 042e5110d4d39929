"""What is promised of a graph in a file holds on a server, too; and more of one that many runners write to."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psycopg
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine, event

from bbsync.errors import Locked, SettingsError, StalePlan, TargetError
from bbsync.graph import EMPTY, Entity, Graph, Relationship
from bbsync.local.graph_on_server import SNAPSHOTS, GraphOnServer
from bbsync.postgres.texts import received, sent
from bbsync.target import Counters
from tests.local.test_graph_file import (
    digests,
    graphs,
    quiet,
    repository,
    test_serial_counts_the_writes_that_changed_something,
    words,
)
from tests.postgres.server_rig import Server

__all__ = [  # they run here with the fixture below
    "test_serial_counts_the_writes_that_changed_something",
]

NUMBERS = count()


@pytest.fixture(name="target")
def _target(url: str) -> GraphOnServer:
    return GraphOnServer(url, "bbsync")


@pytest.fixture(scope="module")
def lasting(server: Server) -> Iterator[str]:
    """An address for all examples of a law; each takes a scope of its own."""
    return server.schema_url("laws")


def write(target: GraphOnServer, graph: Graph) -> Counters:
    """Make the database hold this graph."""
    return target.replace(target.read_snapshot(), graph, quiet)


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    """What people see who ask in plain SQL."""
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graphs(), graphs())
def test_what_was_written_is_read_and_counted(lasting: str, one: Graph, other: Graph) -> None:
    """After a write the server holds exactly that graph, and what it counted is the difference."""
    target = GraphOnServer(lasting, f"scope {next(NUMBERS)}")
    write(target, one)

    counters = write(target, other)

    assert digests(target.read_snapshot().graph) == digests(other)
    assert counters == Counters.between(one, other)


@given(words)
def test_any_text_comes_back(text: str) -> None:
    """What a server does not take is spelt otherwise, and nothing is mistaken for such a spelling."""
    assert "\0" not in sent(text)
    assert received(sent(text)) == text
    assert received(sent(sent(text))) == sent(text)


def test_reading_makes_nothing(url: str, server: Server, schema: str) -> None:
    """Who only plans needs no right to make anything."""
    found = GraphOnServer(url, "bbsync").read_snapshot()

    assert found.graph == EMPTY
    assert server.execute(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'") == []  # noqa: S608 - ours


def test_views_say_what_is_there(url: str, target: GraphOnServer) -> None:
    """People ask by the names they know; odd names and values are no hindrance."""
    odd = Entity("{2}", '50% "odd" type', ("A",), {"it's %s": "x%y"})
    hostile = repository("{3}", fullName="acme/evil", description="a\0b")
    tie = Relationship("{1}|has|{2}", "repo_has_odd", "HAS", "{repository-1}", "{2}")

    write(target, Graph.of([repository(fullName="acme/web", public=False), odd, hostile], [tie]))

    assert ask(url, 'SELECT "fullName", public FROM bitbucket_repo ORDER BY 1') == [("acme/web", "false"), (None, None)]
    assert ask(url, """SELECT "it's %s" FROM "50% ""odd"" type" """) == [("x%y",)]
    assert ask(url, 'SELECT "_toEntityKey" FROM repo_has_odd') == [("{2}",)]


def test_views_follow_the_graph_and_leave_others_alone(
    url: str, target: GraphOnServer, server: Server, schema: str
) -> None:
    """A type that is gone has no view; one that somebody else made stays."""
    write(target, Graph.of([repository(fullName="acme/web")]))
    server.execute("CREATE VIEW theirs AS SELECT 1 AS one", schema)

    write(target, Graph.of([Entity("{p}", "bitbucket_project", ("Project",), {"name": "x" * 80, "n" * 80: 1})]))

    names = ask(url, "SELECT viewname::text FROM pg_views WHERE schemaname = current_schema() ORDER BY 1")
    assert names == [("bitbucket_project",), ("theirs",)]


def test_graph_that_moved_is_not_overwritten(target: GraphOnServer) -> None:
    """Whoever read it before somebody else wrote is told, and nothing of it is written."""
    before = target.read_snapshot()
    write(target, Graph.of([repository()]))

    with pytest.raises(StalePlan, match="was at serial 0 and is at 1"):
        target.replace(before, EMPTY, quiet)

    assert [*target.read_snapshot().graph.entities] == ["{repository-1}"]


def test_of_many_who_write_at_once_one_does(target: GraphOnServer) -> None:
    """All have read the same graph: the first one wins, also while the tables are being made."""
    before = target.read_snapshot()

    def attempt(number: int) -> bool:
        try:
            target.replace(before, Graph.of([repository(number=number)]), quiet)
        except StalePlan:
            return False
        return True

    with ThreadPoolExecutor(6) as runners:
        won = list(runners.map(attempt, range(6)))

    assert won.count(True) == 1
    assert target.read_standing().serial == 1


@pytest.mark.parametrize("looks", range(1, 4))  # the fourth takes the turn
def test_tables_that_appear_between_two_looks_are_ours(url: str, target: GraphOnServer, looks: int) -> None:
    """Whichever look another runner makes the tables after, they are not taken for another program's."""
    seen = count(1)

    def make_tables(*_: object) -> None:
        if next(seen) == looks:
            write(GraphOnServer(url, "other"), EMPTY)

    event.listen(Engine, "after_cursor_execute", make_tables)
    try:
        write(target, Graph.of([repository()]))
    finally:
        event.remove(Engine, "after_cursor_execute", make_tables)

    assert next(seen) > looks
    assert [*target.read_snapshot().graph.entities] == ["{repository-1}"]


def test_scopes_are_written_side_by_side(url: str, target: GraphOnServer) -> None:
    """A large apply of one graph keeps nobody from writing another; one to the same graph is told to wait."""
    other = GraphOnServer(url, "other")
    impatient = GraphOnServer(url.replace("options=", "options=-clock_timeout%3D20ms%20"), "bbsync")
    write(other, EMPTY)
    before = target.read_snapshot()

    with target.writing():
        write(other, Graph.of([repository(name="there")]))
        with pytest.raises(Locked, match="Somebody else is writing"):
            impatient.replace(before, Graph.of([repository()]), quiet)

    assert len(other.read_snapshot().graph) == 1


def test_kept_snapshots_are_in_no_view(url: str, target: GraphOnServer) -> None:
    """What the last apply left is kept beside the graph, and people who ask for the graph do not see it twice."""
    graph = Graph.of([repository(fullName="acme/web")])
    write(target, graph)

    write(evolve(target, shelves=SNAPSHOTS), graph)

    assert ask(url, "SELECT count(*) FROM bitbucket_repo") == [(1,)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE bbsync_format_of_entities SET version = 2", "BB-LOCAL-FORMAT"),
        ("DROP TABLE bbsync_format_of_entities", "BB-LOCAL-OTHER"),
        ("UPDATE entities SET properties = 'no JSON'", "BB-LOCAL-DAMAGED"),
        ("DROP TABLE meta", "BB-LOCAL-UNUSABLE"),
    ],
)
def test_what_is_not_ours_to_read_is_said(
    url: str, target: GraphOnServer, server: Server, schema: str, change: str, code: str
) -> None:
    """A newer version's, another program's and damaged tables are left as they are."""
    write(target, Graph.of([repository()]))
    server.execute(change, schema)

    with pytest.raises(TargetError) as caught:
        target.read_snapshot()

    assert caught.value.code == code


def test_a_server_that_does_not_let_us_in_is_a_sentence(server: Server) -> None:
    """With the code that records on a server have too, and without the password."""
    target = GraphOnServer(server.url(user="guarded:wrong-horse-battery"), "bbsync")

    with pytest.raises(TargetError, match="does not let this user in") as caught:
        target.read_snapshot()

    assert caught.value.code == "BB-POSTGRES-LOGIN"
    assert "wrong-horse" not in f"{caught.value}{target!r}{target.address}"


@pytest.mark.parametrize(
    "url", ["mysql://ada:hunter2-hunter2@db/x", "sqlite:///graph.db", "hunter2-hunter2", "postgresql://h:port/x"]
)
def test_an_address_of_nothing_known_is_refused(url: str) -> None:
    """The sentence does not repeat it."""
    with pytest.raises(SettingsError, match=r"url in \[target\] is not the address") as caught:
        GraphOnServer(url, "bbsync")

    assert "hunter2" not in str(caught.value)


def test_the_address_is_the_same_for_every_runner() -> None:
    """Users, passwords and options differ; database, schema and scope make the graph."""
    one = GraphOnServer("postgresql://ada:hunter2-hunter2@db:5432/graphs?options=-csearch_path%3Dacme", "bbsync")
    other = GraphOnServer("postgresql+psycopg://bob@db/graphs?options=-csearch_path%3Dacme&sslmode=require", "bbsync")

    assert one.address == other.address == "local postgresql://db/graphs, schema acme, scope bbsync"
