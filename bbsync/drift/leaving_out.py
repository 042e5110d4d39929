"""Audits of a part: without what rules cover, or of what some addresses name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import evolve

from bbsync.addresses import is_named
from bbsync.drift.values import AnyDrifted, Drift, Ignored
from bbsync.ignoring import Rule
from bbsync.kinds import KINDS, Kinds


def without_ignored(drift: Drift, rules: Sequence[Rule], kinds: Kinds = KINDS) -> Drift:
    """The audit without what the rules cover, and with how much that is."""
    matched: Counter[str] = Counter()
    looked_at = [_uncovered(one, rules, matched, kinds) for one in drift.found]
    found = tuple(one for one in looked_at if one is not None)
    ignored = tuple(Ignored(rule.text, matched[rule.text]) for rule in rules)
    return evolve(drift, found=found, ignored=ignored, passed=len(drift.found) - len(found))


def restricted(drift: Drift, addresses: Sequence[str], kinds: Kinds = KINDS) -> Drift:
    """The audit of what the addresses name, and of what hangs below it."""
    if not addresses:
        return drift
    rules = [Rule(address) for address in addresses]
    found = tuple(one for one in drift.found if _is_inside(one, rules, kinds))
    return evolve(drift, found=found, only=tuple(addresses), outside=len(drift.found) - len(found))


def _is_inside(one: AnyDrifted, rules: Sequence[Rule], kinds: Kinds) -> bool:
    named = [rule.text for rule in rules]
    return any(is_named(named, above, kinds) for above in one.above) or any(
        rule.covers(one.element, one.label, one.above, kinds) for rule in rules
    )


def _uncovered(one: AnyDrifted, rules: Sequence[Rule], matched: Counter[str], kinds: Kinds) -> AnyDrifted | None:
    """What no rule covers of a difference; every rule that covers something of it is counted."""
    covering = [rule for rule in rules if rule.covers(one.element, one.label, one.above, kinds)]
    names = set(one.properties)
    for rule in () if covering else rules:
        hidden = rule.properties(one.properties, one.element, one.label, one.above, kinds)
        matched[rule.text] += bool(hidden)
        names -= hidden
    matched.update(rule.text for rule in covering)
    if covering or (one.properties and not names):
        return None
    return evolve(one, properties=tuple(name for name in one.properties if name in names))
