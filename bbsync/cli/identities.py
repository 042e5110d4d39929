"""`bbsync identities`: who is matched with whom, and by what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bbsync.cli.exits import exits
from bbsync.cli.files import require_place, write_private
from bbsync.cli.invocation import Invocation, invoked, settings_options
from bbsync.cli.showing import how
from bbsync.errors import ExitCode
from bbsync.identifying import find_people
from bbsync.matching import Matches
from bbsync.show.identities import identities_csv, identities_json, identities_text, template_csv
from bbsync.show.words import times


@click.command(epilog=exits(ExitCode.INCOMPLETE))
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "csv", "json"]),
    default="text",
    show_default=True,
    help="How to show it.",
)
@click.option(
    "--template",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save an identity map to fill in, with a line for each member who is missing in it.",
)
@settings_options
def command(shape: str, template: Path | None, **common: Any) -> ExitCode:
    """Say which members are matched with which Persons of JupiterOne, and by what; change nothing.

    Example: bbsync identities --template missing.csv
    """
    invocation = invoked(**common)
    settings = invocation.settings()
    if template is not None:
        require_place(template)
    found = find_people(settings, invocation.around())
    _show(found.matches, shape, invocation)
    for gap in found.gaps:
        invocation.complain(f"Not everybody could be looked at ({gap.code}).", f"{gap.detail}.")
    if template is not None:
        _save(found.matches, template, invocation)
    invocation.say(f"{found.traffic}.")
    return ExitCode.INCOMPLETE if found.gaps else ExitCode.OK


def _show(matches: Matches, shape: str, invocation: Invocation) -> None:
    match shape:
        case "csv":
            invocation.write_utf8(identities_csv(matches))
        case "json":
            invocation.write_json(identities_json(matches))
        case _:
            invocation.write(identities_text(matches, **how(invocation)))


def _save(matches: Matches, template: Path, invocation: Invocation) -> None:
    written = template_csv(matches).encode()
    write_private(template, lambda stream: stream.write(written))
    lines = times(len(matches.missing), "line", "lines")
    invocation.say(f"Saved {template} with {lines}. Fill in the addresses, and name it as map in [identities].")
