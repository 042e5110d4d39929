"""Every error that bbsync raises on purpose.

BbsyncError
├── SettingsError         a setting is missing, misspelt or impossible
├── BitbucketError        Bitbucket could not be used at all
│   ├── ConsumerError     an OAuth consumer is wrong or lacks a scope
│   └── RateLimitSpent    every consumer has used up its hour
├── TargetError           the graph could not be read or written; nothing was written
├── PlanFileError         a plan file cannot be read, or is not for this scope
├── StateError            bbsync's own records cannot be read or written
├── StalePlan             the graph moved since the plan was made
├── Blocked               a guard stands in the way
├── Locked                somebody else is applying
└── Unfinished            not everything is in the graph; the same command again goes on
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process answers. 2 means "changes" as in Terraform; usage errors are 64 as in sysexits."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    INCOMPLETE = 3
    BLOCKED = 4
    STALE = 5
    LOCKED = 6
    UNFINISHED = 7
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143


#: What each says, to whoever reads a help text or the page of exit codes.
MEANINGS = {
    ExitCode.OK: "done: the plan is made and complete, or applied",
    ExitCode.ERROR: "error: nothing was changed",
    ExitCode.CHANGES: "changes (plan --detailed-exitcode), or differences (drift)",
    ExitCode.INCOMPLETE: "incomplete: something could not be read; nothing there is deleted",
    ExitCode.BLOCKED: "blocked: a guard stands in the way",
    ExitCode.STALE: "stale: the graph moved since the plan was made",
    ExitCode.LOCKED: "locked: somebody else is applying",
    ExitCode.UNFINISHED: "unfinished: run the same command again",
    ExitCode.USAGE: "usage: a wrong option or argument",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "terminated",
}

#: When two codes fit, the first of these is answered.
PRECEDENCE: tuple[ExitCode, ...] = (
    ExitCode.USAGE,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.LOCKED,
    ExitCode.STALE,
    ExitCode.BLOCKED,
    ExitCode.UNFINISHED,
    ExitCode.ERROR,
    ExitCode.INCOMPLETE,
    ExitCode.CHANGES,
    ExitCode.OK,
)


def strongest(*codes: ExitCode) -> ExitCode:
    """The code to answer when several fit; OK when none is given."""
    return min(codes, key=PRECEDENCE.index, default=ExitCode.OK)


def sentence(clause: str) -> str:
    """The clause as a sentence, with a capital letter and a full stop."""
    return f"{clause[:1].upper()}{clause[1:]}."


class BbsyncError(Exception):
    """Something went wrong in a way that bbsync foresaw.

    Args:
        what: one clause, without a full stop: what happened.
        why: facts that explain it, a sentence or more; may be empty.
        next_step: what to do about it, a sentence.
        code: the stable message code, for searching; every class has a default.
    """

    default_code: ClassVar[str] = "BB-ERROR"
    exit_code: ClassVar[ExitCode] = ExitCode.ERROR

    def __init__(self, what: str, *, why: str = "", next_step: str, code: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step
        self.code = code or self.default_code

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.what} ({self.code}).", self.why, self.next_step) if part)


class SettingsError(BbsyncError):
    """A setting is missing, misspelt or impossible."""

    default_code = "BB-SETTINGS"


class BitbucketError(BbsyncError):
    """Bitbucket could not be used at all, so there is no plan."""

    default_code = "BB-BITBUCKET"


class ConsumerError(BitbucketError):
    """An OAuth consumer is wrong, or lacks a scope that is needed."""

    default_code = "BB-CONSUMER"


class RateLimitSpent(BitbucketError):
    """Every consumer has used up its calls for the hour."""

    default_code = "BB-RATE-LIMIT"


class TargetError(BbsyncError):
    """The graph could not be read or written; nothing was written."""

    default_code = "BB-TARGET"


class PlanFileError(BbsyncError):
    """A plan file cannot be read, was edited, or is for something else."""

    default_code = "BB-PLAN-FILE"


class StateError(BbsyncError):
    """bbsync's own records (watermarks, audit trail) cannot be read or written."""

    default_code = "BB-STATE"


class StalePlan(BbsyncError):
    """The graph moved since the plan was made; nothing was written."""

    default_code = "BB-APPLY-STALE"
    exit_code = ExitCode.STALE


class Blocked(BbsyncError):
    """A guard stands in the way; nothing was written."""

    default_code = "BB-GUARD"
    exit_code = ExitCode.BLOCKED


class Locked(BbsyncError):
    """Somebody else is applying to the same scope; nothing was written."""

    default_code = "BB-LOCK"
    exit_code = ExitCode.LOCKED


class Unfinished(BbsyncError):
    """Not everything is in the graph; running the same command again goes on."""

    default_code = "BB-APPLY-UNFINISHED"
    exit_code = ExitCode.UNFINISHED
