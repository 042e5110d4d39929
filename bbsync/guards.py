"""Guards: may this plan be applied?

They look at the whole effect of a plan, cascades included, before anything is written. A plan that trips one is shown
and saved all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from bbsync.errors import Blocked
from bbsync.kinds import KINDS, Kinds
from bbsync.losses import Losses
from bbsync.plan import Plan

#: What the guards are called in plan files, events and audit lines; the second and the fourth are settings, too.
SCOPE = "scope"
SHARE = "delete_percent"
WIPE_OUT = "wipe_out"
TOTAL = "delete_total"
ERASURE = "erasure"

#: A property that more of a type lose than both of these was probably missing from the answers.
ERASURE_PERCENT = 20
ERASURE_FLOOR = 5


@frozen
class Limits:
    """How much a plan may delete without being asked: 0 percent, or 0 in total, never allows a delete.

    A type may lose `delete_percent` of its entities, or `delete_floor` of them where that is more; all types together
    may lose `delete_total`.
    """

    delete_percent: float = 20
    delete_floor: int = 5
    delete_total: int = 500

    def of_type(self, population: int) -> int:
        """How many of so many entities of one type may go."""
        return max(self.delete_floor, _part(self.delete_percent, population)) if self.delete_percent else 0


@frozen
class GuardResult:
    """What one guard found: it tripped where `count` of `of` is more than `limit`.

    `type` is the entity type it is about; empty when it is about all of them.
    """

    id: str
    type: str
    count: int
    of: int
    limit: int
    tripped: bool
    sentence: str

    @property
    def can_be_allowed(self) -> bool:
        """Whether `--allow-deletes` lets the plan through: not where the input itself is doubtful."""
        return self.id != ERASURE


def judge_guards(
    plan: Plan, limits: Limits | None = None, *, narrowed: Sequence[str] = (), kinds: Kinds = KINDS
) -> tuple[GuardResult, ...]:
    """What every guard says that has something to look at, in a fixed order; the total is always among them.

    Args:
        plan: the plan, whole.
        limits: how much may go.
        narrowed: what the plan looks at less than the last one that was applied, a few words for each.
        kinds: what is synchronised.
    """
    allowed, losses = limits or Limits(), Losses.of(plan)
    return (
        *([_scope(plan, losses, narrowed)] if narrowed else []),
        *(
            _share(kind, count, plan.population.get(kind, 0), allowed, kinds)
            for counts in (losses.deleted, losses.untied)
            for kind, count in sorted(counts.items())
        ),
        *(
            _wipe_out(kind, count, losses.created[kind], plan.population.get(kind, 0), kinds)
            for kind, count in sorted(losses.deleted.items())
            if plan.population.get(kind, 0) > 1
        ),
        _total(plan, losses, allowed),
        *_erasures(plan, losses, kinds),
    )


def check(plan: Plan, results: Iterable[GuardResult], allow_deletes: int | None = None) -> None:
    """Let the plan through, or not.

    Args:
        plan: the plan that is to be applied.
        results: what the guards found in it.
        allow_deletes: the number of deletes that somebody has seen and wants, if any.

    Raises:
        Blocked: a guard tripped that this number does not overrule, or the number is not the plan's.
    """
    look = "check that every consumer still sees what is about to go"
    let_through(plan.entity_totals.destroy, results, allow_deletes, look)


def let_through(destroyed: int, results: Iterable[GuardResult], allow_deletes: int | None, look: str) -> None:
    """The same for anything that deletes so many; `look` says what to do where that is not intended.

    Raises:
        Blocked: a guard tripped that the number does not overrule, or the number is another one.
    """
    tripped = [result for result in results if result.tripped]
    doubtful = [result for result in tripped if not result.can_be_allowed]
    if doubtful:
        raise _blocked(
            doubtful,
            "No --allow-deletes overrules this: make the plan again, and report it if the same properties are missing.",
        )
    if allow_deletes is not None and allow_deletes != destroyed:
        raise Blocked(
            f"--allow-deletes {allow_deletes} is not what the plan does: it deletes {destroyed}",
            why="The number must be the one that was reviewed.",
            next_step="Look at the plan again, then pass its number if the deletes are wanted.",
            code="BB-GUARD-NUMBER",
        )
    if tripped and allow_deletes is None:
        raise _blocked(
            tripped,
            f"If this is intended, pass --allow-deletes {destroyed}; if not, {look}.",
        )


def _blocked(tripped: list[GuardResult], next_step: str) -> Blocked:
    first, *others = tripped
    return Blocked(
        first.sentence.removesuffix("."), why=" ".join(other.sentence for other in others), next_step=next_step
    )


def _scope(plan: Plan, losses: Losses, narrowed: Sequence[str]) -> GuardResult:
    """Whoever looks at less may take for gone what only went out of sight, so not one delete goes unasked."""
    sentence = (
        f"The settings look at less than at the last apply ({'; '.join(narrowed)}), and the plan deletes "
        f"{_in_words(losses)}; not one may go without being asked."
    )
    return GuardResult(SCOPE, "", losses.total, sum(plan.population.values()), 0, losses.total > 0, sentence)


def _share(kind: str, count: int, population: int, limits: Limits, kinds: Kinds) -> GuardResult:
    limit = limits.of_type(population)
    sentence = (
        f"The plan deletes {_of(count, population, _plural(kind, kinds))}; "
        f"at most {limit} may go without being asked (guards.{SHARE})."
    )
    return GuardResult(SHARE, kind, count, population, limit, count > limit, sentence)


def _wipe_out(kind: str, count: int, created: int, population: int, kinds: Kinds) -> GuardResult:
    left = population - count + created
    sentence = f"The plan deletes {_of(count, population, _plural(kind, kinds))} and leaves {left}."
    return GuardResult(WIPE_OUT, kind, count, population, population - 1, left <= 0, sentence)


def _total(plan: Plan, losses: Losses, limits: Limits) -> GuardResult:
    count, limit = losses.total, limits.delete_total
    sentence = (
        f"The plan deletes {_in_words(losses)}, together {count}; "
        f"at most {limit} may go without being asked (guards.{TOTAL})."
    )
    return GuardResult(TOTAL, "", count, sum(plan.population.values()), limit, count > limit, sentence)


def _erasures(plan: Plan, losses: Losses, kinds: Kinds) -> Iterator[GuardResult]:
    for (kind, name), count in sorted(losses.erased.items()):
        population = plan.population.get(kind, 0)
        limit = max(ERASURE_FLOOR, _part(ERASURE_PERCENT, population))
        sentence = (
            f"The plan erases {name} of {_of(count, population, _plural(kind, kinds))}; "
            f"more than {limit} looks like answers with parts missing."
        )
        yield GuardResult(ERASURE, kind, count, population, limit, count > limit, sentence)


def _in_words(losses: Losses) -> str:
    entities = _times(losses.deleted.total(), "entity", "entities")
    return f"{entities} and {_times(losses.cut, 'relationship', 'relationships')} between entities that stay"


def _times(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _part(percent: float, population: int) -> int:
    """That many percent of a population, in whole entities."""
    return int(percent * population // 100)


def _of(count: int, population: int, called: str) -> str:
    share = f" ({100 * count / population:.1f} %)" if population else ""
    return f"{count} of {population} {called}{share}"


def _plural(kind: str, kinds: Kinds) -> str:
    if kind in kinds.relationships:
        return f"relationships of type {kind}"
    found = kinds.by_type.get(kind)
    return found.plural.replace("_", " ") if found else kind
