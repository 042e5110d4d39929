"""Promises of the errors and of what the process answers."""

from __future__ import annotations

import pytest

from bbsync import errors
from bbsync.errors import BbsyncError, ExitCode, strongest

RAISED = sorted(
    (held for held in vars(errors).values() if isinstance(held, type) and issubclass(held, BbsyncError)),
    key=lambda held: held.__name__,
)


@pytest.mark.parametrize("error", RAISED)
def test_error_says_what_why_and_what_to_do(error: type[BbsyncError]) -> None:
    """Every error reads as sentences, with its code for searching."""
    raised = error("the file is empty", why="It has 0 bytes.", next_step="Make the plan again.")

    assert str(raised) == f"the file is empty ({error.default_code}). It has 0 bytes. Make the plan again."


def test_error_without_a_why_has_no_gap_in_its_sentence() -> None:
    """Where there is nothing to explain, nothing is said."""
    raised = BbsyncError("the file is empty", next_step="Make the plan again.", code="BB-EMPTY")

    assert str(raised) == "the file is empty (BB-EMPTY). Make the plan again."


def test_codes_of_errors_differ() -> None:
    """A code names one sort of trouble."""
    codes = [error.default_code for error in RAISED]

    assert len(set(codes)) == len(codes)
    assert all(code.startswith("BB-") for code in codes)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.BbsyncError, 1),
        (errors.SettingsError, 1),
        (errors.BitbucketError, 1),
        (errors.ConsumerError, 1),
        (errors.RateLimitSpent, 1),
        (errors.TargetError, 1),
        (errors.PlanFileError, 1),
        (errors.StateError, 1),
        (errors.Blocked, 4),
        (errors.StalePlan, 5),
        (errors.Locked, 6),
        (errors.Unfinished, 7),
    ],
)
def test_exit_codes_are_those_promised(error: type[BbsyncError], code: int) -> None:
    """Pipelines branch on these numbers."""
    assert error.exit_code == code


def test_every_exit_code_has_its_place_in_the_precedence() -> None:
    """Whatever two codes meet, one of them is stronger."""
    assert sorted(errors.PRECEDENCE) == sorted(ExitCode)


@pytest.mark.parametrize(
    ("codes", "answer"),
    [
        ((), ExitCode.OK),
        ((ExitCode.OK, ExitCode.CHANGES), ExitCode.CHANGES),
        ((ExitCode.CHANGES, ExitCode.INCOMPLETE), ExitCode.INCOMPLETE),
        ((ExitCode.INCOMPLETE, ExitCode.BLOCKED), ExitCode.BLOCKED),
        ((ExitCode.BLOCKED, ExitCode.STALE), ExitCode.STALE),
        ((ExitCode.UNFINISHED, ExitCode.ERROR), ExitCode.UNFINISHED),
        ((ExitCode.ERROR, ExitCode.INTERRUPTED), ExitCode.INTERRUPTED),
        ((ExitCode.INTERRUPTED, ExitCode.USAGE), ExitCode.USAGE),
    ],
)
def test_the_stronger_code_is_answered(codes: tuple[ExitCode, ...], answer: ExitCode) -> None:
    """An incomplete reading says so even where there are changes, whatever their order."""
    assert strongest(*codes) is answer
    assert strongest(*reversed(codes)) is answer
