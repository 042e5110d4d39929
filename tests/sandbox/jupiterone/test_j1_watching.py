"""Questions and alert rules in the stand-in, and moments in queries."""

from __future__ import annotations

from typing import Any

import pytest
from jupiterone_client import Client, Document, entity

from bbsync.sandbox.jupiterone import ApiKey

NOW = 1_790_000_000
HOUR = 3_600_000

CREATE_QUESTION = "mutation ($it: CreateQuestionInput!) { createQuestion(question: $it) { id title tags } }"
UPDATE_QUESTION = "mutation ($id: ID!, $it: QuestionUpdate!) { updateQuestion(id: $id, update: $it) { id title tags } }"
QUESTIONS = """query ($cursor: String, $tags: [String!]) {
  questions(cursor: $cursor, tags: $tags) { questions { title } totalHits pageInfo { endCursor hasNextPage } }
}"""
RULE = "id name version operations { when actions } labels { labelName labelValue }"
CREATE_RULE = f"""mutation ($it: CreateInlineQuestionRuleInstanceInput!) {{
  createInlineQuestionRuleInstance(instance: $it) {{ {RULE} }}
}}"""
UPDATE_RULE = f"""mutation ($it: UpdateInlineQuestionRuleInstanceInput!) {{
  updateInlineQuestionRuleInstance(instance: $it) {{ {RULE} }}
}}"""


def question(title: str = "Who?", **others: Any) -> Document:
    """A question as it is created."""
    return {"title": title, "queries": [{"query": "FIND User"}], **others}


def rule(name: str = "who", **others: Any) -> Document:
    """A rule as it is created."""
    return {
        "name": name,
        "specVersion": 1,
        "question": {"queries": [{"query": "FIND User"}]},
        "operations": [{"when": {"type": "FILTER"}, "actions": [{"type": "CREATE_ALERT"}]}],
        **others,
    }


def message(answer: Document) -> str:
    """The first error's message."""
    return str(answer["errors"][0]["message"])


def test_questions_come_in_pages() -> None:
    """The cursor leads on, and the total counts what was asked for."""
    client = Client(listing_size=2)
    for number in range(3):
        client.graphql(CREATE_QUESTION, it=question(f"Question {number}", tags=["odd"] if number % 2 else []))

    first = client.graphql(QUESTIONS)["data"]["questions"]
    second = client.graphql(QUESTIONS, cursor=first["pageInfo"]["endCursor"])["data"]["questions"]
    odd = client.graphql(QUESTIONS, tags=["odd"])["data"]["questions"]

    assert [len(page["questions"]) for page in (first, second)] == [2, 1]
    assert (first["totalHits"], second["pageInfo"]["hasNextPage"]) == (3, False)
    assert odd["questions"] == [{"title": "Question 1"}]


def test_an_update_changes_what_it_names() -> None:
    """The rest of a question stays."""
    client = Client()
    made = client.graphql(CREATE_QUESTION, it=question(tags=["mine"]))["data"]["createQuestion"]

    changed = client.graphql(UPDATE_QUESTION, id=made["id"], it={"title": "Whose?"})["data"]["updateQuestion"]

    assert changed == {"id": made["id"], "title": "Whose?", "tags": ["mine"]}


def test_a_rule_has_a_version_and_its_actions_have_ids() -> None:
    """An update counts on, and wants to know which version it is about."""
    client = Client()
    made = client.graphql(CREATE_RULE, it=rule())["data"]["createInlineQuestionRuleInstance"]

    known = {"id": made["id"], "version": made["version"]}
    changed = client.graphql(UPDATE_RULE, it=rule("what", **known))["data"]["updateInlineQuestionRuleInstance"]
    again = client.graphql(UPDATE_RULE, it=rule("whose", **known | {"version": 5}))

    assert (made["version"], changed["version"], changed["name"]) == (1, 2, "what")
    assert set(made["operations"][0]["actions"][0]) == {"id", "type"}
    assert message(again) == "Version 5 is not the current one"


@pytest.mark.parametrize(
    ("document", "refused", "why"),
    [
        (CREATE_RULE, rule(), "A rule named 'who' exists already"),
        (CREATE_RULE, rule("new", specVersion=2), "specVersion must be 1"),
        (CREATE_RULE, rule("new", question={"queries": [{"query": "FIND"}]}), "Unable to parse query"),
        (CREATE_QUESTION, question(queries=[{"query": "LOOK"}]), "Unable to parse query"),
        (CREATE_RULE, rule("new", pollingInterval="OFTEN"), "pollingInterval"),
    ],
    ids=["name", "specification", "query of a rule", "query of a question", "interval"],
)
def test_what_cannot_be_kept_is_refused(document: str, refused: Document, why: str) -> None:
    """Names are unique, queries are J1QL, and intervals are those that there are."""
    client = Client()
    client.graphql(CREATE_RULE, it=rule())

    assert why in message(client.graphql(document, it=refused))
    assert len(client.account.watching.rules) == 1


@pytest.mark.parametrize(
    ("field", "service"),
    [
        ('question(id: "x") { id }', "questions"),
        ('questionRuleInstance(id: "x") { id }', "rules"),
    ],
)
def test_what_is_missing_is_not_found(field: str, service: str) -> None:
    """The code says so, and the service is named."""
    (error,) = Client().graphql(f"{{ {field} }}")["errors"]

    assert error["extensions"] == {"code": "NOT_FOUND", "serviceName": service}


@pytest.mark.parametrize("field", ["deleteQuestion", "deleteRuleInstance"])
def test_a_delete_is_done_once(field: str) -> None:
    """What is gone is not found."""
    client = Client()
    client.graphql(CREATE_QUESTION, it=question())
    client.graphql(CREATE_RULE, it=rule())
    held = client.account.watching.questions if field == "deleteQuestion" else client.account.watching.rules
    query = f'mutation {{ {field}(id: "{next(iter(held))}") {{ id }} }}'

    first, second = client.graphql(query), client.graphql(query)

    assert "errors" not in first
    assert second["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert held == {}


@pytest.mark.parametrize(
    ("permission", "refused", "allowed"),
    [
        ("can_ask", "questions { totalHits }", "listRuleInstances { pageInfo { hasNextPage } }"),
        ("can_alert", "listRuleInstances { pageInfo { hasNextPage } }", "questions { totalHits }"),
    ],
)
def test_permissions_are_apart(permission: str, refused: str, allowed: str) -> None:
    """A key may know questions and not rules, or the other way round."""
    client = Client(keys=(ApiKey("secret", **{permission: False}),))

    answer = client.graphql(f"{{ {refused} }}")

    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "errors" not in client.graphql(f"{{ {allowed} }}")


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("seen > date.now-2hours", [1]),
        ("seen < date.now - 2 hours", [2, 3]),
        ("seen < date.now-1day", [3]),
        ("seen < date.now", [1, 2, 3]),
        ("seen > date.now+1hr", []),
        ("seen < DATE.NOW-1month", []),
        ("seen > date.now-1years", [1, 2, 3]),
        ("_createdOn > date.now-1hour", [1, 2, 3]),
        ("_createdOn < date.now-1hour", []),
        ("name > date.now", []),
    ],
)
def test_moments_are_reckoned_from_now(condition: str, numbers: list[int]) -> None:
    """Properties hold epoch milliseconds and metadata hold texts; what is no moment is neither before nor after."""
    client = Client(clock=lambda: NOW, polls_in_progress=0)
    ages = {1: 1, 2: 3, 3: 30}
    client.account.put(
        [entity(number, name="web", seen=NOW * 1000 - hours * HOUR) for number, hours in ages.items()], scope="bbsync"
    )

    assert client.keys(f"FIND CodeRepo WITH {condition}") == [f"repository-{number}" for number in numbers]
