"""Mirror Bitbucket Cloud into the JupiterOne graph, with a plan you can read before it is applied.

The steps of a run are functions: `read_snapshot`, `observe`, `make_plan`, `apply`. See specs/library.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bbsync.library import (
        Actor,
        Around,
        BbsyncError,
        BitbucketError,
        Blocked,
        ConsumerError,
        Entity,
        ExitCode,
        Graph,
        Locked,
        Made,
        Observation,
        Outcome,
        Plan,
        PlanFileError,
        RateLimitSpent,
        Relationship,
        Settings,
        SettingsError,
        Snapshot,
        StalePlan,
        StateError,
        TargetError,
        Unfinished,
        apply,
        load_settings,
        make_plan,
        observe,
        read_snapshot,
    )

__version__ = "0.1.0"

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
    "__version__",
    "apply",
    "load_settings",
    "make_plan",
    "observe",
    "read_snapshot",
]


def __getattr__(name: str) -> object:
    """The names above, imported when the first of them is asked for: `bbsync --help` needs none of it."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    import importlib

    return getattr(importlib.import_module("bbsync.library"), name)


def __dir__() -> list[str]:
    """The stable names, and what Python itself puts into a module."""
    return sorted({*__all__, *globals()})
