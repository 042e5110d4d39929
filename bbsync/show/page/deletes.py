"""What is deleted: one tree for each cause, with its proof, and below it by type what goes with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from attrs import frozen

from bbsync.graph import Entity
from bbsync.observation import Proof
from bbsync.plan import Action, Change, Plan
from bbsync.show import cascade
from bbsync.show.page.listed import Allowance, Listed, called
from bbsync.show.sections import grounds
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
    """One delete that follows from no other, why it is believed, and what goes with it."""

    name: str
    why: str
    proof: Proof | None
    following: int
    below: tuple[Twig, ...]


@frozen
class Grove:
    """The trees whose roots are of one type."""

    title: str
    type: str
    trees: Listed[Tree]


def groves(plan: Plan) -> tuple[Grove, ...]:
    """Everything that the plan deletes."""
    deletes = [change for change in plan.entities if change.action is Action.DELETE]
    causes, allowance = cascade.by_cause(plan), Allowance()
    by_type: dict[str, list[Change[Entity]]] = defaultdict(list)
    for change in cascade.roots(deletes, causes):
        by_type[change.element.type].append(change)
    listed = {kind: allowance.first(kind, alike) for kind, alike in by_type.items()}
    return tuple(
        Grove(counted(len(by_type[kind]), kind), noun(kind), _trees(some, by_type[kind], causes, plan, allowance))
        for kind, some in listed.items()
    )


def _trees(
    some: Listed[Change[Entity]], alike: Deleted, causes: Mapping[str, Deleted], plan: Plan, allowance: Allowance
) -> Listed[Tree]:
    trees = tuple(_tree(change, causes.get(change.element.key, ()), plan, allowance) for change in some.shown)
    following = sum(len(causes.get(change.element.key, ())) for change in alike[len(some.shown) :])
    return Listed(trees, some.hidden, following)


def _tree(root: Change[Entity], following: Deleted, plan: Plan, allowance: Allowance) -> Tree:
    below = _twigs(root, cascade.branches(root, following), plan, allowance)
    return Tree(called(root.label), grounds(root), root.proof, len(following), below)


def _twigs(
    root: Change[Entity], branches: Sequence[cascade.Branch], plan: Plan, allowance: Allowance
) -> tuple[Twig, ...]:
    return tuple(_twig(root, branch, plan, allowance) for branch in branches)


def _twig(root: Change[Entity], branch: cascade.Branch, plan: Plan, allowance: Allowance) -> Twig:
    some = allowance.first(branch.type, branch.changes)
    names = Listed(tuple(called(cascade.own_name(change, root)) for change in some.shown), some.hidden)
    title = counted(len(branch.changes), branch.type)
    below = _twigs(root, branch.below, plan, allowance)
    return Twig(title, noun(branch.type), names, cascade.outside(branch, plan), below)
