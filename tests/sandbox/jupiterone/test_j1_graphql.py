"""GraphQL beside queries: integrations, counts, single deletes, errors."""

from __future__ import annotations

import pytest
from jupiterone_client import Client, entity, tie

from bbsync.sandbox.jupiterone import Instance

INSTANCE = Instance(id="instance-1", name="Bitbucket", definition_type="bbsync", definition_id="definition-1")
INSTANCE_QUERY = """
query ($id: String!) {
  integrationInstance(id: $id) { id name integrationDefinitionId integrationDefinition { type integrationType } }
}
"""


def test_an_instance_says_whose_it_is() -> None:
    """A client can check that an instance belongs to its definition before it writes."""
    client = Client(instances=(INSTANCE,))

    answer = client.graphql(INSTANCE_QUERY, id="instance-1")

    assert answer["data"]["integrationInstance"] == {
        "id": "instance-1",
        "name": "Bitbucket",
        "integrationDefinitionId": "definition-1",
        "integrationDefinition": {"type": "bbsync", "integrationType": "bbsync"},
    }


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('{ integrationInstance(id: "no") { id } }', "Integration instance not found"),
        ('{ integrationDefinition(id: "no") { id } }', "Integration definition not found"),
        ('{ findIntegrationDefinition(integrationType: "no") { id } }', "Integration definition not found"),
    ],
)
def test_what_is_missing_is_bad_input(query: str, said: str) -> None:
    """A missing integration is an error in an HTTP 200, with null for data."""
    client = Client(instances=(INSTANCE,))

    answer = client.graphql(query)

    (error,) = answer["errors"]
    assert (error["message"], error["extensions"]["code"]) == (said, "BAD_USER_INPUT")
    assert list(answer["data"].values()) == [None]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('{ integrationDefinition(id: "definition-1") { type } }', {"type": "bbsync"}),
        ('{ findIntegrationDefinition(integrationType: "bbsync") { id } }', {"id": "definition-1"}),
        ("{ integrationDefinitions { definitions { id } } }", {"definitions": [{"id": "definition-1"}]}),
        (
            "{ integrationInstances { instances { id } pageInfo { hasNextPage } } }",
            {"instances": [{"id": "instance-1"}], "pageInfo": {"hasNextPage": False}},
        ),
        ('{ integrationInstances(definitionId: "other") { instances { id } } }', {"instances": []}),
    ],
)
def test_integrations_can_be_looked_up(query: str, found: object) -> None:
    """Definitions and instances are listed and found."""
    client = Client(instances=(INSTANCE,))

    answer = client.graphql(query)

    assert list(answer["data"].values()) == [found]


def test_entities_are_counted() -> None:
    """The account's entities by type, and in total."""
    client = Client()
    client.account.put([entity(1), entity(2), entity(3, "bitbucket_user")], scope="bbsync")

    answer = client.graphql("{ typeCounts entityCount }")

    assert answer["data"] == {"typeCounts": {"bitbucket_repo": 2, "bitbucket_user": 1}, "entityCount": 3}


def test_single_elements_can_be_deleted() -> None:
    """An entity goes with its relationships, a relationship by itself; what is not there is NOT_FOUND."""
    client = Client()
    client.account.put([entity(1), entity(2), entity(3)], [tie(1, 2), tie(2, 3)], scope="bbsync")
    entity_id = client.account.entities()[0]["_id"]
    tie_id = client.account.relationships()[1]["_id"]

    mutation = "mutation ($id: String!) { deleteEntityV2(entityId: $id, hardDelete: true) { entity timestamp } }"
    gone = client.graphql(mutation, id=entity_id)
    client.graphql(
        "mutation ($id: String!) { deleteRelationship(relationshipId: $id) { relationship { _key } } }", id=tie_id
    )
    again = client.graphql(mutation, id=entity_id)

    assert gone["data"]["deleteEntityV2"]["entity"]["_key"] == "repository-1"
    assert [stored["_key"] for stored in client.account.entities()] == ["repository-2", "repository-3"]
    assert client.account.relationships() == []
    assert again["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("{", "GRAPHQL_PARSE_FAILED", "Syntax Error"),
        ("{ queryV9 { type } }", "GRAPHQL_VALIDATION_FAILED", "Cannot query field 'queryV9'"),
        ("query ($x: Nothing) { queryV1(query: $x) { type } }", "GRAPHQL_VALIDATION_FAILED", "Unknown type 'Nothing'"),
        ("query ($id: String!) { integrationInstance(id: $id) { id } }", "INTERNAL_SERVER_ERROR", "Variable '$id'"),
    ],
)
def test_queries_are_checked_against_the_schema(query: str, code: str, said: str) -> None:
    """A client's GraphQL is proven valid, or refused with what is wrong."""
    client = Client()

    answer = client.graphql(query)

    assert answer["errors"][0]["message"].startswith(said)
    assert answer["errors"][0]["extensions"]["code"] == code


def test_a_request_without_a_query_is_refused() -> None:
    """GraphQL over HTTP needs a query text."""
    client = Client()

    answer = client.http.post("/graphql", json={})

    assert answer.status_code == 400


def test_a_dry_run_returns_no_data() -> None:
    """A dry run says only what shape the result would have."""
    client = Client()

    answer = client.graphql('{ queryV1(query: "FIND * RETURN TREE", dryRun: true) { type data } }')

    assert answer["data"]["queryV1"] == {"type": "tree", "data": None}
