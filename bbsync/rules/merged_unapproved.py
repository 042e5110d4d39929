"""A pull request that was merged although nobody but the authors of its commits approved all of them."""

from __future__ import annotations

from bbsync.graph import Properties
from bbsync.rules._rule import AnyChange, Rule, Surroundings, newly


def _is_unapproved(properties: Properties) -> bool:
    return properties.get("merged") is True and properties.get("approved") is not True


def _look(change: AnyChange, _around: Surroundings) -> str | None:
    if not newly(change, _is_unapproved):
        return None
    properties = change.element.properties
    author = properties.get("author")
    return f"{f'by {author}; ' if author else ''}{_commits(properties)}"


def _commits(properties: Properties) -> str:
    commits, missed = properties.get("commits"), properties.get("commitsNotApproved")
    if not isinstance(commits, tuple) or not isinstance(missed, tuple):
        return "nobody can say what was approved"
    if not commits:
        return "no commits are listed"
    return f"{len(missed)} of {len(commits)} {'commit' if len(commits) == 1 else 'commits'} unapproved"


RULE = Rule(
    name="merged_unapproved",
    title="merged unapproved",
    sentence="A pull request is merged, and not all of its commits were approved by somebody other than their author.",
    looks={"bitbucket_pullrequest": _look},
)
