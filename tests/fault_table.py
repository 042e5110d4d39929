"""Try all that goes wrong with all requests, and print what comes of it: `python -m tests.fault_table`.

The table has a line for each trouble and each outcome of it: what `bbsync plan --detailed-exitcode` and `bbsync apply`
answer when it happens once, and when it happens every time, and for which kinds of request. A line with an exclamation
mark is not what is expected; then this ends with 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from attrs import frozen

from tests.trouble import bitbucket_story, jupiterone_story
from tests.trouble.test_bitbucket_matrix import complaints as complaints_of_reading
from tests.trouble.test_jupiterone_matrix import complaints as complaints_of_writing
from tests.trouble.test_jupiterone_matrix import expected
from tests.trouble.troubles import BITBUCKETS

#: Once, and every time.
TIMES = (False, True)


@frozen
class Cell:
    """What came of one trouble with one kind of request: once, and every time."""

    trouble: str
    request: str
    outcomes: tuple[str, ...]
    complaints: tuple[str, ...]


def reading() -> Iterator[Cell]:
    """Bitbucket: both readings."""
    with bitbucket_story.told() as story:
        for trouble, named in BITBUCKETS.items():
            for request in bitbucket_story.REQUESTS:
                ended = {
                    (way, always): story.spoilt(way, request, named, always=always)
                    for way in bitbucket_story.READINGS
                    for always in TIMES
                }
                wrong = [
                    f"{request}, {way} reading: {complaint}"
                    for (way, always), one in ended.items()
                    for complaint in complaints_of_reading(story, way, request, trouble, one, always=always)
                ]
                yield Cell(trouble, request, _distinct(ended), tuple(wrong))


def _distinct(ended: dict[tuple[str, bool], bitbucket_story.Ended]) -> tuple[str, ...]:
    """Once, and every time; both readings where they differ."""
    return tuple(
        " or ".join(dict.fromkeys(str(one) for (_way, when), one in ended.items() if when == always))
        for always in TIMES
    )


def writing() -> Iterator[Cell]:
    """JupiterOne."""
    with jupiterone_story.told() as story:
        story.begin()
        before = story.held
        planned = story.apply().held
        tried = [
            *((request, trouble) for trouble in jupiterone_story.TROUBLES for request in jupiterone_story.REQUESTS),
            *(("", trouble) for trouble in jupiterone_story.OF_THE_JOB),
        ]
        for request, trouble in tried:
            outcomes, wrong = [], []
            for always in TIMES if request else (True,):
                story.begin()
                ended = story.apply(jupiterone_story.rules_for(story, request, trouble, always=always))
                again = story.apply()
                where = "as planned" if ended.held == planned else "as before" if ended.held == before else "BETWEEN"
                outcomes.append(f"{ended} ({where})")
                wrong += complaints_of_writing(ended, before, planned, expected(request, trouble, always=always))
                wrong += complaints_of_writing(again, before, planned, expected("finalize", "truncated", always=True))
            meant = request or jupiterone_story.OF_THE_JOB[trouble][0]
            yield Cell(trouble, meant, tuple(outcomes), tuple(f"{meant}: {one}" for one in wrong))


def lines(cells: list[Cell]) -> Iterator[str]:
    """The table, in Markdown."""
    yield "| trouble | once | every time | requests |"
    yield "| --- | --- | --- | --- |"
    rows: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for cell in cells:
        rows.setdefault((cell.trouble, cell.outcomes), []).append(cell.request)
    for (trouble, outcomes), requests in rows.items():
        yield f"| {trouble} | {outcomes[0]} | {outcomes[-1]} | {', '.join(requests)} |"
    yield from (f"! {cell.trouble}: {complaint}" for cell in cells for complaint in cell.complaints)
    yield ""


def main() -> int:
    """Print both tables."""
    wrong = 0
    for cells in (list(reading()), list(writing())):
        sys.stdout.write("\n".join(lines(cells)) + "\n")
        sys.stdout.flush()
        wrong += sum(len(cell.complaints) for cell in cells)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
