"""What a row says beside the name: the project of a new repository, the title of a pull request."""

from __future__ import annotations

from collections.abc import Mapping

from bbsync.graph import Entity
from bbsync.plan import Action, Change, Plan

#: The tie that tells in which project a repository lies.
IN_PROJECT = "bitbucket_project_has_repo"


def projects(plan: Plan) -> Mapping[str, str]:
    """What the projects of new ties to repositories are called, by the key of the repository."""
    return {
        tie.element.target: tie.label.partition(f" {tie.element.verb} ")[0]
        for tie in plan.relationships
        if tie.action is Action.CREATE and tie.element.type == IN_PROJECT
    }


def remark(change: Change[Entity], projects: Mapping[str, str]) -> str:
    """What the name does not tell; empty where it tells all."""
    title = change.element.properties.get("title")
    if isinstance(title, str) and title and title not in change.label:
        return f'"{title}"'
    project = projects.get(change.element.key) if change.action is Action.CREATE else None
    return f"project {project}" if project else ""
