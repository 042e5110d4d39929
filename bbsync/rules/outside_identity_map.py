"""A member of whom nobody can say which employee it is: the identity map gives no address."""

from __future__ import annotations

from bbsync.graph import Properties
from bbsync.identities import MAP
from bbsync.rules._rule import AnyChange, Rule, Surroundings, newly


def _is_outside(properties: Properties) -> bool:
    return properties.get("isPerson") is not False and not properties.get("email")


def _look(change: AnyChange, around: Surroundings) -> str | None:
    """Where no map is set, everybody is outside of it, and that is worth nothing."""
    if MAP not in around.plan.origin.settings or not newly(change, _is_outside):
        return None
    return "new" if change.before is None else "was in it"


RULE = Rule(
    name="outside_identity_map",
    title="outside the identity map",
    sentence="A new member is not in the identity map, or one falls out of it; only where a map is set.",
    looks={"bitbucket_user": _look},
)
