"""The views: a graph file in plain SQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bbsync.graph import EMPTY, Entity, Graph, Relationship
from bbsync.local.graph_file import GraphFile


@pytest.fixture(name="target")
def _target(tmp_path: Path) -> GraphFile:
    return GraphFile(tmp_path / "graph.db", "bbsync", clock=lambda: 1_790_000_000.0)


def quiet(line: str) -> None:
    """Reports to nobody."""


def write(target: GraphFile, graph: Graph) -> None:
    """Make the file hold this graph."""
    target.replace(target.read_snapshot(), graph, quiet)


def ask(target: GraphFile, statement: str) -> list[dict[str, object]]:
    """The rows of a query, by column title."""
    with closing(sqlite3.connect(target.path)) as connection, connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


def views(target: GraphFile) -> list[object]:
    """The names of all views."""
    return [row["name"] for row in ask(target, "select name from sqlite_master where type = 'view' order by name")]


def thing(kind: str = "bitbucket_repo", key: str = "{repository-1}", **properties: object) -> Entity:
    """An entity of this type."""
    return Entity(key, kind, ("CodeRepo",), properties)


def test_type_is_a_view_and_properties_are_columns(target: GraphFile) -> None:
    """People ask by the names they know from the graph."""
    write(target, Graph.of([thing(fullName="acme/web", public=False), thing(key="{2}", fullName="acme/api")]))

    rows = ask(target, "select fullName, public from bitbucket_repo order by fullName")

    assert rows == [{"fullName": "acme/api", "public": None}, {"fullName": "acme/web", "public": 0}]


def test_relationships_join_entities(target: GraphFile) -> None:
    """A relationship's view names both ends by key."""
    ties = [Relationship("p|has|r", "bitbucket_project_has_repo", "HAS", "{project-1}", "{repository-1}")]
    write(target, Graph.of([thing(name="web"), thing("bitbucket_project", "{project-1}", name="Site")], ties))

    rows = ask(
        target,
        "select p.name as project, r.name as repository from bitbucket_project_has_repo"
        " join bitbucket_project p on p._key = _fromEntityKey join bitbucket_repo r on r._key = _toEntityKey",
    )

    assert rows == [{"project": "Site", "repository": "web"}]


def test_every_value_type_can_be_asked_for(target: GraphFile) -> None:
    """Booleans are 1 and 0, null is null, arrays are JSON."""
    write(target, Graph.of([thing(a=True, b=None, c=("x", "y"), d=1.5, e=7, f=())]))

    rows = ask(target, "select a, b, c, d, e, f from bitbucket_repo")

    assert rows == [{"a": 1, "b": None, "c": '["x","y"]', "d": 1.5, "e": 7, "f": "[]"}]


@pytest.mark.parametrize(
    "name",
    [
        "tag.AccountName",
        "with space",
        "with-dash",
        'quo"te',
        "apo'strophe",
        "back\\slash",
        "semi; drop table entities; --",
        "per%cent :colon ?mark",
        "new\nline",
        "größe",
        "🦊",
        "select",
        "[0]",
        "$.x",
    ],
)
def test_any_property_name_is_a_column(target: GraphFile, name: str) -> None:
    """Names that somebody else chose are quoted, in SQL and in paths."""
    write(target, Graph.of([thing(**{name: "value"})]))

    rows = ask(target, "select * from bitbucket_repo")

    assert rows[0][name] == "value"


def test_names_that_sql_does_not_tell_apart_are_numbered(target: GraphFile) -> None:
    """Name and name are two properties; so are ours and a property that is called like one of our columns."""
    write(target, Graph.of([thing(Name="upper", name="lower", _key="odd")]))

    row = ask(target, "select * from bitbucket_repo")[0]

    assert (row["Name"], row["name:2"], row["_key"], row["_key:2"]) == ("upper", "lower", "{repository-1}", "odd")


def test_name_that_sql_cannot_spell_is_left_out(target: GraphFile) -> None:
    """A property with a zero byte, or without a name, is in `entities` only."""
    write(target, Graph.of([thing(**{"a\0b": 1, "": 2, "plain": 3})]))

    row = ask(target, "select * from bitbucket_repo")[0]

    assert row["plain"] == 3
    assert not {"a\0b", "a", ""} & row.keys()


@pytest.mark.parametrize("kind", ['ty"pe', "ty'pe", "a type; drop table entities", "select", "größe"])
def test_any_type_is_a_view(target: GraphFile, kind: str) -> None:
    """The names of types are quoted as well."""
    write(target, Graph.of([thing(kind, name="x")]))

    assert views(target) == [kind]


@pytest.mark.parametrize("kind", ["entities", "Entities", "sqlite_master", "sqlite_own", "", "a\0b", "meta"])
def test_type_that_cannot_be_a_view_is_still_written(target: GraphFile, kind: str) -> None:
    """A name that is taken or reserved costs the view, not the write."""
    write(target, Graph.of([thing(kind)]))

    assert views(target) == []
    assert target.read_snapshot().graph.entities["{repository-1}"].type == kind


def test_more_properties_than_columns_are_cut(target: GraphFile) -> None:
    """A type with thousands of properties has a view of the first ones."""
    write(target, Graph.of([thing(**{f"property{number}": number for number in range(2500)})]))

    row = ask(target, "select * from bitbucket_repo")[0]

    assert len(row) == 1900


def test_views_follow_the_graph(target: GraphFile) -> None:
    """A new property is a new column, and a type without elements has no view."""
    write(target, Graph.of([thing(name="web"), thing("bitbucket_user", "{user-1}")]))

    write(target, Graph.of([thing(name="web", slug="web")]))

    assert views(target) == ["bitbucket_repo"]
    assert ask(target, "select slug from bitbucket_repo") == [{"slug": "web"}]


def test_views_cover_every_scope(target: GraphFile) -> None:
    """Two scopes in one file share the view of a type."""
    write(target, Graph.of([thing(name="ours")]))
    write(GraphFile(target.path, "neighbour"), Graph.of([thing(slug="theirs")]))

    rows = ask(target, "select _scope, name, slug from bitbucket_repo order by _scope")

    assert rows == [
        {"_scope": "bbsync", "name": "ours", "slug": None},
        {"_scope": "neighbour", "name": None, "slug": "theirs"},
    ]


def test_people_s_own_views_stay(target: GraphFile) -> None:
    """A view that bbsync did not make is not dropped, not even when it has the name of a type."""
    write(target, Graph.of([thing(public=True)]))
    ask(target, "create view bitbucket_user as select 1 as mine")

    write(target, Graph.of([thing("bitbucket_user", "{user-1}")]))
    write(target, EMPTY)

    assert views(target) == ["bitbucket_user"]
    assert ask(target, "select mine from bitbucket_user") == [{"mine": 1}]


def test_empty_store_has_no_views(target: GraphFile) -> None:
    """Writing nothing into a new file is fine."""
    write(target, EMPTY)

    assert views(target) == []
