"""The shapes of query results."""

from __future__ import annotations

from typing import Any

import pytest
from jupiterone_client import Client, entity, tie


@pytest.fixture(scope="module")
def client() -> Client:
    """Three repositories in a row."""
    client = Client(polls_in_progress=0, clock=lambda: 1_700_000_000.5)
    repositories = [
        entity(number, displayName=f"r{number}", size=size, **{"tag.Team": "blue"})
        for number, size in ((1, 5), (2, 7), (3, None))
    ]
    client.synchronize(*repositories, ties=[tie(1, 2, since=7), tie(2, 3)])
    return client


def test_a_list_keeps_metadata_apart(client: Client) -> None:
    """Metadata and display name are in `entity`, with arrays and ISO times; the rest is in `properties`."""
    answer = client.ask("FIND * WITH _key = 'repository-1'")

    (row,) = answer["data"]
    assert (answer["type"], answer["totalCount"], answer["cursor"]) == ("list", 1, None)
    assert row["properties"] == {"size": 5, "tag.Team": "blue"}
    assert row["id"] == row["entity"]["_id"]
    assert row["entity"] == {
        "_id": row["id"],
        "_key": "repository-1",
        "_class": ["CodeRepo"],
        "_type": ["bitbucket_repo"],
        "_accountId": "acme",
        "_source": "api",
        "_scope": "bbsync",
        "_version": 1,
        "_createdOn": "2023-11-14T22:13:20.500Z",
        "_beginOn": "2023-11-14T22:13:20.500Z",
        "_endOn": None,
        "_deleted": False,
        "_latest": True,
        "displayName": "r1",
    }


def test_a_tree_holds_vertices_and_edges(client: Client) -> None:
    """Edges have their ends by id and key, and a type and class that are no arrays."""
    answer = client.ask("FIND * WITH _key = 'repository-1' THAT HAS >> * RETURN TREE")

    (edge,) = answer["data"]["edges"]
    ends = {vertex["entity"]["_key"]: vertex["id"] for vertex in answer["data"]["vertices"]}
    assert answer["type"] == "tree"
    assert (edge["fromVertexId"], edge["toVertexId"]) == (ends["repository-1"], ends["repository-2"])
    assert edge["properties"] == {"since": 7}
    assert edge["relationship"] == {
        "_id": edge["id"],
        "_key": "repository-1|has|repository-2",
        "_type": "bitbucket_repo_has_repo",
        "_class": "HAS",
        "_fromEntityKey": "repository-1",
        "_toEntityKey": "repository-2",
        "_fromEntityId": ends["repository-1"],
        "_toEntityId": ends["repository-2"],
        "_accountId": "acme",
        "_source": "api",
        "_scope": "bbsync",
        "_version": 1,
        "_createdOn": "2023-11-14T22:13:20.500Z",
        "_beginOn": "2023-11-14T22:13:20.500Z",
        "_deleted": False,
    }


def test_a_tree_shows_each_edge_from_both_sides(client: Client) -> None:
    """A traversal without direction finds an edge at either end; who reads must count it once."""
    tree = client.ask("FIND * WITH _scope = 'bbsync' THAT RELATES TO AS r * WHERE r._scope = 'bbsync' RETURN TREE")

    ids = [edge["id"] for edge in tree["data"]["edges"]]
    assert (len(ids), len(set(ids)), len(tree["data"]["vertices"])) == (4, 2, 3)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "FIND * AS e RETURN e.displayName AS name, e.size ORDER BY e.displayName",
            [{"name": "r1", "e.size": 5}, {"name": "r2", "e.size": 7}, {"name": "r3", "e.size": None}],
        ),
        ("FIND CodeRepo RETURN CodeRepo.[tag.Team] LIMIT 1", [{"CodeRepo.tag.Team": "blue"}]),
        ("FIND * AS e RETURN UNIQUE e.tag.Team", [{"e.tag.Team": "blue"}]),
        ("FIND bitbucket_repo WITH _scope='bbsync' RETURN count(bitbucket_repo)", [{"count(bitbucket_repo)": 3}]),
        ("FIND bitbucket_user RETURN COUNT( bitbucket_user ) AS n", [{"n": 0}]),
        ("FIND * AS e THAT RELATES TO AS r * RETURN count(r)", [{"count(r)": 2}]),
        (
            "FIND * AS e RETURN count(e.size), min(e.size), max(e.size), sum(e.size), avg(e.size)",
            [{"count(e.size)": 2, "min(e.size)": 5, "max(e.size)": 7, "sum(e.size)": 12, "avg(e.size)": 6.0}],
        ),
        ("FIND nothing AS e RETURN max(e.size)", [{"max(e.size)": None}]),
        ("FIND * AS e RETURN e.tag.Team, count(e)", [{"e.tag.Team": "blue", "count(e)": 3}]),
    ],
)
def test_tables_have_the_columns_that_were_asked_for(client: Client, query: str, rows: list[dict[str, Any]]) -> None:
    """Columns are named by selector or alias; aggregates make one row for each group."""
    answer = client.ask(query)

    assert (answer["type"], answer["data"]) == ("table", rows)


def test_a_star_returns_everything(client: Client) -> None:
    """`r.*` is a column for each property and each piece of metadata."""
    answer = client.ask("FIND * WITH _key = 'repository-1' THAT HAS AS r * RETURN r.*")

    (row,) = answer["data"]
    assert (row["r._key"], row["r._class"], row["r.since"]) == ("repository-1|has|repository-2", "HAS", 7)


def test_selectors_return_a_list(client: Client) -> None:
    """A selector alone gives whole elements, each once, relationships too."""
    answer = client.ask("FIND * AS e THAT HAS AS r * RETURN e, r")

    kinds = ["entity" if "entity" in row else "relationship" for row in answer["data"]]
    assert (answer["type"], sorted(kinds)) == ("list", ["entity"] * 3 + ["relationship"] * 2)


def test_deleted_elements_show_on_request() -> None:
    """Deletes are soft: who asks for deleted elements still finds them, with their end."""
    client = Client()
    client.synchronize(entity(1), entity(2), ties=[tie(1, 2)])
    client.synchronize(entity(1))

    hidden = client.keys("FIND *")
    tree = client.ask("FIND * THAT HAS >> * RETURN TREE", includeDeleted=True)["data"]

    assert hidden == ["repository-1"]
    assert [edge["relationship"]["_deleted"] for edge in tree["edges"]] == [True]
    assert {row["entity"]["_key"]: row["entity"]["_deleted"] for row in tree["vertices"]} == {
        "repository-1": False,
        "repository-2": True,
    }
    assert all(row["entity"]["_endOn"] for row in tree["vertices"] if row["entity"]["_deleted"])


def test_an_element_made_again_is_no_longer_deleted() -> None:
    """The same key in the same scope is the same element."""
    client = Client()
    for uploaded in ([entity(1)], [], [entity(1)]):
        client.synchronize(*uploaded)

    answer = client.ask("FIND *", includeDeleted=True)

    assert [row["entity"]["_deleted"] for row in answer["data"]] == [False]
