"""A small made-up graph, built by hand, for tests of what becomes of it."""

from __future__ import annotations

from attrs import evolve

from bbsync.coverage import Coverage, Extent, Gap, Listing, Read
from bbsync.graph import Entity, Graph, Relationship, Value
from bbsync.kinds import KINDS, Absence, Kinds, Subject
from bbsync.observation import Observation, Proof
from bbsync.plan import Origin

ACME, GLOBEX = "{acme-workspace}", "{globex-workspace}"
ADA, BEN = "{ada-account}", "{ben-account}"
ADMINS = f"{ACME}/groups/admins"
CORE = "{core-project}"
WEB, VAULT = "{web-repository}", "{vault-repository}"
ADA_ON_WEB = f"{WEB}/permissions/{ADA}"
NO_PUSH = f"{WEB}/branch-restrictions/1"
OLD_PULL_REQUEST, NEW_PULL_REQUEST = f"{WEB}/pull-requests/1", f"{WEB}/pull-requests/2"

ORIGIN = Origin(workspaces=("acme",), target="local", created_at=1_800_000_000_000)

TIES = {(tie.source, tie.verb, tie.target): tie for kind in KINDS for tie in kind.relationship_types}


def entity(kind: str, key: str, /, **properties: Value) -> Entity:
    """An entity of that kind, with a name."""
    declared = KINDS.by_name[kind].entity
    return Entity(key, declared.type, declared.classes, {"displayName": key.strip("{}"), **properties})


def tie(source: Entity, verb: str, target: Entity) -> Relationship:
    """The declared relationship between two entities."""
    return TIES[source.type, verb, target.type].between(source.key, target.key)


def small_graph() -> Graph:
    """One workspace with one or two of everything."""
    acme = entity("workspace", ACME, slug="acme")
    ada, ben = entity("user", ADA), entity("user", BEN)
    admins = entity("group", ADMINS, slug="admins")
    core = entity("project", CORE, key="CORE")
    web = entity("repository", WEB, fullName="acme/web", public=False)
    vault = entity("repository", VAULT, fullName="acme/vault", public=False)
    grant = entity("permission", ADA_ON_WEB, name="user ada: write", permission="write")
    restriction = entity("branch_restriction", NO_PUSH)
    old = entity("pull_request", OLD_PULL_REQUEST, id="1", reviewerIds=(BEN,))
    new = entity("pull_request", NEW_PULL_REQUEST, id="2")
    return Graph.of(
        [acme, ada, ben, admins, core, web, vault, grant, restriction, old, new],
        [
            *(tie(acme, "HAS", one) for one in (ada, ben, admins)),
            *(tie(acme, "OWNS", one) for one in (core, web, vault)),
            tie(admins, "HAS", ada),
            tie(core, "HAS", web),
            tie(web, "ALLOWS", grant),
            tie(ada, "HAS", grant),
            tie(web, "HAS", restriction),
            tie(restriction, "ALLOWS", ben),
            tie(web, "HAS", old),
            tie(web, "HAS", new),
            tie(ada, "OPENED", old),
            tie(ben, "REVIEWED", old),
            tie(ben, "APPROVED", new),
        ],
    )


def with_globex(graph: Graph) -> Graph:
    """The graph with a second workspace in it, of which Ada is a member as well."""
    globex = entity("workspace", GLOBEX, slug="globex")
    joined = tie(globex, "HAS", graph.entities[ADA])
    return Graph(
        {**graph.entities, GLOBEX: globex},
        {**graph.relationships, joined.key: joined},
    )


def everything_seen(graph: Graph, kinds: Kinds = KINDS) -> Observation:
    """An observation that shows the whole graph, with every listing in it read to its end."""
    read = {}
    for kind in kinds:
        above = kinds.by_name[kind.parent].entity.type if kind.parent else None
        parents = [one.key for one in graph.entities.values() if one.type == above] if above else [""]
        extent = Extent.WINDOW if kind.absence is Absence.HISTORY else Extent.COMPLETE
        read.update({Listing(kind.name, parent): Read(extent, 2, 1) for parent in parents})
    workspaces = frozenset(key for key, one in graph.entities.items() if one.type == "bitbucket_workspace")
    return Observation(graph=graph, coverage=Coverage(read), workspaces=workspaces)


def unseen(observation: Observation, *keys: str) -> Observation:
    """The observation without these entities, and without the relationships that only they declare."""
    graph = observation.graph
    entities = {key: one for key, one in graph.entities.items() if key not in keys}
    ties = {key: one for key, one in graph.relationships.items() if not {_subject(one), one.target} & {*keys}}
    return evolve(observation, graph=Graph(entities, ties))


def gone(observation: Observation, listing: Listing, key: str, status: int | None = 404) -> Observation:
    """The observation without that entity, which is proven gone from the listing."""
    proof = Proof(listing, seen=2, pages=1, status=status)
    return evolve(unseen(observation, key), gone={**observation.gone, (listing, key): proof})


def refused(observation: Observation, listing: Listing, code: str = "BB-FETCH-403") -> Observation:
    """The observation with that listing unread, and without everything that it showed."""
    gap = Gap(listing, code, f"{listing.kind} was refused")
    read = {found: how for found, how in observation.coverage.read.items() if found != listing}
    belongs = KINDS.by_name[listing.kind].belongs
    listed = [
        one.target
        for one in observation.graph.relationships.values()
        if belongs and one.type == belongs.type and one.source == listing.parent
    ]
    without = unseen(observation, *listed)
    return evolve(without, coverage=Coverage(read, (*observation.coverage.gaps, gap)))


def key_of(source: str, verb: str, target: str) -> str:
    """The key of a relationship."""
    return f"{source}|{verb.lower()}|{target}"


def _subject(one: Relationship) -> str:
    declared = KINDS.relationships.get(one.type)
    return one.source if declared and declared[1].subject is Subject.SOURCE else one.target
