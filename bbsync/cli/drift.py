"""`bbsync drift`: what differs between Bitbucket, the graph and what the last apply left in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bbsync import drifting
from bbsync.cli.events import events_option, tell_audit
from bbsync.cli.exits import exits
from bbsync.cli.files import require_place, write_private
from bbsync.cli.invocation import Invocation, invoked, settings_options
from bbsync.cli.showing import how, show_drift
from bbsync.drift import Drift
from bbsync.drift_document import drift_document, exit_code, history_document
from bbsync.errors import ExitCode, PlanFileError
from bbsync.show.trend import trend_text


@click.command(epilog=exits(ExitCode.CHANGES, ExitCode.INCOMPLETE, ExitCode.LOCKED))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the audit in this file, as JSON.")
@click.option(
    "--only", multiple=True, metavar="ADDRESS", help='Compare only this: "repo:acme/web", with what is below.'
)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    show_default=True,
    help="How to show it.",
)
@click.option("--full", is_flag=True, help="Every difference and every value in full.")
@click.option("--history", is_flag=True, help="Show the audits so far instead of making one.")
@events_option
@settings_options
def command(
    out: Path | None, only: tuple[str, ...], shape: str, *, full: bool, history: bool, **common: Any
) -> ExitCode:
    """Compare Bitbucket, the graph and what the last apply left in it; change nothing.

    \b
    Exit with 0 where all are equal, 2 where something differs, and 3 where
    not everything could be compared.

    Example: bbsync drift --out drift.json
    """
    invocation = invoked(**common)
    if history and (out is not None or only):
        raise click.UsageError("--history shows what was noted: it takes neither --out nor --only")
    if history:
        _show_history(invocation, shape, full=full)
        return ExitCode.OK
    settings = invocation.settings()
    if out is not None:
        require_place(out)
    audited = drifting.audit(settings, invocation.around(), only=only)
    tell_audit(audited, invocation)
    if out is not None:
        _save(audited.drift, out, invocation, full=full)
    _show(audited.drift, invocation, shape, full=full)
    invocation.say(f"{audited.traffic}.")
    return exit_code(audited.drift)


def _save(drift: Drift, out: Path, invocation: Invocation, *, full: bool) -> None:
    document = drift_document(drift)
    try:
        write_private(out, lambda stream: stream.write(document))
    except PlanFileError:
        _show(drift, invocation, "text", full=full)  # it may have cost an hour of calls
        raise


def _show(drift: Drift, invocation: Invocation, shape: str, *, full: bool) -> None:
    if shape == "json":
        invocation.write_json(drift_document(drift))
    else:
        show_drift(drift, shape, invocation, full=full)


def _show_history(invocation: Invocation, shape: str, *, full: bool) -> None:
    if shape not in ("text", "json"):
        raise click.UsageError("--history is shown as text or as json; the page of an audit draws it")
    address, audits = drifting.history(invocation.settings(), invocation.around())
    if shape == "json":
        invocation.write_json(history_document(audits))
    else:
        invocation.write(trend_text(audits, address, full=full, **how(invocation)))
