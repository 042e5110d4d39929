"""The tables of a plan's Markdown: rows of finished cells, most of them in the words of the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from attrs import frozen

from bbsync.graph import Entity, Relationship
from bbsync.plan import Change, Kept, Plan
from bbsync.rules import Finding
from bbsync.show import cascade
from bbsync.show.cascade import Branch, Deleted
from bbsync.show.following import is_echo
from bbsync.show.marks import marked
from bbsync.show.pen import Pen
from bbsync.show.rows import REPLACED, SYMBOLS, AnyChange, Told, grounds, shown_differences
from bbsync.show.sections import relationships_shown, where_kept, why_kept, withheld_rows
from bbsync.show.shedding import Row
from bbsync.show.summary import gap_rows, unexplained
from bbsync.show.values import LONGEST, inline
from bbsync.show.words import counted, noun, times

#: A cell takes no more characters than this, but for `full`.
LONGEST_CELL = 200

#: Properties that a row tells of, but for `full`.
MOST_PROPERTIES = 4

#: In the order in which they are told.
ORDER = (REPLACED, "~", ">", "+")


@frozen
class Rows:
    """The rows of one plan."""

    plan: Plan
    pen: Pen
    told: Told

    @classmethod
    def of(cls, plan: Plan, *, full: bool) -> Rows:
        """The rows of the plan; with `full` nothing in them is cut."""
        pen = Pen(width=100, colour=False, unicode=True, full=full)
        return cls(plan, pen, Told.of(plan, pen))

    @property
    def deleted(self) -> int:
        """How many entities go, but for those that are replaced."""
        return sum(self.told.is_deleted(change) for change in self.plan.entities)

    @property
    def listed(self) -> int:
        """How many entities are replaced, changed, moved or added."""
        return sum(self.told.is_listed(change) for change in self.plan.entities) + len(self.told.replaced)

    def findings(self, findings: Iterable[Finding]) -> list[Row]:
        """What is worth a look."""
        return [partial(self._row, one.rule.title, one.label, one.note) for one in findings]

    def deletes(self) -> list[Row]:
        """What goes by itself, with what goes because of it."""
        causes = cascade.by_cause(self.plan)
        deleted = [change for change in self.plan.entities if self.told.is_deleted(change)]
        roots = cascade.roots(deleted, causes)
        return [partial(self._delete, root, causes.get(root.element.key, ())) for root in roots]

    def changes(self) -> list[Row]:
        """What is replaced, changed, moved and added; what only takes on a new name in one row."""
        found: dict[str, list[Row]] = {symbol: [] for symbol in ORDER}
        found[REPLACED] = self._replacements()
        listed = [change for change in self.plan.entities if self.told.is_listed(change)]
        own = listed if self.pen.full else [one for one in listed if not is_echo(one, self.told.renamed)]
        for change in own:
            found[SYMBOLS[change.action]].append(partial(self._change, change))
        if len(own) < len(listed):
            more = f"{len(listed) - len(own)} more"
            found["~"].append(partial(self._row, "~", more, "only the new name of what moved"))
        return [row for symbol in ORDER for row in found[symbol]]

    def relationships(self) -> list[Row]:
        """Those between what stays; with `full` all of them."""
        return [partial(self._tie, one) for one in relationships_shown(self.plan, full=self.pen.full)]

    def withheld(self) -> list[Row]:
        """What could not be looked at."""
        return [partial(self._row, *row[1:]) for row in withheld_rows(self.plan, self.pen)]

    def kept(self) -> list[Row]:
        """What stays on purpose."""
        return [
            partial(
                self._row, f"{counted(kept.count, kept.type)} {why_kept(kept, self.plan)}", where_kept(kept, self.pen)
            )
            for kept in self.plan.kept
        ]

    def gaps(self) -> list[Row]:
        """What else was not read."""
        return [partial(self._row, *row[1:]) for row in gap_rows(unexplained(self.plan, full=self.pen.full), self.pen)]

    def sentences(self, sentences: Iterable[str]) -> list[Row]:
        """Rows of a list."""
        return [partial(self._row, sentence) for sentence in sentences]

    def _row(self, *cells: str) -> tuple[str, ...]:
        return tuple(marked(self._cut(cell)) for cell in cells)

    def _cut(self, cell: str) -> str:
        if self.pen.full or len(cell) <= LONGEST_CELL:
            return cell
        return f"{cell[:LONGEST_CELL]}{self.pen.glyphs.ellipsis}"

    def _change(self, change: Change[Entity]) -> tuple[str, ...]:
        """A move is called as before, and its change begins with how it is called now."""
        is_move = change.element.key in self.told.renamed
        name = f"{noun(change.element.type)} {change.was if is_move else change.label}"
        said = [
            f"now {change.label}" if is_move else self.told.note(change),
            *self._properties(change),
            self.told.followers(change),
        ]
        return self._row(SYMBOLS[change.action], name, "; ".join(one for one in said if one))

    def _properties(self, change: AnyChange) -> Iterator[str]:
        found = shown_differences(change, full=self.pen.full)
        most = len(found) if self.pen.full else MOST_PROPERTIES
        yield from (inline(one, self.pen, LONGEST) for one in found[:most])
        if len(found) > most:
            yield times(len(found) - most, "property more", "properties more")

    def _stays(self, kept: Kept) -> tuple[str, ...]:
        return self._row(f"{counted(kept.count, kept.type)} {why_kept(kept, self.plan)}", where_kept(kept, self.pen))

    def _tie(self, change: Change[Relationship]) -> tuple[str, ...]:
        return self._row(SYMBOLS[change.action], change.label, "; ".join(self._properties(change)))

    def _replacements(self) -> list[Row]:
        causes = cascade.by_cause(self.plan)
        gone = [one for one in self.plan.entities if one.element.key in self.told.replaced]
        return [partial(self._replaced, one, causes.get(one.element.key, ())) for one in gone]

    def _replaced(self, change: Change[Entity], following: Deleted) -> tuple[str, ...]:
        what, why = self._gone(change, following)
        return self._row(REPLACED, what, f"same name, another key; the old one is {why}")

    def _delete(self, root: Change[Entity], following: Deleted) -> tuple[str, ...]:
        return self._row(*self._gone(root, following))

    def _gone(self, root: Change[Entity], following: Deleted) -> tuple[str, str]:
        """What goes, with what follows from it, and why."""
        branches = list(_all(cascade.branches(root, following)))
        below = ", ".join(self._branch(branch, root) for branch in branches)
        remarks = [cascade.outside(branch, self.plan) for branch in branches]
        name = f"{noun(root.element.type)} {root.label}{f' with {below}' if below else ''}"
        return name, "; ".join(one for one in (grounds(root), *remarks) if one)

    def _branch(self, branch: Branch, root: Change[Entity]) -> str:
        number = counted(len(branch.changes), branch.type)
        names = ", ".join(cascade.own_name(change, root) for change in branch.changes) if self.pen.full else ""
        return f"{number} ({names})" if names else number


def _all(branches: Sequence[Branch]) -> Iterator[Branch]:
    for branch in branches:
        yield branch
        yield from _all(branch.below)
