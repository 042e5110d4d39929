"""The picture of the change: workspaces, projects and repositories as boxes, and what changes there as bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from attrs import frozen

from bbsync.plan import Plan
from bbsync.show.page.changes import MARKS
from bbsync.show.page.listed import PEN, called
from bbsync.show.page.places import Changed, Place, Tally, changed_places
from bbsync.show.rows import SYMBOLS
from bbsync.show.safe import clip, columns
from bbsync.show.words import counted, times

#: More places than this are drawn as one: those where least is deleted, and then those with the fewest changes.
MOST_PLACES = 30

ROW, GAP, LETTER = 26, 3, 6.7

#: How wide the picture is, unless very many small pieces make it wider.
WIDTH = 1110

#: Where the columns begin: workspaces, projects, repositories, and bars with their numbers.
WORKSPACE, PROJECT, REPOSITORY, BAR = 0, 124, 258, 510

#: The longest bar; behind it are its numbers.
LONGEST_BAR = 380

#: Where fewer letters than this fit, words help nobody.
SHORTEST_WORDS = 12

#: What is done, with the symbol, in the order in which bars show it.
SYMBOL_OF = {**{mark: SYMBOLS[action] for action, mark in MARKS.items()}, "withheld": "!"}

MINUS = "\N{MINUS SIGN}"

_DONE = {"add": "added", "change": "changed", "move": "moved", "delete": "deleted", "withheld": "withheld"}


@frozen
class Box:
    """A rectangle, with what stands in it and what it says when somebody points at it."""

    x: float
    y: float
    width: float
    height: float
    mark: str
    label: str
    title: str


@frozen
class Line:
    """One place in words and numbers, for the table and for what stands behind a bar."""

    place: str
    counts: Mapping[str, int]
    figures: str
    words: str
    x: float
    y: float


@frozen
class Picture:
    """Everything that is drawn, and the same in words."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    summary: str


def picture(plan: Plan) -> Picture | None:
    """The picture of a plan; None when nothing changes and nothing is withheld."""
    changed = changed_places(plan)
    if not changed.tallies:
        return None
    places = _largest(changed.tallies)
    rest = [tally for place, tally in changed.tallies.items() if place not in places]
    rows = [(place, changed.tallies[place]) for place in places]
    longest = max(tally.total() for _, tally in rows)
    boxes = [
        *_frames(places, changed),
        *(box for at, (_, tally) in enumerate(rows) for box in _bar(at, tally, longest)),
    ]
    lines = [_line(at, _in_words(place), tally, longest) for at, (place, tally) in enumerate(rows)]
    if rest:
        together = sum(rest, Counter[tuple[str, str]]())
        boxes += [*_rest(len(rows), len(rest)), *_bar(len(rows), together, together.total())]
        lines.append(_line(len(rows), _others(len(rest)), together, together.total()))
    width = max(line.x + (len(line.figures) + 1) * LETTER for line in lines)
    return Picture(max(WIDTH, round(width)), len(lines) * (ROW + GAP), tuple(boxes), tuple(lines), _summary(changed))


def _largest(tallies: Mapping[Place, Tally]) -> list[Place]:
    """The places where most is deleted, then those where most happens, in order of their names."""

    def weight(place: Place) -> tuple[int, int, Place]:
        tally = tallies[place]
        return (-sum(count for (mark, _), count in tally.items() if mark == "delete"), -tally.total(), place)

    return sorted(sorted(tallies, key=weight)[:MOST_PLACES])


def _frames(places: Sequence[Place], changed: Changed) -> Iterator[Box]:
    """The boxes of workspaces, projects and repositories, each as high as the rows in it."""

    def runs(part: Callable[[Place], Place]) -> Iterator[tuple[Place, int, int]]:
        """Neighbours that share that part, where they begin and how many they are."""
        for shared, group in groupby(enumerate(places), key=lambda pair: part(pair[1])):
            rows = list(group)
            yield shared, rows[0][0], len(rows)

    for place, first, count in runs(lambda place: Place(place.workspace)):
        yield _frame(place, place.workspace or "(several)", (WORKSPACE, PROJECT), (first, count), changed)
    for place, first, count in runs(lambda place: Place(place.workspace, place.project)):
        if place.project:
            yield _frame(place, place.project, (PROJECT, REPOSITORY), (first, count), changed)
    for at, place in enumerate(places):
        start = REPOSITORY if place.project else PROJECT
        label = place.repository or ("the project itself" if place.project else "itself, members and groups")
        mark = changed.itself.get(place, "still") if place.repository else "still"
        yield _box(start, BAR, (at, 1), mark, label, _in_words(place))


def _frame(place: Place, label: str, ends: tuple[float, float], rows: tuple[int, int], changed: Changed) -> Box:
    return _box(*ends, rows, changed.itself.get(place, "still"), label, _in_words(place))


def _box(start: float, end: float, rows: tuple[int, int], mark: str, label: str, title: str) -> Box:
    first, count = rows
    room = int((end - start - GAP - 14) / LETTER)
    short = clip(called(label), room, PEN.glyphs.ellipsis)
    height = count * (ROW + GAP) - GAP
    return Box(start, first * (ROW + GAP), end - start - GAP, height, mark, short, title)


def _rest(at: int, count: int) -> Iterator[Box]:
    label = _others(count)
    yield _box(WORKSPACE, BAR, (at, 1), "still", label, label)


def _others(count: int) -> str:
    return f"{times(count, 'more place', 'more places')}, not to scale"


def _bar(at: int, tally: Tally, longest: int) -> Iterator[Box]:
    """The bar of one place: as long as it has changes, in pieces by what is done to which type."""
    x: float = BAR
    for (mark, entity_type), count in _in_order(tally):
        width = _length(count, longest)
        what = counted(count, entity_type)
        label = what if _fits(what, width) else ""
        yield Box(x, at * (ROW + GAP), width, ROW, mark, label, f"{what} {_DONE[mark]}")
        x += width + 1


def _fits(words: str, width: float) -> bool:
    return (columns(words) + 2) * LETTER <= width


def _in_order(tally: Tally) -> list[tuple[tuple[str, str], int]]:
    order = list(SYMBOL_OF)
    return sorted(tally.items(), key=lambda pair: (order.index(pair[0][0]), pair[0][1]))


def _line(at: int, place: str, tally: Tally, longest: int) -> Line:
    counts = {mark: sum(count for (done, _), count in tally.items() if done == mark) for mark in SYMBOL_OF}
    figures = "  ".join(f"{SYMBOL_OF[mark].replace('-', MINUS)}{count}" for mark, count in counts.items() if count)
    x = BAR + sum(_length(count, longest) + 1 for count in tally.values()) + 6
    pieces = ((counted(count, kind), _length(count, longest)) for (_, kind), count in _in_order(tally))
    words = ", ".join(what for what, width in pieces if not _fits(what, width))
    room = int((WIDTH - x) / LETTER) - len(figures) - 3
    short = clip(PEN.safe(words), room, PEN.glyphs.ellipsis) if room > SHORTEST_WORDS else ""
    return Line(place, counts, figures, short, round(x, 1), at * (ROW + GAP) + ROW / 2 + 4)


def _length(count: int, longest: int) -> float:
    """How long a piece of a bar is: never too short to be seen."""
    return max(3.0, round(count * LONGEST_BAR / longest, 1))


def _in_words(place: Place) -> str:
    named = [part for part in (place.workspace, place.project, place.repository) if part]
    return " / ".join(map(called, named)) or "no one workspace"


def _summary(changed: Changed) -> str:
    total = _together(changed.tallies.values())
    words = ", ".join(f"{total[mark]} {done}" for mark, done in _DONE.items() if total[mark])
    return f"{times(len(changed.tallies), 'place', 'places')} with changes: {words}."


def _together(tallies: Iterable[Tally]) -> Counter[str]:
    found: Counter[str] = Counter()
    for tally in tallies:
        for (mark, _), count in tally.items():
            found[mark] += count
    return found
