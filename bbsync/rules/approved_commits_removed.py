"""A pull request whose approved commits are no longer there: what was approved is not what would be merged."""

from __future__ import annotations

from bbsync.graph import Properties
from bbsync.rules._rule import AnyChange, Rule, Surroundings, newly


def _are_removed(properties: Properties) -> bool:
    return properties.get("approvedCommitsRemoved") is True


def _look(change: AnyChange, _around: Surroundings) -> str | None:
    if not newly(change, _are_removed):
        return None
    state = str(change.element.properties.get("state") or "").lower()
    return f"{state}; pushed over after the approval".removeprefix("; ")


RULE = Rule(
    name="approved_commits_removed",
    title="approved commits removed",
    sentence="The commits that somebody approved are no longer in the pull request.",
    looks={"bitbucket_pullrequest": _look},
)
