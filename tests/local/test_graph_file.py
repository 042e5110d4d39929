"""The local target: what it promises as a store."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bbsync.errors import Locked, StalePlan, TargetError
from bbsync.graph import EMPTY, Entity, Graph, Relationship, digest
from bbsync.local.database import FORMAT
from bbsync.local.graph_file import GraphFile
from bbsync.overlay import Overlay
from bbsync.target import Counters, Snapshot
from tests.tested_package import HOME

NOON = 1_790_000_000.0

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
arrays = st.one_of(
    *(
        st.lists(one, max_size=3).map(tuple)
        for one in (st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), words)
    )
)
properties = st.dictionaries(words | st.sampled_from(["name", "Name", "displayName", "tag.A"]), scalars | arrays)
types = st.sampled_from(["bitbucket_repo", "bitbucket_user", "Bitbucket_Repo", "entities", "sqlite_x", 'a"b', ""])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Small graphs in which nothing dangles."""
    keys = draw(st.sets(st.sampled_from("abcdef"), max_size=6))
    entities = [Entity(key, draw(types), tuple(draw(st.lists(words, max_size=2))), draw(properties)) for key in keys]
    ends = st.sampled_from(sorted(keys)) if keys else st.nothing()
    pairs = draw(st.sets(st.tuples(ends, ends), max_size=6)) if keys else set()
    ties = [
        Relationship(f"{one}|{other}", draw(types), draw(words), one, other, draw(properties)) for one, other in pairs
    ]
    return Graph.of(entities, ties)


def repository(key: str = "{repository-1}", **properties: object) -> Entity:
    """A repository with these properties."""
    return Entity(key, "bitbucket_repo", ("CodeRepo",), properties)


def quiet(line: str) -> None:
    """Reports to nobody."""


@pytest.fixture(name="target")
def _target(tmp_path: Path) -> GraphFile:
    return GraphFile(tmp_path / "graph.db", "bbsync", clock=lambda: NOON)


def digests(graph: Graph) -> dict[str, str]:
    """Every element's digest."""
    return {key: digest(element) for key, element in {**graph.entities, **graph.relationships}.items()}


@settings(max_examples=60, deadline=None)
@given(graphs(), graphs())
def test_what_was_written_is_read_and_counted(one: Graph, other: Graph) -> None:
    """After a write the file holds exactly that graph, and what it counted is the difference."""
    with TemporaryDirectory() as directory:
        target = GraphFile(Path(directory) / "graph.db", "bbsync")
        target.replace(target.read_snapshot(), one, quiet)
        before = target.read_snapshot()

        counters = target.replace(before, other, quiet)

        assert digests(before.graph) == digests(one)
        assert digests(target.read_snapshot().graph) == digests(other)
        assert counters == Counters.between(one, other)


def test_reading_makes_nothing(tmp_path: Path) -> None:
    """A file that is not there reads as an empty graph, and is not made."""
    target = GraphFile(tmp_path / "new" / "graph.db", "bbsync")

    snapshot = target.read_snapshot()

    assert snapshot == Snapshot()
    assert list(tmp_path.iterdir()) == []


def test_file_and_its_directory_are_private(tmp_path: Path) -> None:
    """Who may do what in every repository is for the owner's eyes."""
    target = GraphFile(tmp_path / "new" / "graph.db", "bbsync")

    target.replace(Snapshot(), Graph.of([repository()]), quiet)

    assert target.path.stat().st_mode & 0o777 == 0o600
    assert target.path.parent.stat().st_mode & 0o777 == 0o700


def test_only_what_changed_gets_a_new_version(target: GraphFile) -> None:
    """An element that stays the same keeps its version."""
    target.replace(Snapshot(), Graph.of([repository("same"), repository("other", public=True)]), quiet)

    target.replace(target.read_snapshot(), Graph.of([repository("same"), repository("other", public=False)]), quiet)

    assert ask(target, "select key, version from entities order by key") == [("other", 2), ("same", 1)]


def test_ids_depend_on_scope_and_key_alone(tmp_path: Path) -> None:
    """The same element has the same id in every file, and another one in another scope."""
    ids = []
    for name, scope in (("one", "bbsync"), ("two", "bbsync"), ("three", "else")):
        target = GraphFile(tmp_path / name, scope)
        target.replace(Snapshot(), Graph.of([repository()]), quiet)
        ids += ask(target, "select id from entities")

    assert ids[0] == ids[1] != ids[2]


def test_scopes_do_not_touch_each_other(target: GraphFile) -> None:
    """A write replaces its own scope and nothing else."""
    neighbour = GraphFile(target.path, "neighbour")
    target.replace(Snapshot(), Graph.of([repository("ours")]), quiet)
    neighbour.replace(Snapshot(), Graph.of([repository("theirs")]), quiet)

    counters = target.replace(target.read_snapshot(), EMPTY, quiet)

    assert counters == Counters(entities_deleted=1)
    assert list(neighbour.read_snapshot().graph.entities) == ["theirs"]


def test_serial_counts_the_writes_that_changed_something(target: GraphFile) -> None:
    """A write that finds everything as wanted leaves no trace."""
    graph = Graph.of([repository()])
    target.replace(Snapshot(), graph, quiet)
    first = target.read_snapshot()

    counters = target.replace(first, graph, quiet)

    assert counters == Counters()
    assert target.read_snapshot() == first
    assert first.serial == 1
    assert first.lineage


def test_moved_file_is_not_overwritten(target: GraphFile) -> None:
    """What somebody wrote after the snapshot was read is not lost."""
    early = target.read_snapshot()
    target.replace(early, Graph.of([repository("first")]), quiet)

    with pytest.raises(StalePlan, match="serial 0 and is at 1"):
        target.replace(early, Graph.of([repository("second")]), quiet)

    assert list(target.read_snapshot().graph.entities) == ["first"]


def test_counts_are_those_of_the_store(target: GraphFile) -> None:
    """The difference is taken from the rows, so that a change made behind our back is repaired and counted."""
    graph = Graph.of([repository(public=False)])
    target.replace(Snapshot(), graph, quiet)
    before = target.read_snapshot()
    ask(target, "update entities set properties = '{\"public\":true}'")

    counters = target.replace(before, graph, quiet)

    assert counters == Counters(entities_updated=1)
    assert target.read_snapshot().graph == graph


def test_row_that_went_behind_our_back_comes_back(target: GraphFile) -> None:
    """What a plan leaves alone and the file has lost is written again, beside what the plan adds."""
    keys = ("one", "two", "three")
    target.replace(Snapshot(), Graph.of(map(repository, keys)), quiet)
    before = target.read_snapshot()
    ask(target, "delete from entities where key = 'two'")
    wanted = Graph(Overlay(before.graph.entities, {"three": None, "four": repository("four")}))

    counters = target.replace(before, wanted, quiet)

    assert counters == Counters(entities_created=2, entities_deleted=1)
    assert set(target.read_snapshot().graph.entities) == {"one", "two", "four"}


def test_full_disk_changes_nothing(target: GraphFile) -> None:
    """A disk that fills up in the middle leaves the graph as it was."""
    target.replace(Snapshot(), Graph.of([repository()]), quiet)
    before = target.read_snapshot()
    cramped = GraphFile(target.path, "bbsync", connect=cramped_connection)
    large = Graph.of(repository(f"{{repository-{number}}}", description="x" * 4000) for number in range(500))

    with pytest.raises(TargetError, match=r"no room .* \(BB-LOCAL-FULL\)\. The disk is full\. Nothing was written\."):
        cramped.replace(before, large, quiet)

    assert target.read_snapshot() == before


def test_failure_while_writing_changes_nothing(target: GraphFile) -> None:
    """Whatever breaks the write off, the graph is as it was."""
    target.replace(Snapshot(), Graph.of([repository()]), quiet)
    before = target.read_snapshot()

    with pytest.raises(KeyboardInterrupt):
        target.replace(before, EMPTY, interrupt)

    assert target.read_snapshot() == before


def test_killed_writer_changes_nothing(target: GraphFile) -> None:
    """After a crash in the middle of a write, the next reader finds the graph as it was."""
    target.replace(Snapshot(), Graph.of([repository()]), quiet)
    before = target.read_snapshot()

    ended = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(target.path)], cwd=HOME, check=False)  # noqa: S603 - our own

    assert ended.returncode == 9
    assert target.path.with_name("graph.db-journal").exists()
    assert target.read_snapshot() == before


def test_file_of_something_else_is_left_alone(target: GraphFile) -> None:
    """A file that is no SQLite file is named, and not overwritten."""
    target.path.write_text("shopping list\n" * 100)

    with pytest.raises(TargetError, match="cannot be read as a graph"):
        target.read_snapshot()
    with pytest.raises(TargetError, match="cannot be read as a graph"):
        target.replace(Snapshot(), EMPTY, quiet)

    assert target.path.read_text().startswith("shopping list")


def test_database_of_another_program_is_left_alone(target: GraphFile) -> None:
    """A SQLite file that bbsync did not make gets no tables from it."""
    ask(target, "create table recipes (name)")

    with pytest.raises(TargetError, match="belongs to another program"):
        target.replace(Snapshot(), EMPTY, quiet)

    assert ask(target, "select name from sqlite_master") == [("recipes",)]


def test_newer_format_is_refused(target: GraphFile) -> None:
    """A file of a newer bbsync is not read by guesswork."""
    target.replace(Snapshot(), EMPTY, quiet)
    ask(target, f"pragma user_version = {FORMAT + 1}")

    with pytest.raises(TargetError, match=f"newer bbsync .* Its format is {FORMAT + 1}"):
        target.read_snapshot()


@pytest.mark.parametrize(
    "change",
    [
        "update entities set properties = '{\"nested\": {}}'",
        "update entities set properties = 'not json'",
        "update entities set classes = '3'",
        "drop table relationships",
    ],
)
def test_rows_that_cannot_be_read_are_said(target: GraphFile, change: str) -> None:
    """A file that people edited into something else gives a sentence, not a traceback."""
    target.replace(Snapshot(), Graph.of([repository()]), quiet)
    ask(target, change)

    with pytest.raises(TargetError, match=r"graph\.db cannot be"):
        target.read_snapshot()


def test_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A path that runs through a file is an error that names the path."""
    (tmp_path / "file").write_text("")
    target = GraphFile(tmp_path / "file" / "graph.db", "bbsync")

    with pytest.raises(TargetError, match=r"file/graph\.db cannot be used .* Nothing was written"):
        target.replace(Snapshot(), EMPTY, quiet)


def test_directory_in_the_file_s_place_is_said(tmp_path: Path) -> None:
    """A directory is not a graph file."""
    target = GraphFile(tmp_path, "bbsync")

    with pytest.raises(TargetError, match="cannot be used"):
        target.read_snapshot()


def test_second_writer_is_told_to_wait(target: GraphFile) -> None:
    """While somebody writes, nobody else can."""
    target.replace(Snapshot(), Graph.of([repository()]), quiet)
    before = target.read_snapshot()
    impatient = GraphFile(target.path, "bbsync", connect=impatient_connection)

    with closing(sqlite3.connect(target.path)) as other:
        other.execute("begin immediate")
        with pytest.raises(Locked, match="Somebody else is writing"):
            impatient.replace(before, EMPTY, quiet)

    assert target.read_snapshot() == before


def test_odd_path_is_taken_literally(tmp_path: Path) -> None:
    """Question marks, spaces and percent signs in a path mean themselves."""
    target = GraphFile(tmp_path / "a b?mode=memory#%41" / "graph.db", "bbsync")

    target.replace(Snapshot(), Graph.of([repository()]), quiet)

    assert target.path.is_file()
    assert len(target.read_snapshot().graph) == 1


def test_relationship_without_an_end_is_refused(target: GraphFile) -> None:
    """Nothing dangles: such a graph is refused before anything is written."""
    tie = Relationship("a|has|b", "bitbucket_repo_has_user", "HAS", "{repository-1}", "missing")

    with pytest.raises(TargetError, match="missing end"):
        target.replace(Snapshot(), Graph.of([repository()], [tie]), quiet)

    assert not target.path.exists()


def test_one_key_for_two_elements_is_refused(target: GraphFile) -> None:
    """Entities and relationships share one space of keys."""
    tie = Relationship("{repository-1}", "bitbucket_repo_has_repo", "HAS", "{repository-1}", "{repository-1}")

    with pytest.raises(TargetError, match="one key for an entity and a relationship"):
        target.replace(Snapshot(), Graph.of([repository()], [tie]), quiet)


def test_address_names_file_and_scope() -> None:
    """People see which file, and which part of it."""
    target = GraphFile(Path(".bbsync/graph.db"), "bbsync")

    assert target.address == "local .bbsync/graph.db, scope bbsync"


KILLED_WRITER = """
import os, sys
from pathlib import Path
from bbsync.graph import Entity, Graph
from bbsync.local import graph_file
from bbsync.local.database import connect

def small_cache(uri):
    connection = connect(uri)
    connection.execute("pragma cache_size = 1")
    connection.set_trace_callback(lambda statement: os._exit(9) if statement.startswith("COMMIT") else None)
    return connection

target = graph_file.GraphFile(Path(sys.argv[1]), "bbsync", connect=small_cache)
many = Graph.of(Entity(f"key-{number}", "t", ("C",), {"text": "x" * 1000}) for number in range(500))
target.replace(target.read_snapshot(), many, lambda line: None)
"""


def ask(target: GraphFile, statement: str) -> list[tuple[object, ...]]:
    """Run SQL as people would."""
    with closing(sqlite3.connect(target.path)) as connection, connection:
        return connection.execute(statement).fetchall()


def interrupt(line: str) -> None:
    """Ctrl-C at the first report."""
    raise KeyboardInterrupt


def cramped_connection(uri: str) -> sqlite3.Connection:
    """A file that may hardly grow."""
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    connection.execute("pragma max_page_count = 40")
    return connection


def impatient_connection(uri: str) -> sqlite3.Connection:
    """Waits for nobody."""
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0)
