"""A plan for trying the page out: few enough changes to count by hand, and each sort of them once or twice."""

from __future__ import annotations

from bbsync.guards import judge_guards
from bbsync.observation import Proof
from bbsync.plan import Change, LabelledGap, Origin, Plan, Reason, Totals, Withheld
from bbsync.show.html import html
from tests.regenerate_goldens import STRICT
from tests.show.worked_example import (
    LEGACY,
    LONG,
    MADE,
    REFUSED,
    REPOSITORIES,
    SLOW,
    WEB,
    added,
    cascaded,
    changed,
    entity,
    tied,
)

ENTITIES = (
    changed("project", "{web-project}", "WEB", {"description": "Customer facing sites"}, {"description": LONG}),
    added("user", "{dana-account}", "Dana Ito"),
    added("repository", "{search-api-repository}", "acme/search-api"),
    Change(
        entity("repository", "{billing-repository}", {"fullName": "acme/billing"}),
        entity("repository", "{billing-repository}", {"fullName": "acme/invoicing"}),
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
    changed("repository", WEB, "acme/web", {"public": False}, {"public": True, "language": "elm"}),
    cascaded("branch_restriction", "branch-restrictions/1", "acme/legacy-ui · push on main"),
    cascaded("branch_restriction", "branch-restrictions/2", "acme/legacy-ui · push on release/*"),
    cascaded("permission", "permissions/eng", "acme/legacy-ui · group eng: admin"),
    *(
        cascaded("pull_request", f"pull-requests/{number}", f"acme/legacy-ui #{number}", {"updatedOn": MADE - 1})
        for number in (12, 15, 16, 21)
    ),
    added("permission", "{search-api-repository}/permissions/eng", "acme/search-api · group eng: write"),
    changed(
        "pull_request",
        f"{WEB}/pull-requests/7",
        "acme/web #7",
        {"approvers": ("bob", "carol"), "state": "OPEN"},
        {"approvers": ("alice", "carol", "Zoë Müller"), "state": "OPEN"},
    ),
)

EXAMPLE = Plan(
    Origin(workspaces=("acme",), target="local graph .bbsync/graph.db", serial=381, created_at=MADE),
    entities=ENTITIES,
    relationships=(
        Change(
            tied("bitbucket_group_has_user", "{acme-workspace}/groups/eng", "{mlee-account}"),
            None,
            "eng HAS Min Lee",
            Reason.ABSENT,
        ),
    ),
    withheld=(
        Withheld("bitbucket_branch_restriction", "acme/api", tuple(f"restriction-{n}" for n in range(5)), SLOW),
        Withheld("bitbucket_permission", "acme/vault", tuple(f"permission-{n}" for n in range(6)), REFUSED),
    ),
    gaps=(LabelledGap(SLOW, "acme/api"), LabelledGap(REFUSED, "acme/vault")),
    entity_totals=Totals(add=3, change=3, move=1, destroy=8, unchanged=1900, withheld=11),
    population={"bitbucket_pullrequest": 520, "bitbucket_repo": 214},
    listings=(1248, 1246),
    windows={"pull_request": MADE},
)


def example_page() -> str:
    """The page of it, with guards that are in the way."""
    return html(EXAMPLE, judge_guards(EXAMPLE, STRICT))
