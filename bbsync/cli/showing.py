"""Show a plan on stdout as this stream can take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from bbsync.cli import terminal
from bbsync.cli.invocation import Invocation
from bbsync.drift import Drift
from bbsync.plan import Plan
from bbsync.planfile import Finding
from bbsync.show.drift import drift_text
from bbsync.show.drift_markdown import drift_markdown
from bbsync.show.markdown import LARGEST_COMMENT
from bbsync.show.text import text


class How(TypedDict):
    """What a stream can show."""

    width: int
    colour: bool
    unicode: bool


def show_plan(plan: Plan, guards: Sequence[Finding], invocation: Invocation, *, full: bool = False) -> None:
    """Write the plan to stdout. The same plan on the same kind of stream gives the same bytes."""
    invocation.stopping.check()
    invocation.write(text(plan, tuple(guards), full=full, **how(invocation)))


def show_drift(
    drift: Drift, shape: str, invocation: Invocation, *, full: bool = False, limit: int | None = None
) -> None:
    """Write the audit to stdout, as text, as Markdown or as a page."""
    if shape == "html":
        from bbsync.show.page.drift import drift_html  # only a page needs templates

        invocation.write(drift_html(drift))
    elif shape == "markdown":
        limit = limit if limit or full else LARGEST_COMMENT
        invocation.write_utf8(drift_markdown(drift, limit=limit, full=full))
    else:
        invocation.write(drift_text(drift, full=full, **how(invocation)))


def how(invocation: Invocation) -> How:
    """What stdout can show."""
    stream = invocation.stdout
    return {
        "width": terminal.width(stream),
        "colour": terminal.colour(stream, invocation.environ, wanted=invocation.colour_wanted),
        "unicode": terminal.unicode(stream),
    }
