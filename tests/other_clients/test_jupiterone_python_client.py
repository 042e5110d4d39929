"""JupiterOne's own Python client, unchanged, at the stand-in: it uploads, queries and deletes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bbsync.sandbox.jupiterone import ApiKey, Instance, JupiterOne
from bbsync.sandbox.server import serve

# The extra "test" brings it; without it there is nothing to try the stand-in with.
jupiterone = pytest.importorskip("jupiterone", reason="JupiterOne's Python client is not installed")

KEY = "a-key-that-is-long-enough"
INSTANCE = Instance("instance-of-a-stranger", definition_type="custom")
THINGS = [
    {"_key": f"thing-number-{number}", "_type": "made_thing", "_class": "Record", "name": f"{number}", "size": number}
    for number in range(5)
]
TIE = {
    "_key": "thing-number-0|has|thing-number-1",
    "_type": "made_thing_has_thing",
    "_class": "HAS",
    "_fromEntityKey": "thing-number-0",
    "_toEntityKey": "thing-number-1",
}


@pytest.fixture(name="account")
def _account() -> JupiterOne:
    """An account whose results come two rows a page."""
    return JupiterOne(account="acme", keys=(ApiKey(KEY),), instances=(INSTANCE,), page_size=2)


@pytest.fixture(name="client")
def _client(account: JupiterOne) -> Iterator[Any]:
    """The client, at that account."""
    with serve(account.app) as origin:
        client = jupiterone.JupiterOneClient("acme", KEY, url=origin, sync_url=origin)
        yield client
        client.session.close()


def started(client: Any) -> str:
    """The id of a new job."""
    answer = client.start_sync_job(instance_id=INSTANCE.id, sync_mode="DIFF", source="integration-external")
    return str(answer["job"]["id"])


def synchronized(client: Any) -> str:
    """The id of a job that brought all things, in every way the client knows, and has come to its end."""
    job = started(client)
    client.upload_entities_batch_json(job, THINGS[:3])
    client.upload_relationships_batch_json(job, [TIE])
    client.upload_combined_batch_json(job, {"entities": THINGS[3:], "relationships": []})
    client.finalize_sync_job(job)
    while client.fetch_integration_jobs(INSTANCE.id)["jobs"][0]["status"] == "IN_PROGRESS":
        client.query_v1("FIND made_thing")
    return job


def names(rows: list[dict[str, Any]]) -> list[str]:
    """The names of the things in these rows, sorted."""
    return sorted(row["properties"]["name"] for row in rows)


def test_what_it_uploads_is_in_the_graph(account: JupiterOne, client: Any) -> None:
    """It creates a job, uploads to each of its addresses, and finalizes."""
    job = synchronized(client)

    assert account.jobs[job].status == "FINISHED"
    assert [thing["_key"] for thing in account.entities(INSTANCE.id)] == [thing["_key"] for thing in THINGS]
    assert [tie["_key"] for tie in account.relationships(INSTANCE.id)] == [TIE["_key"]]


def test_it_pages_by_cursor(client: Any) -> None:
    """Its queries get every page."""
    synchronized(client)

    answer = client.query_v1("FIND made_thing")

    assert names(answer["data"]) == ["0", "1", "2", "3", "4"]


def test_it_pages_through_deferred_results(client: Any) -> None:
    """Deferred results end for it: the last page has no cursor at all."""
    synchronized(client)

    rows = client.query_with_deferred_response("FIND made_thing")

    assert names(rows) == ["0", "1", "2", "3", "4"]


def test_it_reads_trees_and_tables(client: Any) -> None:
    """A tree comes whole; a table has the columns that were asked for."""
    synchronized(client)

    tree = client.query_v1("FIND made_thing WITH name = '0' THAT HAS >> made_thing RETURN TREE")
    table = client.query_v1("find made_thing with size > 3 as thing return thing.name as name")

    assert [edge["relationship"]["_key"] for edge in tree["edges"]] == [TIE["_key"]]
    assert table["data"] == [{"name": "4"}]


def test_it_aborts(account: JupiterOne, client: Any) -> None:
    """An aborted job leaves nothing behind."""
    job = started(client)
    client.upload_entities_batch_json(job, THINGS)

    client.abort_sync_job(job)

    assert account.jobs[job].status == "ABORTED"
    assert account.entities() == []


def test_it_sees_jobs_and_their_events(account: JupiterOne, client: Any) -> None:
    """The jobs of an instance, newest first, and what was posted to one of them."""
    first = synchronized(client)
    events_of = f"{client.sync_url}/persister/synchronization/jobs/{started(client)}/events"
    posted = {"events": [{"name": "stats", "description": "5 things"}]}
    httpx.post(events_of, headers=client.headers, json=posted)

    jobs = client.fetch_integration_jobs(INSTANCE.id)["jobs"]
    events = client.fetch_integration_job_events(INSTANCE.id, jobs[0]["id"])["events"]

    assert [(job["id"] == first, job["status"]) for job in jobs] == [(False, "IN_PROGRESS"), (True, "COMPLETED")]
    assert [(event["name"], event["description"]) for event in events] == [("stats", "5 things")]
    assert len(account.jobs) == 2


def test_it_deletes_single_elements(account: JupiterOne, client: Any) -> None:
    """A relationship by itself, then an entity."""
    synchronized(client)
    tie = account.relationships()[0]
    thing = account.entities()[0]

    ends = {"from_entity_id": tie["_fromEntityId"], "to_entity_id": tie["_toEntityId"]}
    gone = client.delete_relationship(relationship_id=tie["_id"], **ends)
    client.delete_entity(thing["_id"])

    assert gone["edge"]["relationship"]["_id"] == tie["_id"]
    assert account.relationships() == []
    assert thing["_key"] not in [kept["_key"] for kept in account.entities()]


def test_it_keeps_questions_and_rules(account: JupiterOne, client: Any) -> None:
    """It makes, lists, changes and deletes both, in its own words."""
    query = {"query": "FIND made_thing", "name": "query0", "version": "v1"}
    question = client.create_question("Which things?", queries=[query], tags=["things"])
    label = {"labelName": "owner", "labelValue": "us"}
    rule = client.create_alert_rule(
        name="Things",
        description="",
        polling_interval="ONE_DAY",
        severity="LOW",
        j1ql="FIND made_thing",
        labels=[label],
    )

    client.update_question(question["id"], title="Whose things?")
    # Its list of rules lacks this property, which its update wants to know.
    client.update_alert_rule(rule_id=rule["id"], description="All of them.", ignore_previous_results=True)

    assert [one["title"] for one in client.list_questions(tags=["things"])] == ["Whose things?"]
    assert [(one["name"], one["description"], one["version"]) for one in client.list_alert_rules()] == [
        ("Things", "All of them.", 2)
    ]
    client.delete_question(question["id"])
    client.delete_alert_rule(rule["id"])
    assert (account.watching.questions, account.watching.rules) == ({}, {})


def test_it_understands_refusals(client: Any) -> None:
    """A wrong token, a query that is none, and a job of no instance are the errors that it expects."""
    errors = jupiterone.errors.JupiterOneApiError

    with pytest.raises(errors, match="Unable to parse query"):
        client.query_v1("FIND made_thing WITH")
    with pytest.raises(errors, match="Integration instance not found"):
        client.start_sync_job(instance_id="nobody", sync_mode="DIFF", source="integration-external")
    client.headers["Authorization"] = "Bearer of-something-else"
    with pytest.raises(errors, match="401"):
        client.query_v1("FIND made_thing")
