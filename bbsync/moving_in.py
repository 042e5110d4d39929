"""The step before a plan in which the existing integration's graph moves in: read it, and see what becomes of it."""

from __future__ import annotations

from attrs import evolve

from bbsync.adoption import Adopted, adopt
from bbsync.errors import SettingsError
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.target import JupiterOneTarget
from bbsync.kinds import Kinds
from bbsync.observation import Observation
from bbsync.settings import Settings
from bbsync.target import Snapshot, Target


def moved_in(
    settings: Settings, target: Target, snapshot: Snapshot, only: tuple[str, ...], kinds: Kinds
) -> Adopted | None:
    """Our graph with what moves in from the one that the settings name; None where they name none.

    Raises:
        SettingsError: it cannot move in here, or there is nothing to move.
    """
    if not settings.adopt.is_on:
        return None
    if not isinstance(target, JupiterOneTarget):
        raise SettingsError(
            "[adopt] names a graph, and the target is not JupiterOne",
            why="The existing integration keeps its graph in JupiterOne, and moves in there.",
            next_step="Set JUPITERONE_ACCOUNT and JUPITERONE_API_KEY, or take [adopt] out of bbsync.toml.",
        )
    if only:
        raise SettingsError(
            "--only and [adopt] exclude each other",
            why="What moves in, moves in as a whole.",
            next_step="Plan without --only, or take [adopt] out of bbsync.toml.",
        )
    wanted = settings.adopt
    instance = wanted.integration_instance_id
    old = Ownership.of_instance(instance) if instance else Ownership.of_scope(wanted.scope)
    elsewhere = target.read_elsewhere(old)
    if elsewhere is not None and not elsewhere.entities:
        raise SettingsError(
            f"there is nothing in {old.label} to move in",
            why="Either it has another name, or the key that reads the graph does not see it.",
            next_step="Correct [adopt], or take it out of bbsync.toml.",
        )
    return adopt(snapshot.graph, elsewhere, kinds)


def with_left(observation: Observation, adopted: Adopted | None) -> Observation:
    """The observation, with what could not be moved in: nobody can tell whether that is still there."""
    if adopted is None:
        return observation
    coverage = observation.coverage
    return evolve(observation, coverage=evolve(coverage, gaps=(*coverage.gaps, *adopted.left)))
