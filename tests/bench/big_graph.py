"""A graph of any size in the shape of a workspace with many pull requests, and what changed in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bbsync.coverage import Coverage, Extent, Listing, Read
from bbsync.graph import Entity, Graph, Relationship, Value, same
from bbsync.kinds import KINDS, Absence
from bbsync.observation import Observation, Proof

WORKSPACE = "{00000000-0000-4000-8000-000000000000}"
_START = 1_700_000_000_000
_TIES = {(tie.source, tie.verb, tie.target): tie.type for kind in KINDS for tie in kind.relationship_types}

PULL_REQUEST = "bitbucket_pullrequest"

#: One element in so many is another than before.
CHANGED = 100


def big_graph(size: int, *, changed: bool = False) -> Graph:
    """A graph of so many entities and three times as many relationships, before or after the changes."""
    entities = {entity.key: entity for entity in _entities(size, changed)}
    ties = {tie.key: tie for tie in _relationships(size) if tie.source in entities and tie.target in entities}
    return Graph(entities, ties)


def everything_read(size: int) -> Observation:
    """The changed graph as Bitbucket showed it, every element anew, with proof for what is gone."""
    return _observation(big_graph(size, changed=True), size)


def everything_seen(snapshot: Graph, size: int) -> Observation:
    """The same as a run leaves it: what did not change is the snapshot's own element."""
    entities = {entity.key: _once(entity, snapshot.entities) for entity in _entities(size, changed=True)}
    return _observation(_with_ties(entities, snapshot), size)


def _once(entity: Entity, known: Mapping[str, Entity]) -> Entity:
    before = known.get(entity.key)
    return before if before is not None and same(before, entity) else entity


def window_seen(snapshot: Graph, size: int) -> Observation:
    """What a usual run sees: workspaces, users and repositories, and of the pull requests those that changed."""
    shown = {
        entity.key: entity
        for entity in _entities(size, changed=True)
        if entity.type != PULL_REQUEST or entity.properties["merged"]
    }
    return _observation(_with_ties(shown, snapshot), size)


def _with_ties(entities: Mapping[str, Entity], snapshot: Graph) -> Graph:
    ties = snapshot.relationships.items()
    return Graph(entities, {key: tie for key, tie in ties if tie.source in entities and tie.target in entities})


def _observation(graph: Graph, size: int) -> Observation:
    repositories = [_repository(number) for number in range(_repositories(size))]
    above = {None: [""], "workspace": [WORKSPACE], "repository": repositories}
    read: dict[Listing, Read] = {}
    for kind in KINDS:
        extent = Extent.WINDOW if kind.absence is Absence.HISTORY else Extent.COMPLETE
        read.update({Listing(kind.name, parent): Read(extent, 2, 1) for parent in above[kind.parent]})
    listing = Listing("repository", WORKSPACE)
    proof = Proof(listing, seen=2, pages=1, status=404)
    gone = {(listing, key): proof for key in repositories if key not in graph.entities}
    return Observation(graph, Coverage(read), frozenset({WORKSPACE}), gone)


def _repositories(size: int) -> int:
    return max(size // 50, 2)


def _users(size: int) -> int:
    return max(size // 100, 3)


def _repository(number: int) -> str:
    return f"{{10000000-0000-4000-8000-{number:012d}}}"


def _user(number: int) -> str:
    return f"{{20000000-0000-4000-8000-{number:012d}}}"


def _pull_requests(size: int) -> int:
    return size - 1 - _repositories(size) - _users(size)


def _pull_request(number: int, size: int) -> str:
    return f"{_repository(number % _repositories(size))}/pull-requests/{number}"


def _entities(size: int, changed: bool) -> Iterator[Entity]:
    yield _entity("workspace", WORKSPACE, {"slug": "acme", "name": "Acme", "displayName": "Acme"})
    for number in range(_users(size)):
        yield _entity("user", _user(number), {"displayName": f"User {number}", "nickname": f"user-{number}"})
    for number in range(_repositories(size)):
        if not (changed and number % (10 * CHANGED) == CHANGED - 1):
            yield _entity("repository", _repository(number), _of_repository(number))
    for number in range(_pull_requests(size)):
        differs = changed and number % CHANGED == 0
        key = _pull_request(number, size)
        if not changed or key.partition("/")[0] != _repository(CHANGED - 1):
            yield _entity("pull_request", key, _of_pull_request(number, differs))


def _entity(kind: str, key: str, properties: Mapping[str, Value]) -> Entity:
    declared = KINDS.by_name[kind].entity
    return Entity(key, declared.type, declared.classes, {**properties, "tag.AccountName": "acme"})


def _of_repository(number: int) -> Mapping[str, Value]:
    name = f"repository-{number}"
    return {
        "name": name,
        "displayName": name,
        "slug": name,
        "fullName": f"acme/{name}",
        "public": False,
        "createdOn": _START,
    }


def _of_pull_request(number: int, differs: bool) -> Mapping[str, Value]:
    title = f"Change number {number}{', again' if differs else ''}"
    return {
        "id": str(number),
        "name": title,
        "title": title,
        "displayName": f"#{number} {title}",
        "description": "What it is about, in a sentence or two.",
        "repository": "acme/repository",
        "createdOn": _START + number,
        "updatedOn": _START + number + 60_000 * differs,
        "state": "MERGED" if differs else "OPEN",
        "open": not differs,
        "merged": differs,
        "commentCount": number % 7,
        "source": f"branch-{number}",
        "target": "main",
        "author": f"User {number % 50}",
        "approverIds": (_user(number % 3),),
        "commits": (f"{number:040x}",),
        "approved": True,
        "validated": True,
    }


def _relationships(size: int) -> Iterator[Relationship]:
    """Three times as many as there are entities."""
    users = _users(size)
    for number in range(users):
        yield _tie("bitbucket_workspace", "HAS", "bitbucket_user", WORKSPACE, _user(number), number)
    for number in range(_repositories(size)):
        yield _tie("bitbucket_workspace", "OWNS", "bitbucket_repo", WORKSPACE, _repository(number), number)
    verbs = ("OPENED", "REVIEWED")
    for number in range(_pull_requests(size)):
        key = _pull_request(number, size)
        yield _tie("bitbucket_repo", "HAS", PULL_REQUEST, key.partition("/")[0], key, number)
        for place, verb in enumerate(verbs):
            yield _tie("bitbucket_user", verb, PULL_REQUEST, _user((number + place) % users), key, number)
    for number in range(3 * size - 3 * _pull_requests(size) - users - _repositories(size)):
        yield _tie("bitbucket_user", "APPROVED", PULL_REQUEST, _user(0), _pull_request(number, size), number)


def _tie(source_type: str, verb: str, target_type: str, source: str, target: str, number: int) -> Relationship:
    """With three properties, one of which no other relationship has."""
    properties = {"displayName": verb, "since": _START + number, "active": True}
    key = f"{source}|{verb.lower()}|{target}"
    return Relationship(key, _TIES[source_type, verb, target_type], verb, source, target, properties)
