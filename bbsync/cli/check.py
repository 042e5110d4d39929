"""`bbsync check`: say what works, and what to fix."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from bbsync import steps
from bbsync.bitbucket.allowance import Allowance, utc
from bbsync.bitbucket.findings import Findings
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.scopes import Granted
from bbsync.bitbucket.workspaces import find_workspaces
from bbsync.cli import terminal
from bbsync.cli.invocation import Invocation, invoked, settings_options
from bbsync.cli.noted import look
from bbsync.cli.noted_text import journal_line, lease_line, snapshot_line
from bbsync.errors import BbsyncError, BitbucketError, ExitCode, SettingsError
from bbsync.jupiterone.settings import JupiterOneSettings
from bbsync.kinds import KINDS
from bbsync.settings import Settings
from bbsync.state import FORMAT

WORKSPACE = "BITBUCKET_WORKSPACE"

#: A name, and what finds out how that is.
Examination = tuple[str, Callable[[], str]]


@click.command()
@settings_options
def command(**common: Any) -> ExitCode:
    """Say which settings, consumers and keys work, and what to fix.

    Example: bbsync check
    """
    invocation = invoked(**common)
    settings, around = invocation.settings(), invocation.around()
    _warn_of_override(settings, invocation)
    examinations = _examinations(settings, around)
    failed = [not _works(name, examine, invocation) for name, examine in examinations]
    if any(failed):
        invocation.say("Mend what failed, and check again.")
        return ExitCode.ERROR
    invocation.say("Everything works. Next: bbsync plan --out plan.json")
    return ExitCode.OK


def _works(name: str, examine: Callable[[], str], invocation: Invocation) -> bool:
    try:
        found = examine()
    except BbsyncError as error:
        _write("FAIL", name, (f"{error.what} ({error.code}).", error.why, error.next_step), invocation)
        return False
    _write("ok", name, found.splitlines(), invocation)
    return True


def _write(mark: str, name: str, lines: Iterable[str], invocation: Invocation) -> None:
    """What was found, one thing a line."""
    head = f"{mark:<4}  {name:<9}  "
    for line in filter(None, lines):
        for shown in terminal.prose(invocation.stdout, line, " " * len(head)):
            invocation.write(f"{head}{shown[len(head) :]}\n")
            head = " " * len(head)


def _examinations(settings: Settings, around: steps.Around) -> Iterator[Examination]:
    """What there is to look at; what cannot work for want of a setting is not looked at again."""
    yield "settings", lambda: _settings(settings)
    with contextlib.suppress(SettingsError):
        settings.require_bitbucket()
        yield "bitbucket", lambda: _bitbucket(settings, around)
    yield "target", lambda: _target(settings, around)
    with contextlib.suppress(SettingsError), steps.open_target(settings, around):
        yield "state", lambda: _state(settings, around)


def _settings(settings: Settings) -> str:
    settings.require_bitbucket()
    off = [kind for kind, on in settings.kinds.items() if not on]
    looked_at = f"workspaces {', '.join(settings.workspaces)}" + (f"; switched off: {', '.join(off)}" if off else "")
    return "\n".join([looked_at, *settings.description.splitlines()])


def _bitbucket(settings: Settings, around: steps.Around) -> str:
    with steps.connection(settings, around) as bitbucket:
        granted = bitbucket.validate(pull_requests=settings.pull_requests.ingest)
        _require_workspaces(settings, Reader(bitbucket.http, settings.bitbucket.api_url))
        allowances = bitbucket.pool.allowances()
    lines = [_consumer(allowance, granted) for allowance in allowances]
    lines.append(f"scopes: {', '.join(sorted(granted.scopes))}")
    if not granted.admin:
        lines.append("without Repositories: Admin, permissions and branch restrictions are left alone")
    return "\n".join(lines)


def _consumer(allowance: Allowance, granted: Granted) -> str:
    """Which consumer it is, what it has left, and what it lacks that others have."""
    left = f"{allowance.left:,} of {allowance.limit:,} calls left"
    rests = "" if allowance.free else f", free again at {utc(allowance.free_at)}"
    lacks = str(allowance.consumer) in granted.without_admin and len(granted.without_admin) < allowance.consumer.of
    heard = "not checked yet" if str(allowance.consumer) in granted.unchecked else "accepted"
    return f"{heard}: {allowance.consumer}: {left}{rests}{'; it lacks Repositories: Admin' if lacks else ''}"


def _require_workspaces(settings: Settings, reader: Reader) -> None:
    """Raise unless the consumers see every workspace."""
    root = next(kind for kind in KINDS if kind.parent is None)
    found = Findings(KINDS)
    find_workspaces(reader, root, settings.workspaces, (), found)
    for gap in found.gaps:
        raise BitbucketError(
            "a workspace could not be read",
            why=f"{gap.detail}.",
            next_step="Try again in a few minutes.",
            code=gap.code,
        )


def _target(settings: Settings, around: steps.Around) -> str:
    with steps.open_target(settings, around) as target:
        graph = target.read_snapshot().graph
        address = target.address
    keys = [_keys(settings.require_jupiterone())] if settings.target.kind == "jupiterone" else []
    return "\n".join([address, *keys, f"{len(graph.entities):,} entities, {len(graph.relationships):,} relationships"])


def _keys(jupiterone: JupiterOneSettings) -> str:
    """Which keys are used for what. That a key may write shows when something is written, and not before."""
    read, write = jupiterone.api_key.last4, jupiterone.sync_api_key.last4
    if jupiterone.api_key == jupiterone.sync_api_key:
        return f"one key reads, which works, and writes (it ends in {read})"
    return f"one key reads, which works (it ends in {read}), and another one writes (it ends in {write})"


def _state(settings: Settings, around: steps.Around) -> str:
    noted = look(settings, around)
    applied = [line for line in noted.trail if line.succeeded]
    if not applied:
        return f"nothing applied yet\n{lease_line(noted)}"
    plans = "1 plan" if len(applied) == 1 else f"{len(applied):,} plans"
    lines = [f"{plans} applied, {applied[-1].plan_id} last", f"records of format {FORMAT}", lease_line(noted)]
    return "\n".join(
        [*lines, *([journal_line(noted)] if noted.standing.left else []), f"snapshot: {snapshot_line(noted)}"]
    )


def _warn_of_override(settings: Settings, invocation: Invocation) -> None:
    """Say that a variable hides the workspaces of the file: Bitbucket Pipelines sets it in every build, unasked."""
    in_file = invocation.settings(without=WORKSPACE).workspaces
    if not in_file or in_file == settings.workspaces:
        return
    pipelines = " Bitbucket Pipelines sets it by itself." if "BITBUCKET_BUILD_NUMBER" in invocation.environ else ""
    invocation.complain(
        f"Warning: {WORKSPACE} overrides workspaces of the file, {', '.join(in_file)}.{pipelines}",
        f"Unset it, or set it to {','.join(in_file)}, to look at those.",
    )
