"""A branch that is guarded less: a restriction goes, asks for less, covers other branches, or exempts one more."""

from __future__ import annotations

from collections.abc import Iterator

from bbsync.graph import Properties
from bbsync.plan import Reason
from bbsync.rules._rule import AnyChange, Rule, Surroundings

#: Restrictions that allow something: more of them is less of a guard.
ALLOWING = frozenset({"allow_auto_merge_when_builds_pass"})

#: The properties that say which branches it is about.
COVERED = ("pattern", "branchType", "matchKind")


def _restriction(change: AnyChange, around: Surroundings) -> str | None:
    """A restriction that goes with its repository guards nothing any more, and is not worth a look."""
    before, after = change.before, change.after
    if before is not None and after is not None:
        return "; ".join(_loosened(before.properties, after.properties)) or None
    if (change.element.properties.get("name") in ALLOWING) is (after is None) or change.reason is Reason.CASCADE:
        return None
    if after is not None:
        return "new, and allows what was not allowed"
    anew = (change.element.type, change.label) in around.labels_created
    return "removed, and one of the same name added" if anew else "removed"


def _loosened(before: Properties, after: Properties) -> Iterator[str]:
    if before.get("name") != after.get("name"):
        yield f"was {before.get('name')}"
    if any(before.get(name) != after.get(name) for name in COVERED):
        yield f"covers other branches: was {before.get('pattern') or before.get('branchType') or 'every branch'}"
    asked, asks = before.get("value"), after.get("value")
    if isinstance(asked, int) and (not isinstance(asks, int) or asks < asked):
        yield f"asks for {asks if isinstance(asks, int) else 'none'} instead of {asked}"


def _exemption(change: AnyChange, around: Surroundings) -> str | None:
    """One of a new restriction came with it."""
    source = getattr(change.element, "source", "")
    return "one more is exempt" if change.before is None and source not in around.created else None


RULE = Rule(
    name="restriction_loosened",
    title="restriction loosened",
    sentence="A branch restriction is removed, asks for less, covers other branches, or exempts one more.",
    looks={
        "bitbucket_branch_restriction": _restriction,
        "bitbucket_branch_restriction_allows_user": _exemption,
        "bitbucket_branch_restriction_allows_group": _exemption,
    },
)
