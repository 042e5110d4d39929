"""A repository that everybody can read."""

from __future__ import annotations

from bbsync.graph import Properties
from bbsync.rules._rule import AnyChange, Rule, Surroundings, newly


def _is_public(properties: Properties) -> bool:
    return properties.get("public") is True


def _look(change: AnyChange, _around: Surroundings) -> str | None:
    if not newly(change, _is_public):
        return None
    return "new, and public" if change.before is None else "was private"


RULE = Rule(
    name="made_public",
    title="made public",
    sentence="A repository becomes public, or a new one is.",
    looks={"bitbucket_repo": _look},
)
