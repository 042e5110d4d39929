"""Show a plan on stdout as this stream can take it."""

from __future__ import annotations

from collections.abc import Sequence

from bbsync.cli import terminal
from bbsync.cli.invocation import Invocation
from bbsync.plan import Plan
from bbsync.planfile import Finding
from bbsync.show.text import text


def show_plan(plan: Plan, guards: Sequence[Finding], invocation: Invocation, *, full: bool = False) -> None:
    """Write the plan to stdout. The same plan on the same kind of stream gives the same bytes."""
    invocation.stopping.check()
    stream = invocation.stdout
    invocation.write(
        text(
            plan,
            tuple(guards),
            width=terminal.width(stream),
            colour=terminal.colour(stream, invocation.environ, wanted=invocation.colour_wanted),
            unicode=terminal.unicode(stream),
            full=full,
        )
    )
