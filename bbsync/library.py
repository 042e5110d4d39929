"""The steps of a run as functions, for programs: read the graph, look at Bitbucket, make the plan, carry it out.

`import bbsync` gives these names; this module is imported when the first of them is asked for.
"""

from __future__ import annotations

from bbsync import applying, steps
from bbsync.applying import Outcome
from bbsync.errors import (
    BbsyncError,
    BitbucketError,
    Blocked,
    ConsumerError,
    ExitCode,
    Locked,
    PlanFileError,
    RateLimitSpent,
    SettingsError,
    StalePlan,
    StateError,
    TargetError,
    Unfinished,
)
from bbsync.graph import Entity, Graph, Relationship
from bbsync.observation import Observation
from bbsync.plan import Plan
from bbsync.settings import Settings, load_settings
from bbsync.state import State
from bbsync.steps import Actor, Around, Looked, Made
from bbsync.target import Snapshot

__all__ = [
    "Actor",
    "Around",
    "BbsyncError",
    "BitbucketError",
    "Blocked",
    "ConsumerError",
    "Entity",
    "ExitCode",
    "Graph",
    "Locked",
    "Made",
    "Observation",
    "Outcome",
    "Plan",
    "PlanFileError",
    "RateLimitSpent",
    "Relationship",
    "Settings",
    "SettingsError",
    "Snapshot",
    "StalePlan",
    "StateError",
    "TargetError",
    "Unfinished",
    "apply",
    "load_settings",
    "make_plan",
    "observe",
    "read_snapshot",
]


def read_snapshot(settings: Settings, around: Around | None = None) -> Snapshot:
    """The graph as it is now, as far as it is ours. Nothing is written.

    Args:
        settings: which graph; see `load_settings`.
        around: the world around the run; without one, the time of this machine and nobody who is told.

    Raises:
        SettingsError: an account or a key is missing.
        TargetError: the graph could not be read.
    """
    with steps.open_target(settings, around or Around()) as target:
        return target.read_snapshot()


def observe(settings: Settings, snapshot: Snapshot, around: Around | None = None) -> Observation:
    """Bitbucket as it is now. Nothing is written but the ledger of calls.

    What the snapshot holds and Bitbucket does not list is asked for once more, so that nothing is taken for deleted
    that only could not be seen. What could not be read is in `coverage.gaps`, and is no error.

    Args:
        settings: which workspaces, and what of them.
        snapshot: the graph as it is; an empty one, `Snapshot()`, makes this a first run.
        around: the world around the run.

    Raises:
        SettingsError: no workspace or no consumer is set.
        ConsumerError: a consumer is wrong, or lacks a scope.
        RateLimitSpent: no consumer has calls left.
        BitbucketError: Bitbucket could not be used at all.
        StateError: the records cannot be used.
    """
    around = around or Around()
    with steps.open_target(settings, around) as target, steps.connection(settings, around) as bitbucket:
        granted = bitbucket.validate(pull_requests=settings.pull_requests.ingest)
        looking = steps.Looking(bitbucket, granted.scopes, target.address)
        return steps.read_bitbucket(settings, around, looking, snapshot.graph)


def make_plan(settings: Settings, snapshot: Snapshot, observation: Observation, around: Around | None = None) -> Made:
    """The plan that turns the snapshot into what Bitbucket shows, plus what is kept, and what the guards say of it.

    Nobody is asked: the same arguments make the same plan. Nothing is written but raw data, where that is wanted.

    Args:
        settings: those that both were read with.
        snapshot: what `read_snapshot` returned.
        observation: what `observe` returned.
        around: the world around the run; the plan expires a day after its time.

    Raises:
        SettingsError: a graph is to move in, which `bbsync plan` alone plans.
        TargetError: the scope holds what is not ours.
        StateError: the records cannot be read, which know what the last apply looked at.
    """
    if settings.adopt.is_on:
        raise SettingsError(
            "[adopt] names a graph that is to move in, and these functions do not read it",
            next_step="Move in once with bbsync plan and bbsync apply, and take [adopt] out of bbsync.toml.",
        )
    around = around or Around()
    with steps.open_target(settings, around) as target:
        origin = steps.origin_of(settings, target, snapshot, around)
    looked_at = State(settings.state.url).settings(origin.target)
    return steps.compare(Looked(snapshot, observation, origin, looked_at), settings, around)


def apply(
    made: Made,
    settings: Settings,
    around: Around | None = None,
    *,
    allow_deletes: int | None = None,
    verified: bool = False,
) -> Outcome:
    """Carry out exactly this plan, or nothing of it. Applying it again finishes what was cut short.

    Args:
        made: what `make_plan` returned.
        settings: those that it was made with.
        around: the world around the run; its `actor` is named in the audit trail.
        allow_deletes: the number of deletes that somebody reviewed, where a guard asks for it.
        verified: whether the graph is read again afterwards, and compared with what the plan promises.

    Raises:
        PlanFileError: the plan is for another graph, or for other workspaces.
        Blocked: a guard stands in the way; nothing was written.
        Locked: somebody else is applying; nothing was written.
        StalePlan: the graph moved since the plan was made, or a day went by; nothing was written.
        TargetError: nothing was written.
        StateError: the records cannot be used; nothing was written.
        Unfinished: not everything is in the graph, or nobody can tell; apply the same plan again.
    """
    return applying.apply(
        made.plan,
        settings,
        around or Around(),
        identity=made.id,
        allow_deletes=allow_deletes,
        verified=verified,
    )
