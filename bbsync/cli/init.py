"""`bbsync init`: a commented bbsync.toml to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bbsync.cli.files import require_place, write_whole
from bbsync.cli.invocation import Invocation, invoked, settings_options
from bbsync.errors import BbsyncError, ExitCode, SettingsError
from bbsync.settings.commented import commented
from bbsync.settings.load import DEFAULT_CONFIG
from bbsync.settings.values import check_workspaces

#: Who works in the same place may read it: there are no secrets in it.
MODE = 0o644


@click.command()
@click.option("--workspace", "workspaces", multiple=True, metavar="SLUG", help="What to mirror; may be given again.")
@click.option(
    "--target", type=click.Choice(["local", "jupiterone"]), help="Which graph to write.  [default: by variables]"
)
@click.option("--force", is_flag=True, help="Write it anew where there is one.")
@settings_options
def command(workspaces: tuple[str, ...], target: str | None, *, force: bool, **common: Any) -> ExitCode:
    """Write a bbsync.toml with every setting, its default and what it is for.

    Example: bbsync init --workspace acme

    All in it is a comment but for what is given here: it says what holds
    anyway. Then see which variables are still missing.
    """
    invocation = invoked(**common)
    path = invocation.config or DEFAULT_CONFIG
    given = _given(check_workspaces(workspaces), target)
    _require_free(path, force=force)
    write_whole(path, lambda stream: stream.write(commented(given).encode()), MODE)
    invocation.config = path
    invocation.say(f"Wrote {path}.")
    _tell_next(invocation)
    return ExitCode.OK


def _given(workspaces: tuple[str, ...], target: str | None) -> dict[tuple[str, str], object]:
    given = {("", "workspaces"): workspaces, ("target", "kind"): target}
    return {place: held for place, held in given.items() if held}


def _require_free(path: Path, *, force: bool) -> None:
    require_place(path)
    if path.exists() and not force:
        raise SettingsError(
            f"{path} is there already",
            why="It was left as it is.",
            next_step="Change it by hand, or pass --force to have it written anew.",
            code="BB-INIT",
        )


def _tell_next(invocation: Invocation) -> None:
    """Say what is still missing, or that nothing is."""
    settings = invocation.settings()
    try:
        settings.require_bitbucket()
        if settings.target.kind == "jupiterone":
            settings.require_jupiterone()
    except BbsyncError as error:
        invocation.say(f"Next: {error.what}. {error.next_step}")
        invocation.say("Then: bbsync check")
    else:
        invocation.say("Next: bbsync check")
