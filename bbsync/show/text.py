"""A plan as text for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from bbsync.plan import Action, Plan
from bbsync.rules import Finding as WorthALook
from bbsync.rules import worth_a_look
from bbsync.show import cascade
from bbsync.show.attention import SYMBOL, attention
from bbsync.show.pen import Pen
from bbsync.show.rows import SYMBOLS
from bbsync.show.sections import all_sections
from bbsync.show.summary import summary
from bbsync.show.words import moment

LEGEND = {
    "*": "worth a look",
    "+": "add",
    "~": "change",
    ">": "move",
    "-/+": "replace",
    "-": "delete",
    "=": "kept",
    "!": "withheld",
}


class Finding(Protocol):
    """What a guard said of the plan."""

    @property
    def tripped(self) -> bool:
        """Whether it stands in the way."""
        ...

    @property
    def sentence(self) -> str:
        """What it found, with numbers."""
        ...


def text(
    plan: Plan, guards: Iterable[Finding] = (), *, width: int, colour: bool, unicode: bool, full: bool = False
) -> str:
    """The plan as text: the same plan, the same bytes.

    Args:
        plan: what is shown.
        guards: what the guards said of it; those that tripped are named at the end.
        width: columns of the terminal; taken as 80 at least and 120 at most.
        colour: whether symbols and headings carry colour.
        unicode: whether the terminal shows more than ASCII.
        full: whether long lists and values are shown whole.
    """
    pen = Pen(width, colour, unicode, full)
    findings = worth_a_look(plan)
    sections = [list(attention(plan, findings, pen)), *all_sections(plan, pen)]
    blocks = [*_opening(plan, findings, pen), *sections] if not plan.is_empty or plan.withheld else []
    blocks.append(list(summary(plan, findings, pen)))
    blocks.append(list(_blocked(plan, guards, pen)))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _opening(plan: Plan, findings: Sequence[WorthALook], pen: Pen) -> Iterator[list[str]]:
    origin = plan.origin
    names = ", ".join(pen.safe(name) for name in origin.workspaces)
    facts = (
        "bbsync plan",
        f"{'workspace' if len(origin.workspaces) == 1 else 'workspaces'} {names}" if names else "",
        f"read {moment(origin.created_at)}",
        f"snapshot {origin.serial}" if origin.serial else "",
    )
    described = [pen.safe(origin.description)] if origin.description else []
    target = [f"into {pen.safe(origin.target)}"] if origin.target else []
    paragraphs = [f" {pen.glyphs.dot} ".join(fact for fact in facts if fact), *described, *target]
    yield [line for paragraph in paragraphs for line in pen.prose(paragraph)]
    yield ["  " + "   ".join(f"{pen.paint(symbol, symbol)} {LEGEND[symbol]}" for symbol in _symbols(plan, findings))]


def _blocked(plan: Plan, guards: Iterable[Finding], pen: Pen) -> Iterator[str]:
    tripped = [each.sentence for each in guards if each.tripped]
    for sentence in tripped:
        yield from pen.prose(f"Blocked: {pen.safe(sentence)}")
    cause = cascade.largest_cause(plan)
    if tripped and cause:
        yield from pen.prose(pen.safe(cause), indent=2)


def _symbols(plan: Plan, findings: Sequence[WorthALook]) -> list[str]:
    """The symbols that occur, in the order of the legend."""
    actions = {change.action for change in plan.entities} | {change.action for change in plan.relationships}
    found = {SYMBOLS[action] for action in Action if action in actions}
    found |= {SYMBOL} if findings else set()
    found |= {"="} if plan.kept else set()
    found |= {"!"} if plan.withheld else set()
    return [symbol for symbol in LEGEND if symbol in found]
