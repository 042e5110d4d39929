"""`bbsync kinds`: the table of what is synchronised."""

from __future__ import annotations

from typing import Any

import click

from bbsync.cli.invocation import common_options, invoked
from bbsync.errors import ExitCode
from bbsync.kinds import KINDS, Absence, AnyKind

_HEAD = ("kind", "under", "type", "class", "scope", "missing means")


@click.command()
@common_options
def command(**common: Any) -> ExitCode:
    """List what is synchronised: kinds, types, scopes and relationships.

    Example: bbsync kinds
    """
    invocation = invoked(**common)
    rows = [_HEAD, *(_row(kind) for kind in KINDS)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        invocation.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")
    invocation.write("\nrelationships\n")
    for kind in KINDS:
        for tie in kind.relationship_types:
            invocation.write(f"  {tie.type}\n")
    return ExitCode.OK


def _row(kind: AnyKind) -> tuple[str, ...]:
    missing = "kept" if kind.absence is Absence.HISTORY else "deleted, once proven"
    return (
        kind.plural,
        kind.parent or "",
        kind.entity.type,
        ", ".join(kind.entity.classes),
        ", ".join(kind.scopes) or "none",
        missing,
    )
