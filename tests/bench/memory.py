"""The largest size of `bbsync plan` over a graph with many old pull requests."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from bbsync.graph import Entity, Graph, Relationship
from bbsync.local.graph_file import GraphFile
from bbsync.local.settings import LocalSettings
from bbsync.target import Snapshot
from tests.bench.figures import Figure
from tests.bench.trial import Trial, trial

REPOSITORIES, RECENT, OLD = 3_000, 3_000, 60_000
SIZES = ("--repositories", f"{REPOSITORIES}", "--members", "120", "--pull-requests", f"{RECENT}")
#: Numbers of the old pull requests begin here, so that no new one has them.
FIRST = 100_000


def memory() -> Iterator[Figure]:
    """Plan and apply, put old pull requests into the graph, and plan again."""
    with trial(*SIZES) as place:
        first = place.bbsync("plan", "--out", "plan.json")
        place.bbsync("apply", "plan.json")
        age(place)
        second = place.bbsync("plan")
    world = f"{REPOSITORIES:,} repositories, {RECENT:,} pull requests of the day"
    yield Figure(f"largest size of a first plan, {world}", first.memory, 250, "MB")
    yield Figure(f"largest size of plan, {world}, {OLD:,} old ones in the graph", second.memory, 250, "MB")
    yield Figure("CPU of that plan a repository", second.cpu / REPOSITORIES * 1000, 4 / 300 * 1000, "ms")


def age(place: Trial) -> None:
    """Put the old pull requests into the graph: copies of the recent ones, ties and all."""
    target = GraphFile(place.graph_file, LocalSettings().scope)
    snapshot = target.read_snapshot()
    target.replace(snapshot, with_old(snapshot), lambda _line: None)


def with_old(snapshot: Snapshot) -> Graph:
    """The graph, with as many old pull requests as are wanted."""
    recent = [one for one in snapshot.graph.entities.values() if one.type == "bitbucket_pullrequest"]
    ties: dict[str, list[Relationship]] = {}
    for tie in snapshot.graph.relationships.values():
        ties.setdefault(tie.target, []).append(tie)
    entities, relationships = dict(snapshot.graph.entities), dict(snapshot.graph.relationships)
    for number in range(OLD):
        model = recent[number % len(recent)]
        old = _copy(model, FIRST + number)
        entities[old.key] = old
        for tie in ties.get(model.key, ()):
            copy = evolve(tie, target=old.key, key=f"{tie.source}|{tie.verb.lower()}|{old.key}")
            relationships[copy.key] = copy
    return Graph(entities, relationships)


def _copy(model: Entity, number: int) -> Entity:
    properties = {**model.properties, "id": f"{number}", "displayName": f"#{number} {model.properties['title']}"}
    return Entity(f"{model.key.rpartition('/')[0]}/{number}", model.type, model.classes, properties)
