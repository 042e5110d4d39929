"""The steps as functions: the stable names, the worked example, and the same plan as the command's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bbsync
from bbsync import library, steps
from tests.run_rig import Rig, rig_at
from tests.tested_package import HOME

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "specs" / "library.md").read_text("utf-8")


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path) as made:
        yield made


def example() -> dict[str, Any]:
    """The names that the example of the page defines."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(block, "specs/library.md", "exec"), names)  # noqa: S102 - our own page
    return names


def test_example_mirrors_what_is_new_and_leaves_deletes_to_people(rig: Rig) -> None:
    """The example does what the page says of it."""
    rig.settings()
    config, mirror = rig.place / "bbsync.toml", example()["mirror"]

    first = mirror(config, rig.variables)
    rig.change("delete_repository", repository=rig.repositories[0].slug)
    second = mirror(config, rig.variables)

    assert re.fullmatch(r"[1-9]\d* added, 0 changed", first)
    assert "somebody should look at it" in second
    assert rig.plan().plan.entity_totals.destroy > 0


def test_steps_make_the_plan_of_the_command(rig: Rig) -> None:
    """Step by step or at once, it is the same plan, byte for byte."""
    settings = rig.settings()

    snapshot = bbsync.read_snapshot(settings, rig.around)
    observation = bbsync.observe(settings, snapshot, rig.around)
    made = bbsync.make_plan(settings, snapshot, observation, rig.around)

    assert made.id == steps.plan(settings, rig.around).id


def test_applied_plan_leaves_nothing_to_do(rig: Rig) -> None:
    """What was applied is in the graph, and applying it again does nothing."""
    settings = rig.settings()
    snapshot = bbsync.read_snapshot(settings)
    made = bbsync.make_plan(settings, snapshot, bbsync.observe(settings, snapshot, rig.around), rig.around)

    outcome = bbsync.apply(made, settings, rig.around, verified=True)
    again = bbsync.apply(made, settings, rig.around)

    assert outcome.counted.entities_created == made.plan.entity_totals.add > 0
    assert again.already


def test_a_graph_that_is_to_move_in_is_left_to_the_command(rig: Rig) -> None:
    """Without the moves the plan would add what is there already, under other keys."""
    settings = rig.settings('[adopt]\nscope = "old"\n')

    with pytest.raises(bbsync.SettingsError, match="these functions do not read it"):
        bbsync.make_plan(settings, bbsync.Snapshot(), bbsync.Observation(), rig.around)


def test_stable_names_are_there_and_explained() -> None:
    """Each is what the library has under that name; functions say what they raise."""
    names = [name for name in bbsync.__all__ if name != "__version__"]

    assert names == library.__all__
    assert all(getattr(bbsync, name) is getattr(library, name) for name in names)
    assert set(names) <= set(dir(bbsync))
    assert all(
        "Raises:" in getattr(bbsync, name).__doc__ for name in ("read_snapshot", "observe", "make_plan", "apply")
    )


def test_other_names_are_not_there() -> None:
    """A misspelt name is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'aply'"):
        _ = bbsync.aply  # type: ignore[attr-defined]  # that is the point


def test_importing_brings_nothing_heavy() -> None:
    """`import bbsync` imports no network, no database and none of the steps."""
    script = "import sys, bbsync; print({'httpx', 'sqlalchemy', 'attrs', 'bbsync.steps'} & set(sys.modules))"

    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(HOME)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert ended.stdout == "set()\n"
