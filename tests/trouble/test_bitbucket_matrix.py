"""Every kind of request of a run, with everything that goes wrong with an answer: what the run says, and what it keeps.

A run of the tests tries half of it: what fails every time in a reading that remembers nothing, and what fails once in a
reading that goes by its records. `python -m tests.fault_table` tries all of it, and prints what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bbsync.errors import ExitCode
from tests.trouble.bitbucket_story import READINGS, REQUESTS, Ended, Story, meant, told
from tests.trouble.expectations import BELIEVED, UNSEEN, expected
from tests.trouble.troubles import BITBUCKETS, Named, hidden_item


@pytest.fixture(name="story", scope="module")
def _story() -> Iterator[Story]:
    with told() as story:
        yield story


def complaints(story: Story, reading: str, request: str, trouble: str, ended: Ended, *, always: bool) -> list[str]:
    """What is wrong with how the run ended."""
    wanted = expected(request, trouble, always=always)
    found = [] if wanted.fits(ended) else [f"ended with {ended}, not {wanted}"]
    if wanted is not BELIEVED and not ended.deleted <= story.unspoilt[reading].deleted:
        found.append(f"deletes {sorted(ended.deleted - story.unspoilt[reading].deleted)}")
    if wanted is not BELIEVED and (request, trouble) not in UNSEEN:
        found += [f"forgets {what}" for what in story.forgotten(ended, reading)]
    return [f"{trouble}: {what}" for what in found]


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize(("reading", "always"), [("first", True), ("second", False)])
def test_no_trouble_deletes_or_forgets_and_each_is_told(
    story: Story, reading: str, always: bool, request_: str
) -> None:
    """Nothing goes but what goes anyway, no property is neither old nor true, and the exit code and message fit."""
    found = [
        complaint
        for trouble, named in BITBUCKETS.items()
        for ended in [story.spoilt(reading, request_, named, always=always)]
        for complaint in complaints(story, reading, request_, trouble, ended, always=always)
    ]

    assert found == []


@pytest.mark.parametrize("reading", READINGS)
def test_the_story_makes_every_kind_of_request_and_deletes_something_of_most_kinds(story: Story, reading: str) -> None:
    """The matrix says little of a run that asks for nothing and deletes nothing."""
    told_again = story.run(reading)

    asked = {name for name in REQUESTS if any(meant(name)(request) for request in story.wires.seen)}
    gone = {story.before.entities[key].type for key in told_again.deleted if key in story.before.entities}
    assert asked == set(REQUESTS)
    assert gone == {
        f"bitbucket_{kind}"
        for kind in ("user", "group", "project", "repo", "permission", "branch_restriction", "pullrequest")
    }
    assert told_again.codes == frozenset()


def test_the_second_reading_is_not_the_first(story: Story) -> None:
    """What is not due is not asked for: the matrix sees both ways of reading."""
    asked = {}
    for reading in READINGS:
        story.run(reading)
        asked[reading] = [str(request.url) for request in story.wires.seen]

    assert len(asked["second"]) < len(asked["first"])


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("request_", ["members", "projects", "repositories"])
def test_a_list_that_always_lacks_the_same_item_deletes_nothing(story: Story, reading: str, request_: str) -> None:
    """However sound the list looks: what it lacks answers when it is asked for by itself."""
    ended = story.spoilt(reading, request_, Named(hidden_item), always=True)

    assert ended.deleted <= story.unspoilt[reading].deleted
    assert "BB-STILL-THERE" in ended.codes
    assert ended.exit_code == ExitCode.INCOMPLETE
