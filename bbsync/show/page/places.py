"""Where in Bitbucket something changes: how much of what, by workspace, project and repository."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from bbsync.graph import Entity
from bbsync.kinds import KINDS
from bbsync.plan import Change, Plan, Withheld
from bbsync.show.page.changes import MARKS
from bbsync.show.remarks import IN_PROJECT

#: Kinds that are a place of their own; everything else hangs below one.
PLACES = ("repository", "project", "workspace")


@frozen(order=True)
class Place:
    """A repository, project or workspace by what they are called; what does not apply, or nobody knows, is empty."""

    workspace: str = ""
    project: str = ""
    repository: str = ""


#: What is done, and to which type, with how often.
Tally = Counter[tuple[str, str]]


@frozen
class Changed:
    """What changes at each place, and what is done to the place itself."""

    tallies: Mapping[Place, Tally]
    itself: Mapping[Place, str]


@frozen
class _Names:
    """What the places in a plan are called, by key, and by what a repository is called, its project."""

    plan: Plan
    labels: Mapping[str, str]
    projects: dict[str, str] = field(factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> _Names:
        labels = {change.element.key: change.label for change in plan.entities if _place_kind(change) in PLACES}
        found = cls(plan, labels)
        for change in plan.entities:
            project = change.element.properties.get("projectId")
            if isinstance(project, str) and project in labels and _place_kind(change) == "repository":
                found.projects[change.label] = labels[project]
        for tie in plan.relationships:
            repository = labels.get(tie.element.target, "")
            if tie.element.type == IN_PROJECT and repository and tie.label.endswith(f" HAS {repository}"):
                found.projects.setdefault(repository, tie.label.removesuffix(f" HAS {repository}"))
        return found

    def workspace(self, name: str = "") -> str:
        """The workspace that a repository's full name begins with, or else the only one."""
        first, workspaces = name.partition("/")[0], self.plan.origin.workspaces
        return first if first in workspaces else "".join(workspaces if len(workspaces) == 1 else ())

    def repository(self, name: str) -> Place:
        """The place of that repository."""
        return Place(self.workspace(name), self.projects.get(name, ""), name)


def changed_places(plan: Plan) -> Changed:
    """Every place at which something is changed or withheld."""
    names, tallies, itself = _Names.of(plan), defaultdict[Place, Tally](Counter), {}
    for change in plan.entities:
        place, mark = _place(change, names), MARKS[change.action]
        tallies[place][mark, change.element.type] += 1
        if _kind_name(change.element.type) in PLACES:
            itself[place] = mark
    for withheld in plan.withheld:
        tallies[_withheld_at(withheld, names)]["withheld", withheld.type] += len(withheld.keys)
    return Changed(dict(tallies), itself)


def _place(change: Change[Entity], names: _Names) -> Place:
    held_by = _place_kind(change)
    if held_by == "repository":
        label = change.label
        if _kind_name(change.element.type) != "repository":
            label = names.labels.get(change.element.key.partition("/")[0]) or _above(label)
        return names.repository(label)
    if held_by == "project":
        return Place(names.workspace(), change.label)
    return Place(change.label if _kind_name(change.element.type) == "workspace" else names.workspace())


def _withheld_at(withheld: Withheld, names: _Names) -> Place:
    if "repository" in _line(withheld.type)[1:]:
        return names.repository(withheld.where)
    return Place(withheld.where if withheld.where in names.plan.origin.workspaces else names.workspace())


def _kind_name(entity_type: str) -> str:
    kind = KINDS.by_type.get(entity_type)
    return kind.name if kind else ""


def _line(entity_type: str) -> list[str]:
    """The names of the kind, of its parent, and so on."""
    return list(_upwards(_kind_name(entity_type)))


def _upwards(name: str) -> Iterator[str]:
    kind = KINDS.by_name.get(name)
    if kind:
        yield name
        yield from _upwards(kind.parent or "")


def _place_kind(change: Change[Entity]) -> str:
    """The kind of the nearest place: its own, or one above it."""
    return next((name for name in _line(change.element.type) if name in PLACES), "")


def _above(label: str) -> str:
    """What a label begins with: the repository in "acme/web #7" and "acme/web · push on main"."""
    above, dot, _ = label.partition(" · ")
    return above if dot else label.rpartition(" #")[0] or label
