"""Made-up audits that have something of everything, and a made-up history."""

from __future__ import annotations

from attrs import evolve

from bbsync.drift import Audit, Basis, Drift, Drifted, Ignored, Sort
from bbsync.graph import Entity, Properties
from bbsync.plan import Action
from tests.show.worked_example import DAY, LONG, MADE, NOTHING, PLAN, WEB, entity, tied

BASIS = Basis("3f9a1c02", MADE - 72_000_000)


def pending(label: str, before: Entity | None, after: Entity | None, action: Action, *names: str) -> Drifted[Entity]:
    """Something that moved in Bitbucket."""
    return Drifted(Sort.PENDING, label, before, before, after, names, action)


def tampered(label: str, held: Entity, wanted: Entity, action: Action | None, *names: str) -> Drifted[Entity]:
    """Something that somebody changed in the graph."""
    return Drifted(Sort.TAMPERED, label, wanted, held, wanted, names, action)


def repository(key: str, **properties: str | bool) -> Entity:
    """A repository."""
    shown: Properties = properties
    return entity("repository", key, shown)


STRANGERS = tuple(
    Drifted(
        Sort.UNMANAGED,
        f"acme/web · user {name}: admin",
        None,
        entity("permission", f"{WEB}/permissions/{{{name}}}", {"name": f"user {name}: admin"}),
        None,
        next=Action.DELETE,
    )
    for name in ("mallory", "niaj", "olivia", "peggy", "rupert", "sybil")
)

DRIFT = Drift(
    plan=PLAN,
    basis=BASIS,
    found=(
        pending(
            "WEB",
            entity("project", "{web-project}", {"description": "Customer facing sites"}),
            entity("project", "{web-project}", {"description": LONG}),
            Action.UPDATE,
            "description",
        ),
        pending("Dana Ito", None, entity("user", "{dana-account}", {"displayName": "Dana Ito"}), Action.CREATE),
        pending("acme/legacy-ui", repository("{legacy-ui-repository}"), None, Action.DELETE),
        tampered(
            "acme/web",
            repository(WEB, public=True, description=LONG),
            repository(WEB, public=False, description=LONG.replace("Tuesdays", "Wednesdays")),
            Action.UPDATE,
            "public",
            "description",
        ),
        tampered(
            "acme/web #7",
            entity("pull_request", f"{WEB}/pull-requests/7", {"approvers": ("alice", "Zoë Müller"), "approved": True}),
            entity("pull_request", f"{WEB}/pull-requests/7", {"approvers": ("alice",), "approved": False}),
            None,
            "approvers",
            "approved",
        ),
        Drifted(
            Sort.MISSING,
            "eng HAS Min Lee",
            tied("bitbucket_group_has_user", "{acme-workspace}/groups/eng", "{mlee-account}"),
            None,
            tied("bitbucket_group_has_user", "{acme-workspace}/groups/eng", "{mlee-account}"),
            next=Action.CREATE,
        ),
        *STRANGERS,
        Drifted(Sort.UNMANAGED, "host-1", None, Entity("host-1", "aws_instance", ("Host",), {}), None),
    ),
    ignored=(Ignored("repo:*.updatedOn", 3), Ignored("permission:acme/vault", 0)),
    passed=3,
    foreign=2,
)

AGREED = Drift(plan=NOTHING, basis=BASIS)

UNKNOWN = Drift(
    plan=NOTHING,
    basis=Basis(missing="the last apply, of plan 3f9a1c02, could not keep it"),
    found=DRIFT.found[1:2],
    only=("user:D*",),
    outside=4,
)

_LINE = Audit("made up", MADE, "3f9a1c02", 381, 0, 0, 0, 0, 0, 1248, 1248, conclusive=True)

HISTORY = (
    evolve(_LINE, at=MADE - 5 * DAY, pending=187, plan_id=""),
    evolve(_LINE, at=MADE - 4 * DAY, pending=12, tampered=1, ignored=3),
    evolve(_LINE, at=MADE - 3 * DAY, pending=48, missing=31, unmanaged=2, complete=1246, conclusive=False),
    evolve(_LINE, at=MADE - 2 * DAY),
    evolve(_LINE, at=MADE - DAY, tampered=1, only="repo:acme/web"),
    evolve(_LINE, pending=100_000, unmanaged=7),
)
