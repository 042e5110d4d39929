"""What is deleted: one tree for each cause, with its proof, and below it by type what goes with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set

from attrs import field, frozen

from bbsync.graph import Entity
from bbsync.observation import Proof
from bbsync.plan import Action, Change, Plan
from bbsync.show import cascade
from bbsync.show.page.listed import Allowance, Listed, called
from bbsync.show.replaced import replaced
from bbsync.show.rows import grounds
from bbsync.show.words import counted, noun

Deleted = Sequence[Change[Entity]]


@frozen
class Twig:
    """What goes of one type with a root, and the types below it."""

    title: str
    type: str
    names: Listed[str]
    remark: str
    below: tuple[Twig, ...]


@frozen
class Tree:
    """One delete that follows from no other, why it is believed, and what goes with it.

    `replaced` tells that another of its name comes under another key.
    """

    name: str
    why: str
    proof: Proof | None
    replaced: bool
    following: int
    below: tuple[Twig, ...]


@frozen
class Grove:
    """The trees whose roots are of one type."""

    title: str
    type: str
    trees: Listed[Tree]


@frozen
class _Woods:
    """What all trees have in common."""

    plan: Plan
    causes: Mapping[str, Deleted]
    replaced: Set[str]
    allowance: Allowance = field(factory=Allowance)

    def following(self, root: Change[Entity]) -> Deleted:
        """What goes with a root."""
        return self.causes.get(root.element.key, ())


def groves(plan: Plan) -> tuple[Grove, ...]:
    """Everything that the plan deletes. Roots have the first right to be listed, before what follows from them."""
    deletes = [change for change in plan.entities if change.action is Action.DELETE]
    woods = _Woods(plan, cascade.by_cause(plan), replaced(plan).keys())
    by_type: dict[str, list[Change[Entity]]] = defaultdict(list)
    for change in cascade.roots(deletes, woods.causes):
        by_type[change.element.type].append(change)
    listed = {kind: woods.allowance.first(kind, alike) for kind, alike in by_type.items()}
    return tuple(
        Grove(counted(len(by_type[kind]), kind), noun(kind), _trees(some, by_type[kind], woods))
        for kind, some in listed.items()
    )


def _trees(some: Listed[Change[Entity]], alike: Deleted, woods: _Woods) -> Listed[Tree]:
    hidden = sum(len(woods.following(change)) for change in alike[len(some.shown) :])
    return Listed(tuple(_tree(change, woods) for change in some.shown), some.hidden, hidden)


def _tree(root: Change[Entity], woods: _Woods) -> Tree:
    following = woods.following(root)
    below = _twigs(root, cascade.branches(root, following), woods)
    replaced = root.element.key in woods.replaced
    return Tree(called(root.label), grounds(root), root.proof, replaced, len(following), below)


def _twigs(root: Change[Entity], branches: Sequence[cascade.Branch], woods: _Woods) -> tuple[Twig, ...]:
    return tuple(_twig(root, branch, woods) for branch in branches)


def _twig(root: Change[Entity], branch: cascade.Branch, woods: _Woods) -> Twig:
    some = woods.allowance.first(branch.type, branch.changes)
    names = Listed(tuple(called(cascade.own_name(change, root)) for change in some.shown), some.hidden)
    title = counted(len(branch.changes), branch.type)
    below = _twigs(root, branch.below, woods)
    return Twig(title, noun(branch.type), names, cascade.outside(branch, woods.plan), below)
