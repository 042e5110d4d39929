"""The audit trail: one line for every apply, whatever came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import asdict, frozen

from bbsync.errors import BbsyncError, Blocked, StateError
from bbsync.events import Diagnostic
from bbsync.plan import Plan
from bbsync.state import Applied, State
from bbsync.steps import Around
from bbsync.target import Counters

#: Stands for the code in the line of an apply that somebody stopped.
STOPPED = "interrupted"


@frozen
class Trail:
    """What the line of one apply says whatever comes of it, and where it is written."""

    records: State
    plan: Plan
    identity: str
    allow_deletes: int | None
    around: Around
    began: int

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Write a line when the block fails."""
        try:
            yield
        except BbsyncError as error:
            self._failed(
                "blocked" if isinstance(error, Blocked) else "failed", error.code, f"{error.what}. {error.why}"
            )
            raise
        except BaseException as error:  # Ctrl-C, above all
            self._failed("stopped", STOPPED, type(error).__name__)
            raise

    def line(self, outcome: str, counted: str, code: str = "", failure: str = "", elements: int = 0) -> Applied:
        """The line, as of now."""
        now = self.around.now()
        return Applied(
            scope=self.plan.origin.target,
            plan_id=self.identity,
            applied_at=now,
            applied_by=self.around.actor.name,
            ci_url=self.around.actor.ci_url,
            outcome=outcome,
            allow_deletes=self.allow_deletes,
            counted=counted,
            planned=words(_planned(self.plan)),
            milliseconds=max(0, now - self.began),
            code=code,
            failure=failure.strip(),
            elements=elements,
        )

    @property
    def elements(self) -> int:
        """How many elements the last apply left in the graph; 0 where nobody knows."""
        applied = self.records.applies(self.plan.origin.target)
        return applied[-1].elements if applied else 0

    def _failed(self, outcome: str, code: str, failure: str) -> None:
        try:
            self.records.record_failure(self.line(outcome, "nothing was noted", code, failure))
        except StateError as error:
            self.around.say(f"the audit trail has no line of this apply: {error.what}")
            self.around.happened(Diagnostic.of(error, "warning"))


def _planned(plan: Plan) -> Counters:
    things, ties = plan.entity_totals, plan.relationship_totals
    return Counters(
        *(things.add, things.change + things.move, things.destroy), *(ties.add, ties.change + ties.move, ties.destroy)
    )


def words(counters: Counters) -> str:
    """The counters as people read them."""
    return (
        ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in asdict(counters).items() if count) or "nothing"
    )
