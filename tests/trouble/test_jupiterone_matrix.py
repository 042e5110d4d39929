"""Every kind of request of an apply, with everything that goes wrong with it: the graph is as before, or as planned.

A run of the tests tries what fails every time, and of the job itself everything; `python -m tests.fault_table` tries
what fails once as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bbsync.errors import ExitCode
from tests.trouble.jupiterone_story import OF_THE_JOB, REQUESTS, TROUBLES, Applied, Held, Story, rules_for, told

#: What the first failure is not the last word on: the request is sent again.
PASSING = (
    *("429", "429, retry after", "500", "502", "timeout", "reset", "truncated"),
    *("carried out, answer lost", "carried out, answer late"),
)

#: With these the request is carried out, whatever its answer looks like.
CARRIED_OUT = ("truncated", "half the JSON", "null in the items", *PASSING[-2:])

#: After these answers nobody can tell whether the request was carried out: a finalized job is asked.
UNSURE = (*PASSING, *CARRIED_OUT, "login page", "redirect to login", "wrong schema", "null")

#: The code of the message, where nothing was written.
CODES = {
    **{name: name.partition(",")[0] for name in TROUBLES},
    **dict.fromkeys(("timeout", "reset", "truncated", *PASSING[-2:]), "NETWORK"),
    **dict.fromkeys(("login page", "half the JSON", "wrong schema", "null", "null in the items"), "ANSWER"),
    "redirect to login": "302",
}

UNFINISHED = (ExitCode.UNFINISHED, "BB-APPLY-UNFINISHED")

#: When something is wrong with the job.
ENDINGS = {
    **dict.fromkeys(OF_THE_JOB, UNFINISHED),
    "aborted while uploading": (ExitCode.ERROR, "BB-JUPITERONE-400"),
    "counters lie": (ExitCode.UNFINISHED, "BB-APPLY-COUNT"),
}


#: How a store says that a result has expired; then it is asked for anew.
GONE = ("403", "404", "410")


def expected(request: str, trouble: str, *, always: bool) -> tuple[ExitCode, str]:
    """The exit code and the message code of an apply."""
    fine = (ExitCode.OK, "")
    if not request:
        return ENDINGS[trouble]
    if trouble in PASSING and not always:
        return fine
    if request == "status of the job":
        return UNFINISHED
    if request == "finalize" and (trouble in CARRIED_OUT or (trouble in UNSURE and not always)):
        return fine
    if request.startswith("upload") and trouble == "413":
        return (ExitCode.ERROR, "BB-JUPITERONE-SIZE") if always else fine
    if request == "result of a query" and trouble in GONE:
        return (ExitCode.ERROR, "BB-JUPITERONE-EXPIRED") if always else fine
    return ExitCode.ERROR, f"BB-JUPITERONE-{CODES[trouble]}"


def complaints(applied: Applied, before: Held, planned: Held, wanted: tuple[ExitCode, str]) -> list[str]:
    """What is wrong with how an apply ended."""
    allowed = {ExitCode.OK: (planned,), ExitCode.ERROR: (before,)}.get(applied.exit_code, (before, planned))
    found = [] if applied.held in allowed else ["the graph is neither as before nor as planned, or not what was said"]
    return found + ([] if (applied.exit_code, applied.code) == wanted else [f"ended with {applied}, not {wanted}"])


@pytest.fixture(name="story", scope="module")
def _story() -> Iterator[Story]:
    with told() as story:
        yield story


@pytest.fixture(name="planned", scope="module")
def _planned(story: Story) -> Held:
    story.begin()
    return story.apply().held


@pytest.mark.parametrize("request_", [*REQUESTS, ""])
def test_no_trouble_leaves_half_a_change_and_the_same_command_finishes(
    story: Story, planned: Held, request_: str
) -> None:
    """The graph is as before where nothing was written, and as planned in the end; exit code and message fit."""
    found = []
    for trouble in TROUBLES if request_ else OF_THE_JOB:
        story.begin()
        before = story.held

        ended = story.apply(rules_for(story, request_, trouble, always=True))
        again = story.apply()

        found += complaints(ended, before, planned, expected(request_, trouble, always=True))
        found += complaints(again, before, planned, (ExitCode.OK, ""))

    assert found == []


def test_the_apply_makes_every_kind_of_request(story: Story, planned: Held) -> None:
    """The matrix says little of requests that are not made, and of a plan that changes nothing."""
    story.begin()
    before = story.held
    story.wires.seen.clear()

    story.apply()

    assert {name for name, fits in REQUESTS.items() if any(map(fits, story.wires.seen))} == set(REQUESTS)
    assert before.keys() - planned.keys()
    assert planned.keys() - before.keys()
