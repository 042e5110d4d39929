"""`bbsync show`: a saved plan, as text, as a page, or as the document it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bbsync.cli.files import read_plan_file
from bbsync.cli.invocation import common_options, invoked
from bbsync.cli.showing import show_plan
from bbsync.errors import ExitCode
from bbsync.planfile import read


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "html", "json"]),
    default="text",
    show_default=True,
    help="How to show it.",
)
@click.option("--full", is_flag=True, help="Every change and every value in full.")
@common_options
def command(plan: Path, shape: str, *, full: bool, **common: Any) -> ExitCode:
    """Show a saved plan; asks nobody.

    Example: bbsync show plan.json --full
    """
    invocation = invoked(**common)
    content = read_plan_file(plan)
    saved = read(content)
    if shape == "json":
        invocation.write_json(content)
    elif shape == "html":
        from bbsync.show.html import html  # only a page needs templates

        invocation.write(html(saved.plan, saved.guards))
    else:
        show_plan(saved.plan, saved.guards, invocation, full=full)
    return ExitCode.OK
