"""Hypothesis strategies for graphs that obey the kinds' shape, for observations of them, and for plans.

Keys come from a small pool, so that two graphs drawn apart share many of them: what is in both is unchanged or
updated, the rest is created or may be gone.
"""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from bbsync.coverage import Coverage, Extent, Gap, Listing, Read
from bbsync.graph import Entity, Graph, Properties, Relationship, Value
from bbsync.kinds import KINDS, Absence, Subject
from bbsync.observation import Observation, Proof
from bbsync.plan import Origin, Plan, make_plan

WORKSPACES = ("{workspace-1}", "{workspace-2}")
USERS = ("{user-account-1}", "{user-account-2}", "{user-account-3}")

#: 2026-08-21T09:14:02.123Z, and two days around it.
NOW = 1_787_303_642_123
DAY = 86_400_000

moments = st.integers(NOW - 2 * DAY, NOW)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
whole_numbers = st.integers(-(2**53), 2**53)
fractions = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.one_of(st.none(), st.booleans(), whole_numbers, fractions, names)
values: st.SearchStrategy[Value] = st.one_of(
    scalars,
    st.lists(names, max_size=3).map(tuple),
    st.lists(whole_numbers, max_size=3).map(tuple),
    st.lists(fractions, max_size=2).map(tuple),
    st.lists(st.booleans(), max_size=2).map(tuple),
)

#: Relationship types by source, verb and target type.
TIES = {(tie.source, tie.verb, tie.target): tie for kind in KINDS for tie in kind.relationship_types}

#: One of two plain names mostly, so that graphs drawn apart agree often; seldom something odd.
common_names = st.sampled_from(("alpha", "beta"))

#: How often a listing, or an item of it, is read, missed, or (an item) left out without a word.
LISTINGS = ("whole",) * 14 + ("gap", "earlier")
ITEMS = ("whole",) * 14 + ("gap", "hidden")


def tie(source: Entity, verb: str, target: Entity) -> Relationship:
    """The declared relationship from one entity to another."""
    return TIES[source.type, verb, target.type].between(source.key, target.key)


def entity(kind: str, key: str, properties: Properties) -> Entity:
    """An entity of the kind of that name."""
    declared = KINDS.by_name[kind].entity
    return Entity(key, declared.type, declared.classes, properties)


def _some(draw: st.DrawFn, pool: Iterable[str]) -> list[str]:
    """Some of the pool: each member is there more often than not."""
    return [one for one in pool if draw(st.integers(0, 3))]


@st.composite
def graphs(draw: st.DrawFn, names: st.SearchStrategy[str] = common_names) -> Graph:
    """A graph as a run could have left it; every relationship has both ends, no child is without a parent."""
    found: list[Entity] = []
    ties: list[Relationship] = []
    accounts = {key: _account(draw, key, names) for key in _some(draw, USERS)}
    members: set[str] = set()
    for key in _some(draw, WORKSPACES) or [WORKSPACES[0]]:
        workspace = entity("workspace", key, {"slug": draw(names), "name": "Made up", "displayName": "Made up"})
        found.append(workspace)
        here = [accounts[one] for one in accounts if draw(st.booleans())]
        members |= {one.key for one in here}
        ties += [tie(workspace, "HAS", one) for one in here]
        _fill(draw, workspace, here, names, found, ties)
    return Graph.of([*found, *(accounts[key] for key in sorted(members))], ties)


def _account(draw: st.DrawFn, key: str, names: st.SearchStrategy[str]) -> Entity:
    name = draw(names)
    return entity("user", key, {"name": name, "displayName": name, "active": draw(st.booleans()), "email": None})


def _fill(
    draw: st.DrawFn,
    workspace: Entity,
    members: list[Entity],
    names: st.SearchStrategy[str],
    found: list[Entity],
    ties: list[Relationship],
) -> None:
    """Add groups, projects and repositories, with all that is in them."""
    short = workspace.key.strip("{}")
    groups = []
    for slug in _some(draw, ("admins", "developers")):
        group = entity("group", f"{workspace.key}/groups/{slug}", {"slug": slug, "name": slug, "displayName": slug})
        groups.append(group)
        ties.append(tie(workspace, "HAS", group))
        ties += [tie(group, "HAS", one) for one in members if draw(st.booleans())]
    projects = []
    for number in _some(draw, "12"):
        properties = {"key": draw(names), "displayName": draw(names), "createdOn": draw(moments)}
        projects.append(entity("project", f"{{{short}-project-{number}}}", properties))
        ties.append(tie(workspace, "OWNS", projects[-1]))
    found += groups + projects
    for number in _some(draw, "12"):
        name = draw(names)
        properties = {"fullName": f"{short}/{name}", "displayName": name, "public": draw(st.booleans())}
        repository = entity("repository", f"{{{short}-repository-{number}}}", properties)
        found.append(repository)
        ties.append(tie(workspace, "OWNS", repository))
        ties += [tie(project, "HAS", repository) for project in projects[:1] if draw(st.booleans())]
        _fill_repository(draw, repository, members, groups, found, ties)


def _fill_repository(
    draw: st.DrawFn,
    repository: Entity,
    members: list[Entity],
    groups: list[Entity],
    found: list[Entity],
    ties: list[Relationship],
) -> None:
    """Add permissions, branch restrictions and pull requests."""
    for principal in [one for one in (*members, *groups) if draw(st.booleans())]:
        level = draw(st.sampled_from(("read", "write", "admin")))
        name = f"{principal.name}: {level}"
        properties: Properties = {"name": name, "displayName": name, "permission": level, "admin": level == "admin"}
        found.append(entity("permission", f"{repository.key}/permissions/{principal.key}", properties))
        ties += [tie(repository, "ALLOWS", found[-1]), tie(principal, "HAS", found[-1])]
    for number in _some(draw, "1"):
        properties = {"id": number, "name": "push", "displayName": "push on main", "value": draw(values)}
        found.append(entity("branch_restriction", f"{repository.key}/branch-restrictions/{number}", properties))
        ties.append(tie(repository, "HAS", found[-1]))
        ties += [tie(found[-1], "ALLOWS", one) for one in (*members, *groups) if draw(st.booleans())]
    for number in _some(draw, "12"):
        found.append(_pull_request(draw, repository, number))
        ties.append(tie(repository, "HAS", found[-1]))
        for one in members:
            verbs = draw(st.sampled_from((("OPENED",), ("APPROVED",), ("REVIEWED", "APPROVED"), (), ())))
            ties += [tie(one, verb, found[-1]) for verb in verbs]


def _pull_request(draw: st.DrawFn, repository: Entity, number: str) -> Entity:
    properties: Properties = {
        "id": number,
        "displayName": f"#{number}",
        "title": draw(common_names),
        "state": draw(st.sampled_from(("OPEN", "MERGED"))),
        "updatedOn": draw(moments),
        "approverIds": tuple(sorted(draw(st.sets(st.sampled_from(USERS))))),
        "reviewerIds": tuple(sorted(draw(st.sets(st.sampled_from(USERS))))),
        "validated": draw(st.booleans()),
    }
    return entity("pull_request", f"{repository.key}/pull-requests/{number}", properties)


@st.composite
def observations(
    draw: st.DrawFn,
    snapshot: Graph,
    truths: st.SearchStrategy[Graph] | None = None,
    *,
    whole: bool = False,
) -> Observation:
    """Bitbucket, somehow seen, by a run that knows the snapshot.

    Args:
        draw: given by Hypothesis.
        snapshot: the graph whose items may be found gone.
        truths: what Bitbucket really holds; by default another graph of the same pool, or the snapshot itself.
        whole: nothing stays unread: every listing is complete, and what is gone is proven gone.
    """
    truth = draw(truths if truths is not None else st.one_of(graphs(), graphs(), st.just(snapshot)))
    walk = _Walk(draw, snapshot, truth, whole=whole)
    walk.go()
    return walk.observation()


class _Walk:
    """The observer's walk, with chance in place of a network."""

    def __init__(self, draw: st.DrawFn, snapshot: Graph, truth: Graph, *, whole: bool) -> None:
        self.draw = draw
        self.snapshot = snapshot
        self.truth = truth
        self.whole = whole
        self.seen: dict[str, Entity] = {}
        self.held: set[str] = set()
        self.read: dict[Listing, Read] = {}
        self.gaps: list[Gap] = []
        self.gone: dict[tuple[Listing, str], Proof] = {}
        self.unknown: dict[str, frozenset[str]] = {}
        leaves = [kind.name for kind in KINDS if not KINDS.children(kind.name) and kind.parent]
        self.off = frozenset(() if whole else draw(st.one_of(st.just([]), st.lists(st.sampled_from(leaves)))))
        self.workspaces = self._asked_for()

    def _asked_for(self) -> frozenset[str]:
        known = sorted(
            {
                one.key
                for graph in (self.snapshot, self.truth)
                for one in graph.entities.values()
                if one.type == "bitbucket_workspace"
            }
        )
        if self.whole or not known:
            return frozenset(known)
        dropped = self.draw(st.sampled_from((None, None, *known)))
        return frozenset(known) - {dropped}

    def go(self) -> None:
        """Read every listing, parents first; below what was not seen nothing is read."""
        for kind in KINDS:
            if kind.name in self.off:
                continue
            if kind.parent is None:
                self._look(Listing(kind.name), self.workspaces)
                continue
            above = KINDS.by_name[kind.parent].entity.type
            for parent in sorted(key for key, one in self.seen.items() if one.type == above):
                self._look(Listing(kind.name, parent), self._items(Listing(kind.name, parent)))

    def _items(self, listing: Listing) -> frozenset[str]:
        """Keys of what was or is in the listing."""
        belongs = KINDS.by_name[listing.kind].belongs
        graphs_ = (self.snapshot, self.truth)
        return frozenset(
            one.target
            for graph in graphs_
            for one in graph.relationships.values()
            if belongs and one.type == belongs.type and one.source == listing.parent
        )

    def _there(self, listing: Listing, key: str) -> bool:
        belongs = KINDS.by_name[listing.kind].belongs
        if belongs is None:
            return key in self.truth.entities
        return belongs.between(listing.parent, key).key in self.truth.relationships

    def _look(self, listing: Listing, items: frozenset[str]) -> None:
        history = KINDS.by_name[listing.kind].absence is Absence.HISTORY
        how = "whole" if self.whole else self.draw(st.sampled_from(LISTINGS))
        if how == "gap":
            self.gaps.append(Gap(listing, "BB-FETCH-403", "403: refused", known=self.draw(st.booleans())))
        elif how == "earlier":
            self.read[listing] = Read(Extent.EARLIER, watermark=self.draw(moments))
        else:
            since = NOW - DAY if history else None
            extent = Extent.WINDOW if history else Extent.COMPLETE
            watermark = self.draw(moments) if history else None
            self.read[listing] = Read(extent, len(items), 1, since=since, watermark=watermark)
            for key in sorted(items):
                self._item(listing, key, history=history)

    def _item(self, listing: Listing, key: str, *, history: bool) -> None:
        how = "whole" if self.whole else self.draw(st.sampled_from(ITEMS))
        if not self._there(listing, key):
            if not history and how == "whole":
                status = self.draw(st.sampled_from((404, 410, None)))
                self.gone[listing, key] = Proof(listing, len(self.seen), 1, status)
        elif how == "gap":
            self.gaps.append(Gap(listing, "BB-FETCH-500", "500: its details could not be read", item=key))
        elif how == "whole":
            self.seen[key] = self.truth.entities[key]
            belongs = KINDS.by_name[listing.kind].belongs
            if belongs:
                self.held.add(belongs.between(listing.parent, key).key)
            if history and self.draw(st.booleans()):
                self.unknown[key] = frozenset({"reviewerIds", "bitbucket_user_reviewed_pullrequest"})

    def observation(self) -> Observation:
        """What came of it."""
        return Observation(
            graph=Graph.of(self.seen.values(), self._ties()),
            coverage=Coverage(self.read, tuple(self.gaps)),
            workspaces=self.workspaces,
            gone=self.gone,
            unknown=self.unknown,
            out_of_scope=self.off,
            passed_over={"user": 1} if self.draw(st.booleans()) else {},
        )

    def _ties(self) -> Iterable[Relationship]:
        """The ties to parents whose listing was read, and all others that a seen subject declares."""
        for one in self.truth.relationships.values():
            kind, declared = KINDS.relationships[one.type]
            if one.key in self.held:
                yield one
            elif declared != kind.belongs:
                subject = one.source if declared.subject is Subject.SOURCE else one.target
                if subject in self.seen and one.type not in self.unknown.get(subject, ()):
                    yield one


def origins() -> st.SearchStrategy[Origin]:
    """What a plan may be made from and for."""
    return st.builds(
        Origin,
        workspaces=st.lists(names, max_size=2).map(tuple),
        target=names,
        lineage=names,
        serial=st.integers(0, 2**40),
        config=names,
        settings=st.dictionaries(names, values, max_size=2),
        created_at=moments,
        expires_at=moments.map(lambda moment: moment + DAY),
        rules_off=st.one_of(st.just(()), st.lists(names, max_size=2).map(tuple)),
    )


@st.composite
def plans(draw: st.DrawFn, names: st.SearchStrategy[str] = common_names) -> Plan:
    """A plan from a drawn snapshot and a drawn observation; some of the snapshot is foreign."""
    snapshot = draw(graphs(names))
    seen = draw(observations(snapshot, st.one_of(graphs(names), graphs(names), st.just(snapshot))))
    foreign = draw(st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(sorted(snapshot.entities)))))
    return make_plan(snapshot, seen, draw(origins()), foreign=foreign)
