"""A plan with a bit of everything, made by hand, as the documentation tells it."""

from __future__ import annotations

from bbsync.coverage import Gap, Known, Listing, Reading
from bbsync.graph import Entity, Properties, Relationship
from bbsync.kinds import KINDS
from bbsync.observation import Proof
from bbsync.plan import Change, Kept, LabelledGap, Origin, Plan, Reason, Totals, Withheld

WORKSPACE = "{acme-workspace}"
LEGACY = "{legacy-ui-repository}"
WEB = "{web-repository}"
REPOSITORIES = Listing("repository", WORKSPACE)

#: 2026-08-21T09:14:02Z.
MADE = 1_787_303_642_000
DAY = 86_400_000


def entity(kind: str, key: str, properties: Properties) -> Entity:
    """An entity of the kind of that name."""
    declared = KINDS.by_name[kind].entity
    return Entity(key, declared.type, declared.classes, properties)


def added(kind: str, key: str, label: str, properties: Properties | None = None) -> Change[Entity]:
    """A create."""
    return Change(None, entity(kind, key, properties or {"displayName": label}), label, Reason.NEW)


def changed(kind: str, key: str, label: str, before: Properties, after: Properties) -> Change[Entity]:
    """An update."""
    return Change(entity(kind, key, before), entity(kind, key, after), label, Reason.DIFFERS)


def cascaded(kind: str, key: str, label: str, properties: Properties | None = None) -> Change[Entity]:
    """A delete that follows from that of the repository acme/legacy-ui."""
    before = entity(kind, f"{LEGACY}/{key}", properties or {"displayName": label})
    return Change(before, None, label, Reason.CASCADE, cause=LEGACY)


def tied(declared: str, source: str, target: str) -> Relationship:
    """A relationship of the type of that name."""
    return KINDS.relationships[declared][1].between(source, target)


LONG = (
    "Customer-facing sites and the shared components that they are built from. Ask in #web before you add one; "
    "releases go out on Tuesdays, and the on-call person of the week is in the team calendar. Kept by the web guild."
)

ENTITIES = (
    changed(
        "project",
        "{web-project}",
        "WEB",
        {"description": "Customer facing sites", "key": "WEB"},
        {"description": LONG, "key": "WEB"},
    ),
    added("user", "{dana-account}", "Dana Ito"),
    Change(
        entity("repository", "{cms-repository-of-before}", {"fullName": "acme/cms"}),
        None,
        "acme/cms",
        Reason.ABSENT,
        proof=Proof(REPOSITORIES, 214, 3, 404),
    ),
    added("repository", "{cms-repository-of-now}", "acme/cms", {"fullName": "acme/cms", "public": True}),
    added("repository", "{search-api-repository}", "acme/search-api"),
    Change(
        entity("repository", "{billing-repository}", {"fullName": "acme/billing", "updatedOn": MADE - DAY}),
        entity("repository", "{billing-repository}", {"fullName": "acme/invoicing", "updatedOn": MADE}),
        "acme/invoicing",
        Reason.RENAMED,
        was="acme/billing",
    ),
    Change(
        entity("repository", LEGACY, {"fullName": "acme/legacy-ui"}),
        None,
        "acme/legacy-ui",
        Reason.ABSENT,
        proof=Proof(REPOSITORIES, 214, 3, 404),
    ),
    changed("repository", WEB, "acme/web", {"public": True}, {"public": False, "language": "elm"}),
    cascaded("branch_restriction", "branch-restrictions/1", "acme/legacy-ui · push on main"),
    cascaded("branch_restriction", "branch-restrictions/2", "acme/legacy-ui · push on release/*"),
    cascaded("permission", "permissions/eng", "acme/legacy-ui · group eng: admin"),
    added("permission", "{search-api-repository}/permissions/eng", "acme/search-api · group eng: write"),
    changed(
        "permission",
        f"{WEB}/permissions/{{mlee-account}}",
        "acme/web · user Min Lee: admin",
        {"name": "user Min Lee: write", "permission": "write", "admin": False},
        {"name": "user Min Lee: admin", "permission": "admin", "admin": True},
    ),
    *(
        cascaded("pull_request", f"pull-requests/{number}", f"acme/legacy-ui #{number}", {"updatedOn": updated})
        for number, updated in ((12, MADE - 9 * DAY), (15, MADE - 3 * DAY), (16, MADE - 2 * DAY), (21, MADE - 1000))
    ),
    changed(
        "pull_request",
        "{billing-repository}/pull-requests/3",
        "acme/invoicing #3",
        {"title": "Round the cents", "repository": "acme/billing"},
        {"title": "Round the cents", "repository": "acme/invoicing"},
    ),
    changed(
        "pull_request",
        f"{WEB}/pull-requests/7",
        "acme/web #7",
        {"title": "Sell tea", "state": "OPEN", "approvers": ("bob", "carol"), "approved": False},
        {"title": "Sell tea", "state": "MERGED", "approvers": ("alice", "carol", "Zoë Müller"), "approved": True},
    ),
)

RELATIONSHIPS = (
    Change(
        None,
        tied(
            "bitbucket_group_has_permission", "{acme-workspace}/groups/eng", "{search-api-repository}/permissions/eng"
        ),
        "eng HAS group eng: write",
        Reason.NEW,
    ),
    Change(
        None,
        tied("bitbucket_project_has_repo", "{platform-project}", "{search-api-repository}"),
        "PLAT HAS acme/search-api",
        Reason.NEW,
    ),
    Change(
        tied("bitbucket_group_has_user", "{acme-workspace}/groups/eng", "{mlee-account}"),
        None,
        "eng HAS Min Lee",
        Reason.ABSENT,
    ),
    Change(
        tied("bitbucket_workspace_owns_repo", WORKSPACE, LEGACY),
        None,
        "acme OWNS legacy-ui",
        Reason.CASCADE,
        cause=LEGACY,
    ),
)

REFUSED = Gap(
    Listing("permission", "{vault-repository}"), "BB-FETCH-403", "403: the token lacks repository:admin", known=False
)
SLOW = Gap(Listing("branch_restriction", "{api-repository}"), "BB-FETCH-TIMEOUT", "page 3 of 4 timed out after 5 tries")

PLAN = Plan(
    origin=Origin(
        workspaces=("acme",),
        target="local graph .bbsync/graph.db",
        lineage="b1f0",
        serial=381,
        config="sha256:0c1d",
        created_at=MADE,
        expires_at=MADE + DAY,
    ),
    entities=ENTITIES,
    relationships=RELATIONSHIPS,
    kept=(
        Kept(
            "bitbucket_pullrequest",
            "outside_window",
            412,
            (("acme/web", 240), ("acme/api", 64), ("acme/invoicing", 57), ("acme/docs", 31), ("acme/ops", 20)),
        ),
        Kept("bitbucket_permission", "earlier", 600, (("acme/web", 320), ("acme/api", 280))),
    ),
    withheld=(
        Withheld("bitbucket_branch_restriction", "acme/api", tuple(f"restriction-{n}" for n in range(5)), SLOW),
        Withheld("bitbucket_permission", "acme/vault", tuple(f"permission-{n}" for n in range(6)), REFUSED),
    ),
    gaps=(LabelledGap(SLOW, "acme/api"), LabelledGap(REFUSED, "acme/vault")),
    entity_totals=Totals(add=4, change=5, move=1, destroy=9, unchanged=1900, kept=1012, withheld=11),
    relationship_totals=Totals(add=2, destroy=2, unchanged=4100, withheld=11),
    population={
        "bitbucket_branch_restriction": 40,
        "bitbucket_group_has_user": 90,
        "bitbucket_permission": 610,
        "bitbucket_pullrequest": 520,
        "bitbucket_repo": 214,
        "bitbucket_workspace_owns_repo": 214,
    },
    listings=(1248, 1246),
    windows={"pull_request": MADE - DAY},
    earlier={"permission": (2, MADE - 27_000_000)},
    learned=Known(
        {WEB: MADE - 5000},
        {Listing("permission", WEB): Reading(MADE - 4000, "0a1b")},
        {f"{WEB}/pull-requests/7": "2c3d"},
    ),
    diagnostics={"passed_over.user": 1, "without_an_end.bitbucket_user_reviewed_pullrequest": 3},
)

NOTHING = Plan(
    origin=PLAN.origin, entity_totals=Totals(unchanged=2000, kept=418), listings=(1248, 1248), kept=PLAN.kept
)


def named(name: str) -> Plan:
    """A plan in which everything that may be is called so."""
    root = entity("repository", "{repository-1}", {"fullName": name})
    below = entity("pull_request", "{repository-1}/pull-requests/1", {"displayName": name})
    gap = Gap(Listing("permission", "{repository-1}"), "BB-FETCH-403", name)
    tie = Change(None, RELATIONSHIPS[1].element, name, Reason.NEW)
    return Plan(
        Origin(workspaces=(name,), target=name, description=name),
        entities=(
            added("user", "{user-account-1}", name),
            Change(None, Entity("{odd-entity-1}", name, (name,), {}), name, Reason.NEW),
            Change(
                entity("project", "{project-1}", {"name": name, "tags": (name,), name: 1, "key": "A"}),
                entity("project", "{project-1}", {"name": f"{name}!", "tags": ("x", name * 2), name: name, "key": "B"}),
                name,
                Reason.RENAMED,
                was=f"was {name}",
            ),
            Change(root, None, name, Reason.ABSENT, proof=Proof(Listing(name, name), 1, 1)),
            Change(below, None, f"{name} {name}", Reason.CASCADE, cause=root.key),
        ),
        relationships=(tie,),
        kept=(Kept("bitbucket_repo", "foreign", 2, ((name, 1), ("", 1))),),
        withheld=(Withheld("bitbucket_permission", name, (name,), gap),),
        gaps=(LabelledGap(gap, name),),
        entity_totals=Totals(add=2, move=1, destroy=2),
        diagnostics={name: 1},
    )


#: Nothing to apply, but not everything could be read.
INCOMPLETE = Plan(
    origin=PLAN.origin,
    entity_totals=Totals(unchanged=2000, kept=1012, withheld=11),
    relationship_totals=Totals(unchanged=4100, withheld=11),
    kept=PLAN.kept,
    withheld=PLAN.withheld,
    gaps=PLAN.gaps,
    listings=(1248, 1246),
    windows=PLAN.windows,
)


def _gone_with_the_workspace() -> tuple[Change[Entity], ...]:
    """Twelve repositories, with two pull requests each, one of them old, and a restriction in every third."""
    found = []
    for number in range(12):
        key, name = f"{{old-repository-{number:02}}}", f"acme/old-{number:02}"
        below = [("repository", key, name, {"fullName": name})]
        below += [
            ("pull_request", f"{key}/pull-requests/{n}", f"{name} #{n}", {"updatedOn": MADE - n * DAY}) for n in (0, 2)
        ]
        if number % 3 == 0:
            below.append(("branch_restriction", f"{key}/branch-restrictions/1", f"{name} · push on main", {}))
        found += [
            Change(entity(kind, one, held), None, label, Reason.CASCADE, cause=WORKSPACE)
            for kind, one, label, held in below
        ]
    return tuple(sorted(found, key=lambda change: (KINDS.rank(change.element.type), change.label)))


#: A workspace that goes with all that is in it.
CASCADE = Plan(
    origin=PLAN.origin,
    entities=(
        Change(
            entity("workspace", WORKSPACE, {"slug": "acme"}),
            None,
            "acme",
            Reason.ABSENT,
            proof=Proof(Listing("workspace"), 1, 1, 404),
        ),
        *_gone_with_the_workspace(),
    ),
    entity_totals=Totals(destroy=41),
    population={
        "bitbucket_branch_restriction": 4,
        "bitbucket_pullrequest": 24,
        "bitbucket_repo": 12,
        "bitbucket_workspace": 1,
    },
    listings=(2, 2),
    windows={"pull_request": MADE - DAY},
)
