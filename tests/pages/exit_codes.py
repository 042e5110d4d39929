"""The page of exit codes, from the enumeration that holds them."""

from __future__ import annotations

from bbsync.errors import MEANINGS, PRECEDENCE, ExitCode
from tests.pages.markup import GENERATED, code, table

_INTRODUCTION = """\
A code answers the question of its command. Of `plan`: is there a whole plan? Of `apply`: is that plan in the graph? Of
`drift`: are they equal? What went wrong is said on standard error, with a [message code](messages.md).
"""
_AFTERWARDS = """\
Where two fit, the first of these is answered: {precedence}. So differences in a comparison that is not complete are 3,
and who takes 2 for the whole list of them is never misled.

In CI, run the same command again after {again}, and after no other code. What the recipes do with each is on their
pages: [Bitbucket Pipelines](ci-bitbucket-pipelines.md), [GitHub Actions](ci-github-actions.md).
"""

#: What to do about each.
_THEN = {
    ExitCode.OK: "nothing",
    ExitCode.ERROR: "do what the last line of the message says",
    ExitCode.CHANGES: "look at them",
    ExitCode.INCOMPLETE: "look at what is withheld; the plan may be applied all the same",
    ExitCode.BLOCKED: "look at the plan; if it is what you want, `--allow-deletes` with its number of deletes",
    ExitCode.STALE: "plan again",
    ExitCode.LOCKED: "wait for the other one, or ask who it is",
    ExitCode.UNFINISHED: "run the same command again",
    ExitCode.USAGE: "see `--help` of the command",
    ExitCode.INTERRUPTED: "run the same command again, if it was not meant to end",
    ExitCode.TERMINATED: "the same",
}


def exit_codes_page() -> str:
    """The whole page."""
    listed = table(["code", "means", "then"], ([str(int(one)), MEANINGS[one], _THEN[one]] for one in ExitCode))
    precedence = ", ".join(str(int(one)) for one in PRECEDENCE)
    afterwards = _AFTERWARDS.format(precedence=precedence, again=code(str(int(ExitCode.UNFINISHED))))
    return "\n".join(["# Exit codes\n", GENERATED, _INTRODUCTION, listed, afterwards])
