"""`bbsync kinds`: the table of what is synchronised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from bbsync.cli.invocation import common_options, invoked
from bbsync.errors import ExitCode
from bbsync.kinds import KINDS, Absence, AnyKind
from bbsync.rules import RULES
from bbsync.show.safe import wrapped

_HEAD = ("kind", "type", "class", "scope")


@click.command()
@click.option("--rules", is_flag=True, help="List what plans point to as worth a look.")
@common_options
def command(*, rules: bool, **common: Any) -> ExitCode:
    """List what is synchronised: kinds, types, scopes and relationships.

    Example: bbsync kinds
    """
    invocation = invoked(**common)
    kinds = (*_table(), "", *_places(), "", "relationships", *_relationships())
    for line in _rules() if rules else kinds:
        invocation.write(f"{line}\n")
    return ExitCode.OK


def _table() -> Iterator[str]:
    """One row a kind, narrow enough for 80 columns."""
    rows = [_HEAD, *(_row(kind) for kind in KINDS)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(kind: AnyKind) -> tuple[str, ...]:
    return kind.plural, kind.entity.type, ", ".join(kind.entity.classes), ", ".join(kind.scopes) or "none"


def _places() -> Iterator[str]:
    """What lies below what, and what becomes of what is missing."""
    for parent in KINDS:
        below = [kind.plural for kind in KINDS.children(parent.name)]
        if below:
            yield f"each {parent.name} has {', '.join(below)}"
    history = [kind.plural for kind in KINDS if kind.absence is Absence.HISTORY]
    yield f"not seen any more: deleted once proven gone; {', '.join(history)} are kept"


def _rules() -> Iterator[str]:
    """Every rule, what it looks for, and at the changes of which types."""
    for rule in RULES:
        yield rule.name
        for line in (rule.sentence, f"It looks at {', '.join(rule.looks)}."):
            yield from (f"  {part}" for part in wrapped(line, 78))
    yield ""
    yield "To switch one off, in bbsync.toml:"
    yield "  [rules]"
    yield f"  {RULES[0].name} = false"


def _relationships() -> Iterator[str]:
    return (f"  {tie.type}" for kind in KINDS for tie in kind.relationship_types)
