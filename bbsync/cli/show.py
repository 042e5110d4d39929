"""`bbsync show`: a saved plan or audit, as text, as Markdown, as a page, or as the document it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bbsync.cli.files import read_plan_file
from bbsync.cli.invocation import Invocation, common_options, invoked
from bbsync.cli.showing import show_drift, show_plan
from bbsync.drift import Drift
from bbsync.drift_document import is_drift, read_drift
from bbsync.errors import ExitCode
from bbsync.planfile import read
from bbsync.show.markdown import LARGEST_COMMENT, SMALLEST, markdown


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    show_default=True,
    help="How to show it.",
)
@click.option("--full", is_flag=True, help="Every change and every value in full.")
@click.option(
    "--bytes",
    "limit",
    type=click.IntRange(min=SMALLEST),
    help=f"Markdown of at most so many bytes.  [default: {LARGEST_COMMENT}; with --full no limit]",
)
@common_options
def command(plan: Path, shape: str, *, full: bool, limit: int | None, **common: Any) -> ExitCode:
    """Show a saved plan, or a saved audit; asks nobody.

    Example: bbsync show plan.json --full
    """
    invocation = invoked(**common)
    content = read_plan_file(plan)
    if is_drift(content):
        return _show_drift(read_drift(content), content, shape, invocation, full=full, limit=limit)
    saved = read(content)
    if shape == "json":
        invocation.write_json(content)
    elif shape == "html":
        from bbsync.show.html import html  # only a page needs templates

        invocation.write(html(saved.plan, saved.guards))
    elif shape == "markdown":
        limit = limit if limit or full else LARGEST_COMMENT
        shown = markdown(saved.plan, saved.guards, saved.id, limit=limit, full=full)
        invocation.write_utf8(shown)
    else:
        show_plan(saved.plan, saved.guards, invocation, full=full)
    return ExitCode.OK


def _show_drift(
    drift: Drift, content: bytes, shape: str, invocation: Invocation, *, full: bool, limit: int | None
) -> ExitCode:
    if shape == "json":
        invocation.write_json(content)
    else:
        show_drift(drift, shape, invocation, full=full, limit=limit)
    return ExitCode.OK
