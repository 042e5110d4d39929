"""The life of a synchronization job."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from jupiterone_client import Client, entity, packed, tie

from bbsync.sandbox.jupiterone import Instance

JOB = {"source": "integration-external", "integrationInstanceId": "instance-1"}


@pytest.mark.parametrize(
    ("polls", "statuses"),
    [
        (0, ["FINISHED"]),
        (1, ["FINALIZING_ENTITIES", "FINISHED"]),
        (2, ["FINALIZING_ENTITIES", "FINALIZING_RELATIONSHIPS", "FINISHED"]),
        (4, ["FINALIZE_PENDING"] * 2 + ["FINALIZING_ENTITIES", "FINALIZING_RELATIONSHIPS", "FINISHED"]),
    ],
)
def test_status_moves_on_with_each_poll(polls: int, statuses: list[str]) -> None:
    """Finalize answers at once; the job finishes after the polls it was told to take, and stays finished."""
    client = Client(polls_in_progress=polls)
    job = client.create()

    pending = client.http.post(f"{job}/finalize").json()["job"]["status"]
    seen = [client.http.get(job).json()["job"]["status"] for _ in [*statuses, "again"]]

    assert pending == "FINALIZE_PENDING"
    assert seen == [*statuses, "FINISHED"]


def test_counters_come_with_the_end() -> None:
    """While a job is finalized its counters are zero, what was uploaded apart."""
    client = Client()
    job = client.create()
    client.upload(job, entity())

    pending = client.http.post(f"{job}/finalize").json()["job"]
    done = client.finish(job)

    assert (pending["numEntitiesUploaded"], pending["numEntitiesCreated"]) == (1, 0)
    assert (done["numEntitiesUploaded"], done["numEntitiesCreated"]) == (1, 1)


def test_nothing_shows_before_the_job_is_finished() -> None:
    """Uploads alone change nothing that a query sees."""
    client = Client()
    job = client.create()
    client.upload(job, entity())

    before = client.keys("FIND *")
    client.finish(job)
    after = client.keys("FIND *")

    assert (before, after) == ([], ["repository-1"])


def test_a_job_nobody_polls_finishes_too() -> None:
    """Time passes for a finalized job with every look at the graph."""
    client = Client(polls_in_progress=1)
    job = client.create()
    client.upload(job, entity())
    client.http.post(f"{job}/finalize")

    looks = [client.keys("FIND *") for _ in range(2)]

    assert looks == [[], ["repository-1"]]


@pytest.mark.parametrize("delay", [1, 3])
def test_visibility_can_lag_behind(delay: int) -> None:
    """After FINISHED some reads still see the old graph."""
    client = Client(visibility_delay=delay)
    client.synchronize(entity())

    looks = [client.keys("FIND *") for _ in range(delay + 1)]

    assert looks == [[]] * delay + [["repository-1"]]


def test_polls_count_as_reads_while_visibility_lags() -> None:
    """Polling a finished job lets the graph catch up."""
    client = Client(visibility_delay=1)
    job = client.create()
    client.upload(job, entity())
    client.finish(job)

    client.http.get(job)

    assert client.keys("FIND *") == ["repository-1"]


def test_abort_leaves_no_trace() -> None:
    """An aborted job changes nothing, keeps the reason, and takes no more uploads."""
    client = Client()
    job = client.create()
    client.upload(job, entity())

    aborted = client.http.post(f"{job}/abort", json={"reason": "lost interest"}).json()["job"]
    late = client.upload(job, entity())

    assert (aborted["status"], aborted["done"]) == ("ABORTED", True)
    assert client.account.jobs[aborted["id"]].reason == "lost interest"
    assert late.json()["error"]["code"] == "JOB_NOT_AWAITING_UPLOADS"
    assert client.account.entities() == []


def test_abort_may_name_the_last_status() -> None:
    """An abort can say that the configuration was invalid, and a second abort changes nothing."""
    client = Client()
    job = client.create()

    first = client.http.post(f"{job}/abort", json={"terminalStatus": "ABORTED_DUE_TO_INVALID_CONFIGURATION"})
    second = client.http.post(f"{job}/abort")

    assert first.json() == second.json()
    assert first.json()["job"]["status"] == "ABORTED_DUE_TO_INVALID_CONFIGURATION"


@pytest.mark.parametrize("action", ["entities", "relationships", "upload", "abort"])
def test_a_finalized_job_is_closed(action: str) -> None:
    """After finalize nothing can be uploaded or aborted."""
    client = Client()
    job = client.create()
    client.finish(job)

    answer = client.http.post(f"{job}/{action}", json={"entities": [], "relationships": []})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "JOB_NOT_AWAITING_UPLOADS"


def test_an_aborted_job_cannot_be_finalized() -> None:
    """Finalize after abort is refused."""
    client = Client()
    job = client.create()
    client.http.post(f"{job}/abort")

    answer = client.http.post(f"{job}/finalize")

    assert answer.json()["error"]["code"] == "JOB_NOT_AWAITING_UPLOADS"


def test_finalizing_twice_is_finalizing_once() -> None:
    """A client that lost the first answer gets the job as it is, and nothing happens again."""
    client = Client()
    job = client.create()
    client.upload(job, entity())
    client.finish(job)

    again = client.http.post(f"{job}/finalize")

    assert again.status_code == 200
    assert (again.json()["job"]["status"], again.json()["job"]["numEntitiesCreated"]) == ("FINISHED", 1)


def test_finalizing_twice_can_be_refused() -> None:
    """The other reading of the documentation is a switch away."""
    client = Client(refuse_second_finalize=True)
    job = client.create()
    client.finish(job)

    again = client.http.post(f"{job}/finalize")

    assert again.status_code == 400


def test_the_second_of_two_jobs_wins() -> None:
    """Two open jobs on a scope are allowed; what was finalized last is what stays."""
    client = Client()
    one, other = client.create(), client.create()
    client.upload(one, entity(1))
    client.upload(other, entity(2))

    client.finish(other)
    client.finish(one)

    assert [stored["_key"] for stored in client.account.entities()] == ["repository-1"]


@pytest.mark.parametrize("kind", ["entities", "relationships"])
def test_gzip_is_unpacked_and_counted_as_sent(kind: str) -> None:
    """A packed upload arrives whole, and counts with the bytes that travelled."""
    client = Client()
    job = client.create()
    client.upload(job, entity(1), entity(2))
    plain = client.account.bytes_uploaded
    body = packed(**{kind: [entity(3)] if kind == "entities" else [tie(1, 2)]})

    answer = client.http.post(f"{job}/{kind}", content=body, headers={"Content-Encoding": "gzip"})

    assert answer.status_code == 200
    assert client.account.bytes_uploaded == plain + len(body)
    assert answer.json()["job"]["numEntitiesUploaded" if kind == "entities" else "numRelationshipsUploaded"] >= 1


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 400), ("br", 415)])
def test_what_cannot_be_unpacked_is_refused(encoding: str, status: int) -> None:
    """Broken and unknown packings are told apart."""
    client = Client()
    job = client.create()

    answer = client.http.post(f"{job}/entities", content=b"{}", headers={"Content-Encoding": encoding})

    assert answer.status_code == status


def test_a_large_upload_is_refused_and_the_job_goes_on() -> None:
    """413 counts the bytes received; smaller batches still arrive."""
    client = Client(size_limit=500)
    job = client.create()

    large = client.upload(job, *(entity(number, name="x" * 50) for number in range(9)))
    small = client.upload(job, entity())

    assert (large.status_code, large.json()["error"]["code"]) == (413, "RequestEntityTooLargeException")
    assert (small.status_code, small.json()["job"]["numEntitiesUploaded"]) == (200, 1)


@pytest.mark.parametrize(("inflated", "status"), [(False, 200), (True, 413)])
def test_the_size_limit_can_count_what_is_packed(inflated: bool, status: int) -> None:
    """Which bytes the limit counts is unknown, so that both can be tried."""
    client = Client(size_limit=500, count_inflated=inflated)
    job = client.create()
    body = packed(entities=[entity(name="x" * 1000)])

    answer = client.http.post(f"{job}/entities", content=body, headers={"Content-Encoding": "gzip"})

    assert answer.status_code == status


def test_a_batch_sent_again_is_the_same_batch() -> None:
    """A retry under the same correlation id replaces the first try instead of doubling it."""
    client = Client()
    job = client.create()

    for _ in range(2):
        client.upload(job, entity(), headers={"JupiterOne-Correlation-Id": "batch-1"})
    done = client.finish(job)

    assert (done["status"], done["numEntitiesUploaded"], done["numEntitiesCreated"]) == ("FINISHED", 1, 1)


def test_a_key_in_two_uploads_is_bad_data() -> None:
    """A job with duplicate keys ends in an error and changes nothing."""
    client = Client()
    job = client.create()
    client.upload(job, entity(name="one"))
    client.upload(job, entity(name="two"))

    done = client.finish(job)

    assert (done["status"], client.account.entities()) == ("ERROR_BAD_DATA", [])


@pytest.mark.parametrize("how", ["flag", "switch"])
def test_duplicates_may_be_ignored(how: str) -> None:
    """Asked to ignore duplicates, the last one wins."""
    client = Client(ignore_duplicates=how == "switch")
    job = client.create()
    flag = {"params": {"ignoreDuplicates": "true"}} if how == "flag" else {}

    client.upload(job, entity(name="one"), entity(name="two"), **flag)
    client.upload(job, entity(name="three"), **flag)
    client.finish(job)

    assert [stored["name"] for stored in client.account.entities()] == ["three"]


def test_events_belong_to_integration_jobs() -> None:
    """An instance's job takes events and answers them with ids; a job of an api scope has none."""
    client = Client(instances=(Instance(id="instance-1"),), clock=lambda: 1.5)
    events = {"events": [{"name": "info", "description": "hello"}]}
    ours, api = client.create(**JOB), client.create()

    taken = client.http.post(f"{ours}/events", json=events).json()["events"]
    refused = client.http.post(f"{api}/events", json=events)

    assert [(event["name"], event["description"], event["createDate"]) for event in taken] == [("info", "hello", 1500)]
    assert refused.status_code == 400


@pytest.mark.parametrize("body", [{}, {"events": [{}]}, {"events": "info"}])
def test_events_have_names(body: dict[str, object]) -> None:
    """What is no list of events is refused."""
    client = Client(instances=(Instance(id="instance-1"),))

    answer = client.http.post(f"{client.create(**JOB)}/events", json=body)

    assert answer.status_code == 400


@pytest.mark.parametrize("partial", [[], {"types": "x"}, {"types": [1]}])
def test_partial_data_sets_are_types(partial: object) -> None:
    """A finalize body that means nothing is refused, and the job stays open."""
    client = Client()
    job = client.create()

    answer = client.http.post(f"{job}/finalize", json={"partialDatasets": partial})

    assert answer.status_code == 400
    assert client.http.get(job).json()["job"]["status"] == "AWAITING_UPLOADS"


def test_uploads_may_run_side_by_side() -> None:
    """Concurrent uploads into one job lose nothing, and every one is counted."""
    client = Client()
    job = client.create()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: client.upload(job, entity(number)), range(40)))
    done = client.finish(job)

    assert {answer.status_code for answer in answers} == {200}
    assert (done["numEntitiesUploaded"], done["numEntitiesCreated"]) == (40, 40)
    assert client.account.bytes_uploaded == sum(len(answer.request.content) for answer in answers)


def test_calls_are_recorded_in_order() -> None:
    """Tests can count the calls: method, path and status."""
    client = Client()

    job = client.create()
    client.http.get(job)

    assert client.account.calls == [("POST", "/persister/synchronization/jobs", 200), ("GET", job, 200)]
