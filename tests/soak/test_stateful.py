"""Whatever happens in whatever order: nothing is lost, nothing is half done, and in the end the graph is the truth."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.soak.life import Life, lived

#: Set to try more than a run of the tests does.
EXAMPLES = "BBSYNC_SOAK_EXAMPLES"

#: Whoever makes up what happens next. What fails is made shorter and simpler by Hypothesis.
chances = st.randoms(use_true_random=False)

#: How many touches of the outside world a process survives.
crashes = st.none() | st.integers(0, 80)


class AnyLife(RuleBasedStateMachine):
    """Everything that happens to a Bitbucket and its mirror, in any order."""

    life: Life

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()

    @initialize(kept=st.sampled_from(["local", "jupiterone"]), seed=st.integers(0, 9))
    def begin(self, kept: str, seed: int) -> None:
        place = self._open.enter_context(tempfile.TemporaryDirectory(prefix="bbsync-life-"))
        self.life = self._open.enter_context(lived(Path(place), kept, seed=seed))

    @rule(chance=chances, times=st.integers(1, 4))
    def something_changes(self, chance: Random, times: int) -> None:
        for _ in range(times):
            self.life.change(chance)

    @rule(chance=chances)
    def something_changes_while_it_is_read(self, chance: Random) -> None:
        self.life.change_meanwhile(chance)
        self.life.plan()

    @rule(chance=chances)
    def something_goes_wrong(self, chance: Random) -> None:
        self.life.trouble(chance)

    @rule()
    def nothing_goes_wrong(self) -> None:
        self.life.calm()

    @rule(chance=chances)
    def time_passes(self, chance: Random) -> None:
        self.life.pass_time(chance)

    @rule()
    def the_cadence_changes(self) -> None:
        self.life.change_cadence()

    @rule(crash_after=crashes)
    def plan(self, crash_after: int | None) -> None:
        self.life.plan(crash_after)

    @rule(chance=chances, crash_after=crashes)
    def apply(self, chance: Random, crash_after: int | None) -> None:
        self.life.apply(chance.choice(self.life.saved), crash_after)

    @rule(crash_after=crashes)
    def plan_and_apply(self, crash_after: int | None) -> None:
        self.life.plan()
        self.life.apply(self.life.saved[-1], crash_after)

    def teardown(self) -> None:
        with self._open:
            if hasattr(self, "life") and sys.exc_info()[0] is None:  # else it has failed already
                self.life.settle()


def test_whatever_happens_the_graph_ends_as_the_truth() -> None:
    """No plan deletes what Bitbucket has, no apply does half of one, nothing dangles, and it all ends well."""
    examples = int(os.environ.get(EXAMPLES, "12"))

    run_state_machine_as_test(
        AnyLife,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.mark.parametrize("target", ["local", "jupiterone"])
def test_the_oracle_notices_a_graph_that_is_not_the_truth(tmp_path: Path, target: str) -> None:
    """A test that agrees with everything says nothing."""
    with lived(tmp_path, target) as life:
        life.settle()
        life.rig.change("remove_member", member=life.rig.bitbucket.world.workspaces[0].members[-1].account.uuid)

        with pytest.raises(AssertionError):
            life.require_truth()
