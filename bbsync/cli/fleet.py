"""`bbsync fleet plan|apply`: many configurations at once, by workers of Dask, with one report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from bbsync.cli.files import read_plan_file, write_private
from bbsync.cli.invocation import Invocation, common_options, invoked
from bbsync.errors import ExitCode, SettingsError
from bbsync.fleet import Ended, Member, as_json, as_markdown, as_text, hand_out, worst
from bbsync.settings.text_file import read_text

F = TypeVar("F", bound=Callable[..., Any])

_HERE = click.Path(path_type=Path, exists=True)


def _fleet_options(command: F) -> F:
    for option in (
        click.option("--format", "shape", type=click.Choice(["text", "markdown", "json"]), default="text"),
        click.option("--workers", type=click.IntRange(1, 64), default=4, show_default=True, help="On this machine."),
        click.option("--scheduler", default="", metavar="ADDRESS", help="Of a Dask cluster: its workers are used."),
    ):
        command = option(command)
    return common_options(command)


@click.group()
def command() -> None:
    """Plan or apply many configurations at once, and tell of all in one report.

    \b
    Each CONFIG is a bbsync.toml. Secrets are in the environment of the workers.
    The exit code is the worst of all, in the order 6, 5, 4, 7, 1, 3, 2, 0.

    Example: bbsync fleet plan --out plans/ team-*.toml
    """


@command.command("plan")
@click.argument("configs", type=_HERE, nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Save configurations and plans there.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if a plan has changes.")
@_fleet_options
def plan(
    configs: Sequence[Path],
    *,
    out: Path | None,
    detailed_exitcode: bool,
    shape: str,
    workers: int,
    scheduler: str,
    **common: Any,
) -> ExitCode:
    """Plan every CONFIG; change nothing.

    Example: bbsync fleet plan --out plans/ team-*.toml
    """
    invocation = invoked(**common)
    members = _members(configs)
    if out is not None:
        _make_room(members, out)
    ended = hand_out(members, "plan", workers=workers, scheduler=scheduler)
    if out is not None:
        _save(members, ended, out)
    return _told(ended, shape, invocation, detailed=detailed_exitcode)


@command.command("apply")
@click.argument("configs", type=_HERE, nargs=-1, required=True)
@click.option("--auto-approve", is_flag=True, help="Needed: nobody is asked.")
@_fleet_options
def apply(
    configs: Sequence[Path], *, auto_approve: bool, shape: str, workers: int, scheduler: str, **common: Any
) -> ExitCode:
    """Plan and apply every CONFIG, or exactly what `fleet plan --out` saved where it is a directory.

    Example: bbsync fleet apply plans/ --auto-approve
    """
    invocation = invoked(**common)
    if not auto_approve:
        raise click.UsageError("a fleet is applied without asking anybody: pass --auto-approve")
    ended = hand_out(_members(configs), "apply", workers=workers, scheduler=scheduler)
    return _told(ended, shape, invocation, detailed=False)


def _members(configs: Sequence[Path]) -> list[Member]:
    """The configurations; of a directory those that have a plan beside them, with it.

    Raises:
        SettingsError: one cannot be read, or two have the same name.
    """
    files = [file for config in configs for file in (_saved_in(config) if config.is_dir() else [(config, None)])]
    members = [
        Member(_name(config), _policy(config), read_plan_file(saved) if saved else b"") for config, saved in files
    ]
    names = [member.name for member in members]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None or not members:
        raise SettingsError(
            f"two configurations are called {twice}" if twice else "there is no saved plan in that directory",
            next_step="Give each its own file name, and have plans saved with bbsync fleet plan --out DIR.",
        )
    return members


def _saved_in(directory: Path) -> list[tuple[Path, Path | None]]:
    found = ((directory / f"{saved.stem}.toml", saved) for saved in sorted(directory.glob("*.json")))
    return [(config, saved) for config, saved in found if config.exists()]


def _name(config: Path) -> str:
    """The file's name, or that of its directory where every file is called the same."""
    return config.resolve().parent.name if config.name == "bbsync.toml" else config.stem


def _policy(config: Path) -> str:
    try:
        return read_text(config)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{config} cannot be read",
            why=f"{getattr(error, 'strerror', None) or type(error).__name__}.",
            next_step="Correct the file or its path.",
        ) from error


def _make_room(members: Sequence[Member], out: Path) -> None:
    """Make the directory, and take out of it what was planned before for these configurations.

    Raises:
        SettingsError: it holds plans of others, which would be applied with these.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    ours = {member.name for member in members}
    others = [saved.name for _, saved in _saved_in(out) if saved is not None and saved.stem not in ours]
    if others:
        raise SettingsError(
            f"{out} holds plans of other configurations",
            why=f"These are {', '.join(others)}; bbsync fleet apply would carry them out as well.",
            next_step="Name an empty directory, or remove what is in it.",
        )
    for name in ours:
        (out / f"{name}.json").unlink(missing_ok=True)


def _save(members: Sequence[Member], ended: Sequence[Ended], out: Path) -> None:
    """Keep every plan, and with it what it was planned by."""
    for member, one in zip(members, ended, strict=True):
        if one.saved:
            write_private(out / f"{member.name}.toml", partial(_put, member.policy.encode()))
            write_private(out / f"{member.name}.json", partial(_put, one.saved))


def _put(content: bytes, stream: Any) -> None:
    stream.write(content)


def _told(ended: Sequence[Ended], shape: str, invocation: Invocation, *, detailed: bool) -> ExitCode:
    code = worst(ended, detailed=detailed)
    if shape == "json":
        invocation.write_json(as_json(ended, code))
    else:
        invocation.write(as_markdown(ended) if shape == "markdown" else as_text(ended))
    return code
