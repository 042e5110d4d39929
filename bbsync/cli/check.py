"""`bbsync check`: say what works, and what to fix."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from bbsync import steps
from bbsync.bitbucket.findings import Findings
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.workspaces import find_workspaces
from bbsync.cli import terminal
from bbsync.cli.invocation import Invocation, invoked, settings_options
from bbsync.errors import BbsyncError, BitbucketError, ExitCode, SettingsError
from bbsync.kinds import KINDS
from bbsync.settings import Settings
from bbsync.state import State

#: A name, and what finds out how that is.
Examination = tuple[str, Callable[[], str]]


@click.command()
@settings_options
def command(**common: Any) -> ExitCode:
    """Say which settings, consumers and keys work, and what to fix.

    Example: bbsync check
    """
    invocation = invoked(**common)
    examinations = _examinations(invocation.settings(), invocation.around())
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
    with contextlib.suppress(SettingsError), steps.open_target(settings, around) as target:
        address = target.address
        yield "state", lambda: _state(settings, address)


def _settings(settings: Settings) -> str:
    settings.require_bitbucket()
    off = [kind for kind, on in settings.kinds.items() if not on]
    return f"workspaces {', '.join(settings.workspaces)}" + (f"; switched off: {', '.join(off)}" if off else "")


def _bitbucket(settings: Settings, around: steps.Around) -> str:
    with steps.connection(settings, around) as bitbucket:
        granted = bitbucket.validate(pull_requests=settings.pull_requests.ingest)
        _require_workspaces(settings, Reader(bitbucket.http, settings.bitbucket.api_url))
    lines = [f"accepted: {consumer}" for consumer in bitbucket.pool.consumers]
    lines.append(f"scopes: {', '.join(sorted(granted.scopes))}")
    if not granted.admin:
        lines.append("without Repositories: Admin, permissions and branch restrictions are left alone")
    return "\n".join(lines)


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
    return f"{target.address}\n{len(graph.entities):,} entities, {len(graph.relationships):,} relationships"


def _state(settings: Settings, address: str) -> str:
    applied = State(settings.state.url).applies(address)
    if not applied:
        return "nothing applied yet"
    plans = "1 plan" if len(applied) == 1 else f"{len(applied):,} plans"
    return f"{plans} applied, {applied[-1].plan_id} last"
