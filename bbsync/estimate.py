"""What reading Bitbucket costs: calls by endpoint, and time, of a first run and of a usual one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil

from attrs import field, frozen

from bbsync.belonging import listed_before
from bbsync.coverage import Listing
from bbsync.graph import Entity, Graph
from bbsync.kinds import KINDS, Absence, AnyKind, Kinds, Paging, Request

#: How many items each listing of a request has.
Counts = tuple[int, ...]

TOKENS = "POST /site/oauth2/access_token"

DAY = 86_400
HOUR = 3600


@frozen
class Sizes:
    """How much there is to read.

    Attributes:
        listed: by kind, for each of its requests, how many items each listing has; of pull requests, those in the
            window.
        approved: how many of the pull requests in the window somebody approves.
    """

    listed: Mapping[str, tuple[Counts, ...]]
    approved: int = 0

    def total(self, kind: str) -> int:
        """How many entities of that kind there are."""
        return sum(map(sum, self.listed.get(kind, ())))


@frozen
class Habits:
    """How bbsync is run.

    Attributes:
        off: names of the kinds that are not read; the kinds below them are not read either.
        enriched: whether reviewers are wanted. It costs bbsync nothing, but others a call for each pull request.
        consumers: how many OAuth consumers there are.
        calls_per_hour: what each of them may ask within an hour.
        concurrency: how many requests at once.
        latency: seconds until an answer is there.
        runs_per_day: how often a usual run comes.
        window: how far back pull requests are read, in seconds.
        refresh: by kind, how old its listings may get, in seconds; zero and none mean that every run reads them.
        changed: how many pull requests of the window changed since the last run; None: as many as the time between
            two runs is of the window.
    """

    off: frozenset[str] = frozenset()
    enriched: bool = False
    consumers: int = 1
    calls_per_hour: int = 1000
    concurrency: int = 16
    latency: float = 0.2
    runs_per_day: int = 24
    window: int = DAY
    refresh: Mapping[str, int] = field(factory=dict)
    changed: int | None = None

    def due(self, period: int) -> Fraction:
        """Which part of what comes up once in so many seconds comes up in one run."""
        return min(Fraction(1), Fraction(DAY, self.runs_per_day * period)) if period else Fraction(1)

    def seconds(self, calls: int) -> float:
        """How long so many calls take, tokens not counted, with the waits for consumers to be free again."""
        waits, last = divmod(max(calls - 1, 0), self.consumers * self.calls_per_hour)
        return waits * HOUR + self.latency * (self.consumers + ceil((last + 1) / self.concurrency))


@frozen
class Calls:
    """Calls of a first run, which knows nothing yet, and of a usual one."""

    first: int
    usual: int


@frozen
class Row:
    """The calls of one endpoint, and the kind that they are made for; tokens are for none."""

    endpoint: str
    kind: str
    calls: Calls


@frozen
class Estimate:
    """The calls of a run by endpoint, in the order in which they are made."""

    rows: tuple[Row, ...]
    sizes: Sizes
    habits: Habits

    def total(self, *, without: frozenset[str] = frozenset()) -> Calls:
        """All calls, but for those that are made for these kinds."""
        counted = [row.calls for row in self.rows if row.kind not in without]
        return Calls(sum(calls.first for calls in counted), sum(calls.usual for calls in counted))

    @property
    def limited(self) -> Calls:
        """The calls that Bitbucket counts: all but those for tokens."""
        return self.total(without=frozenset({""}))

    @property
    def consumers_needed(self) -> Calls:
        """How many consumers a first run needs to be done within the hour, and usual runs not to wait for any."""
        runs = ceil(self.habits.runs_per_day / 24)
        each = self.habits.calls_per_hour
        return Calls(ceil(self.limited.first / each), ceil(self.limited.usual * runs / each))

    @property
    def published(self) -> int:
        """What the existing integration needs for every run, by the formula that it publishes."""
        repositories, pull_requests = self._in_sight
        return ceil(repositories / 10) + ceil(pull_requests / 10) + self._each * pull_requests

    @property
    def measured(self) -> int:
        """What the existing integration was seen to need for every run."""
        repositories, pull_requests = self._in_sight
        members, projects = self.sizes.total("user"), self.sizes.total("project")
        listings = ceil(repositories / 10) + 4 * repositories + ceil(members / 50) + ceil(projects / 50) + 3
        return listings + self._each * pull_requests + 10 * self.habits.consumers

    @property
    def _in_sight(self) -> tuple[int, int]:
        read = any(row.kind == "pull_request" for row in self.rows)
        return self.sizes.total("repository"), self.sizes.total("pull_request") if read else 0

    @property
    def _each(self) -> int:
        """What the existing integration asks about each pull request."""
        return 3 if self.habits.enriched else 2


def estimate(sizes: Sizes, habits: Habits, *, kinds: Kinds = KINDS) -> Estimate:
    """What reading so much costs those who run bbsync like this."""
    off = set(habits.off)
    rows = [Row(TOKENS, "", Calls(habits.consumers, habits.consumers))]
    for kind in kinds:  # parents come first
        if kind.name in off or kind.parent in off:
            off.add(kind.name)
        else:
            rows += _listings(kind, sizes, habits)
            rows += _details(kind, sizes, habits) if kind.name == "pull_request" else ()
    return Estimate(tuple(rows), sizes, habits)


def changed(sizes: Sizes, habits: Habits) -> int:
    """How many pull requests of the window a usual run finds changed."""
    listed = sizes.total("pull_request")
    share = ceil(listed * habits.due(habits.window))
    return min(listed, share if habits.changed is None else habits.changed)


def even_sizes(totals: Mapping[str, int], *, approved: int, workspaces: int = 1, kinds: Kinds = KINDS) -> Sizes:
    """Sizes of which only totals by kind are known: everything lies evenly under its parents."""
    listed: dict[str, tuple[Counts, ...]] = {}
    for kind in kinds:
        parents = sum(map(sum, listed[kind.parent])) if kind.parent else workspaces
        first = _spread(totals.get(kind.name, 0), parents) if kind.parent else (1,) * workspaces
        listed[kind.name] = (first, *((0,) * parents for _ in kind.requests[1:]))
    return Sizes(listed, approved)


def sizes_of(graph: Graph, *, since: int, kinds: Kinds = KINDS) -> Sizes:
    """Sizes as the graph has them; the window of pull requests opens at `since`, in epoch milliseconds."""
    recent = [entity for entity in graph.entities.values() if _is_recent(entity, since, kinds)]
    held = listed_before(Graph.of(recent, graph.relationships.values()), kinds)
    listed = {kind.name: _counts(kind, held, recent, kinds) for kind in kinds}
    return Sizes(listed, sum(bool(entity.properties.get("approverIds")) for entity in recent))


def _counts(
    kind: AnyKind, held: Mapping[Listing, tuple[Entity, ...]], entities: list[Entity], kinds: Kinds
) -> tuple[Counts, ...]:
    """For each request of a kind, how many items each of its listings has."""
    if kind.parent is None:
        return ((1,) * len(held.get(Listing(kind.name), ())),)
    above = kinds.by_name[kind.parent].entity.type
    found = [held.get(Listing(kind.name, one.key), ()) for one in entities if one.type == above]
    return tuple(
        tuple(sum(_request_of(item, kind) == number for item in items) for items in found)
        for number in range(len(kind.requests))
    )


def _request_of(entity: Entity, kind: AnyKind) -> int:
    """Which request of its kind shows the entity: permissions of groups have a listing of their own."""
    return min(int(entity.properties.get("principalType") == "group"), len(kind.requests) - 1)


def _is_recent(entity: Entity, since: int, kinds: Kinds) -> bool:
    kind = kinds.by_type.get(entity.type)
    if kind is None or kind.absence is not Absence.HISTORY:
        return True
    moments = [entity.properties.get(name) for name in ("createdOn", "updatedOn")]
    return any(isinstance(moment, int) and moment >= since for moment in moments)


def _listings(kind: AnyKind, sizes: Sizes, habits: Habits) -> Iterator[Row]:
    due = habits.due(habits.refresh.get(kind.name, 0))
    for request, counts in zip(kind.requests, sizes.listed[kind.name], strict=True):
        calls = sum(_pages(count, request) for count in counts)
        yield Row(_endpoint(request.path), kind.name, Calls(calls, ceil(calls * due)))


def _details(kind: AnyKind, sizes: Sizes, habits: Habits) -> Iterator[Row]:
    """What is read of single pull requests: one page of commits, and one of activity where somebody approves."""
    each = f"{_endpoint(kind.requests[0].path)}/{{id}}"
    listed, moved = sizes.total(kind.name), changed(sizes, habits)
    judged = ceil(Fraction(sizes.approved * moved, listed)) if listed else 0
    yield Row(f"{each}/commits", kind.name, Calls(listed, moved))
    yield Row(f"{each}/activity", kind.name, Calls(sizes.approved, judged))


def _pages(count: int, request: Request) -> int:
    """How many calls a listing of so many items takes; an empty one takes one, too."""
    return max(1, ceil(count / request.page_length)) if request.paging is Paging.PAGES and request.page_length else 1


def _endpoint(path: str) -> str:
    return "GET " + path.replace("_id}", "}")


def _spread(total: int, over: int) -> Counts:
    """The total in equal parts, as far as whole numbers go."""
    if not over:
        return ()
    part, more = divmod(total, over)
    return (part + 1,) * more + (part,) * (over - more)
