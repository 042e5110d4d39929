"""What is worth a look in a plan: small rules, one file each, every one a declaration.

A rule changes nothing and stops nothing: it points. Add one here, and it is found, listed and can be switched off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bbsync.plan import Plan
from bbsync.rules import (
    admin_granted,
    approved_commits_removed,
    made_public,
    merged_unapproved,
    outside_identity_map,
    restriction_loosened,
)
from bbsync.rules._rule import AnyChange, Finding, Rule, Surroundings, newly

__all__ = ["RULES", "AnyChange", "Finding", "Rule", "Surroundings", "newly", "worth_a_look"]

#: In the order of reports.
RULES = (
    made_public.RULE,
    admin_granted.RULE,
    restriction_loosened.RULE,
    merged_unapproved.RULE,
    approved_commits_removed.RULE,
    outside_identity_map.RULE,
)


def worth_a_look(plan: Plan, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """What the rules find that the plan does not name as switched off: rule by rule, in the order of the plan."""
    asked = [rule for rule in rules if rule.name not in plan.origin.rules_off]
    around = Surroundings(plan)
    found = list(_found(plan, asked, around))
    return tuple(finding for rule in asked for finding in found if finding.rule is rule)


def _found(plan: Plan, rules: Sequence[Rule], around: Surroundings) -> Iterator[Finding]:
    by_type: dict[str, list[Rule]] = {}
    for rule in rules:
        for name in rule.looks:
            by_type.setdefault(name, []).append(rule)
    changes: tuple[Sequence[AnyChange], Sequence[AnyChange]] = (plan.entities, plan.relationships)
    for change in (one for listed in changes for one in listed):
        for rule in by_type.get(change.element.type, ()):
            note = rule.looks[change.element.type](change, around)
            if note is not None:
                yield Finding(rule, change, note)
