"""The small made-up graph as the existing integration would have it: other keys, less properties, and its oddities."""

from __future__ import annotations

from attrs import evolve

from bbsync.graph import Entity, Graph, Relationship
from tests.small_world import (
    ACME,
    ADA,
    ADA_ON_WEB,
    ADMINS,
    BEN,
    NEW_PULL_REQUEST,
    NO_PUSH,
    OLD_PULL_REQUEST,
    TIES,
    WEB,
    entity,
    small_graph,
)

OLD_GROUP = "admins"
OLD_READ, OLD_WRITE = f"acme/web/{ADA}/read", f"acme/web/{ADA}/write"
OLD_RESTRICTION = "acme/web/branch-restrictions/1"
FIRST, SECOND = "acme/web/pull-requests/1", "acme/web/pull-requests/2"
#: The first pull request once more, from before the repository was renamed.
DOUBLE = "acme/old-web/pull-requests/1"
#: Pull requests of which nobody can say where they belong.
LOST = "acme/gone-web/pull-requests/7"

KEYS = {
    ADMINS: OLD_GROUP,
    ADA_ON_WEB: OLD_WRITE,
    NO_PUSH: OLD_RESTRICTION,
    OLD_PULL_REQUEST: FIRST,
    NEW_PULL_REQUEST: SECOND,
}

PROPERTIES = {
    ADMINS: {"slug": "admins"},
    ADA_ON_WEB: {"permission": "write", "principalKey": ADA, "name": "write"},
    NO_PUSH: {"name": "push", "id": "1", "pattern": "main"},
    OLD_PULL_REQUEST: {"title": "Tidy up", "id": FIRST, "state": "MERGED", "updatedOn": 2, "repoId": WEB},
    NEW_PULL_REQUEST: {"title": "Start", "id": SECOND, "state": "OPEN", "updatedOn": 3, "repoId": WEB},
}


def old_small_graph() -> Graph:
    """The old graph, with a pull request and a permission in it twice, and a pull request that belongs nowhere."""
    now = small_graph()
    entities = [_old(one) for one in now.entities.values()]
    ties = [_tied(tie) for tie in now.relationships.values()]
    by_key = {one.key: one for one in entities}
    double = evolve(by_key[FIRST], key=DOUBLE, properties={**by_key[FIRST].properties, "updatedOn": 1})
    lower = evolve(by_key[OLD_WRITE], key=OLD_READ, properties={**by_key[OLD_WRITE].properties, "permission": "read"})
    lost = entity("pull_request", LOST, title="Nobody knows", state="OPEN")
    return Graph.of(
        [*entities, double, lower, lost],
        [
            *ties,
            TIES["bitbucket_repo", "HAS", "bitbucket_pullrequest"].between(WEB, DOUBLE),
            TIES["bitbucket_user", "APPROVED", "bitbucket_pullrequest"].between(ADA, DOUBLE),
            TIES["bitbucket_repo", "ALLOWS", "bitbucket_permission"].between(WEB, OLD_READ),
            TIES["bitbucket_user", "HAS", "bitbucket_permission"].between(ADA, OLD_READ),
            Relationship("a-note-of-somebody", "somebody_likes_pullrequest", "LIKES", BEN, FIRST),
            TIES["bitbucket_workspace", "HAS", "bitbucket_user"].between(ACME, ADA),
        ],
    )


def _old(one: Entity) -> Entity:
    key = KEYS.get(one.key, one.key)
    return evolve(one, key=key, properties={"displayName": key.strip("{}"), **PROPERTIES.get(one.key, one.properties)})


def _tied(tie: Relationship) -> Relationship:
    declared = next(found for found in TIES.values() if found.type == tie.type and found.verb.upper() == tie.verb)
    return declared.between(KEYS.get(tie.source, tie.source), KEYS.get(tie.target, tie.target))
