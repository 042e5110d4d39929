"""`bbsync check`: say what works, and what to fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click

from bbsync import steps
from bbsync.cli.invocation import Invocation, common_options, invoked
from bbsync.errors import BbsyncError, ExitCode
from bbsync.settings import Settings
from bbsync.show.safe import safe
from bbsync.state import State


@click.command()
@common_options
def command(**common: Any) -> ExitCode:
    """Say which settings, consumers and keys work, and what to fix.

    Example: bbsync check
    """
    invocation = invoked(**common)
    settings = invocation.settings()
    around = invocation.around()
    failed = False
    for name, examine in _examinations(settings, around):
        try:
            found, mark = examine(), "ok"
        except BbsyncError as error:
            found, mark, failed = str(error), "FAIL", True
        invocation.write(f"{mark:<5} {name:<11} {safe(found)}\n")
    _verdict(invocation, failed=failed)
    return ExitCode.ERROR if failed else ExitCode.OK


def _examinations(settings: Settings, around: steps.Around) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "settings", lambda: _settings(settings)
    yield "bitbucket", lambda: _bitbucket(settings, around)
    yield "target", lambda: _target(settings, around)
    yield "state", lambda: _state(settings, around)


def _settings(settings: Settings) -> str:
    settings.require_bitbucket()
    off = [kind for kind, on in settings.kinds.items() if not on]
    return f"workspaces {', '.join(settings.workspaces)}" + (f"; switched off: {', '.join(off)}" if off else "")


def _bitbucket(settings: Settings, around: steps.Around) -> str:
    with steps.connection(settings, around) as bitbucket:
        granted = bitbucket.validate(pull_requests=settings.pull_requests.ingest)
    consumers = ", ".join(map(str, bitbucket.pool.consumers))
    admin = "" if granted.admin else "; without Repositories: Admin, permissions and branch restrictions stay unread"
    return f"accepted: {consumers}, with {', '.join(sorted(granted.scopes))}{admin}"


def _target(settings: Settings, around: steps.Around) -> str:
    with steps.open_target(settings, around) as target:
        snapshot = target.read_snapshot()
    return (
        f"{target.address}: {len(snapshot.graph.entities)} entities, {len(snapshot.graph.relationships)} relationships"
    )


def _state(settings: Settings, around: steps.Around) -> str:
    with steps.open_target(settings, around) as target:
        scope = target.address
    applied = State(settings.state.url).applies(scope)
    return f"{len(applied)} plans applied" + (f", the last one {applied[-1].plan_id}" if applied else "")


def _verdict(invocation: Invocation, *, failed: bool) -> None:
    invocation.say("Mend what failed, and check again." if failed else "Everything works. Next: bbsync plan")
