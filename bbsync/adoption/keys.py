"""Which key of ours an entity has that the existing integration wrote: told by what the graph says about it.

Its own keys are not taken apart where anything else will do: they hold names that change, and levels that change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property

from attrs import field, frozen

from bbsync.graph import Entity, Graph

#: A property that only bbsync writes, and writes to every entity of the type.
OURS = {
    "bitbucket_workspace": "vendor",
    "bitbucket_user": "isPerson",
    "bitbucket_group": "ownerId",
    "bitbucket_project": "ownerId",
    "bitbucket_repo": "slug",
    "bitbucket_permission": "repoId",
    "bitbucket_branch_restriction": "repoId",
    "bitbucket_pullrequest": "superseded",
}

_UUID = re.compile(r"\{[^{}/]+\}")
_PULL_REQUEST = re.compile(r"(?P<repository>.+)/pull-requests/(?P<number>[0-9]+)")


class Unclear(ValueError):
    """The graph does not say which key it is. The text says what is missing."""


def is_theirs(entity: Entity) -> bool:
    """Whether the existing integration wrote the entity, and bbsync has not written it since."""
    return entity.type in OURS and OURS[entity.type] not in entity.properties


@frozen
class Origins:
    """What the old graph says about each of its entities."""

    graph: Graph
    _keys: dict[str, str] = field(factory=dict, init=False, repr=False, eq=False)

    def key(self, entity: Entity) -> str:
        """The key of ours.

        Raises:
            Unclear: the graph does not say it.
        """
        if not is_theirs(entity):
            return entity.key
        if entity.key not in self._keys:
            self._keys[entity.key] = _RULES.get(entity.type, _by_uuid)(entity, self)
        return self._keys[entity.key]

    def above(self, key: str, type: str) -> tuple[str, ...]:  # noqa: A002 - JupiterOne's word
        """Where the relationships of that type to the entity begin."""
        return self._sources.get((key, type), ())

    def repository(self, entity: Entity, type: str) -> str:  # noqa: A002 - JupiterOne's word
        """The one repository that such a relationship ties the entity to."""
        return _only(self.above(entity.key, type), "repository")

    @cached_property
    def by_name(self) -> Mapping[str, str]:
        """Keys of repositories by full name, in lower case."""
        return {
            str(one.properties["fullName"]).lower(): one.key
            for one in self.graph.entities.values()
            if one.type == "bitbucket_repo" and "fullName" in one.properties
        }

    @cached_property
    def workspaces(self) -> tuple[str, ...]:
        """Keys of workspaces."""
        return tuple(one.key for one in self.graph.entities.values() if one.type == "bitbucket_workspace")

    @cached_property
    def _sources(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], list[str]] = {}
        for tie in self.graph.relationships.values():
            found.setdefault((tie.target, tie.type), []).append(tie.source)
        return {place: tuple(sources) for place, sources in found.items()}


def _only(found: tuple[str, ...], what: str) -> str:
    different = sorted({*found})
    if len(different) != 1:
        raise Unclear(
            f"no {what} is tied to it" if not different else f"{len(different)} of kind {what} are tied to it"
        )
    return different[0]


def _by_uuid(entity: Entity, _origins: Origins) -> str:
    if not _UUID.fullmatch(entity.key):
        raise Unclear("its key is no uuid")
    return entity.key


def _group(entity: Entity, origins: Origins) -> str:
    """The slug alone is in its key; in a graph of one workspace that is its own."""
    tied = origins.above(entity.key, "bitbucket_workspace_has_group")
    slug = entity.properties.get("slug")
    if not isinstance(slug, str):
        raise Unclear("it has no slug")
    return f"{_only(tied or origins.workspaces, 'workspace')}/groups/{slug}"


def _permission(entity: Entity, origins: Origins) -> str:
    """Its level is in its key, so that one may be there once for each level that it ever had."""
    repository = origins.repository(entity, "bitbucket_repo_allows_permission")
    return f"{repository}/permissions/{principal(entity, origins)}"


def principal(entity: Entity, origins: Origins) -> str:
    """The key of ours of the user or the group that holds the permission."""
    holders = (
        *origins.above(entity.key, "bitbucket_user_has_permission"),
        *origins.above(entity.key, "bitbucket_group_has_permission"),
    )
    named = entity.properties.get("principalKey")
    key = _only(holders or ((named,) if isinstance(named, str) else ()), "user or group")
    held = origins.graph.entities.get(key)
    if held is None and not _UUID.fullmatch(key):
        raise Unclear("its user or group is not in the graph")
    return key if held is None else origins.key(held)


def _restriction(entity: Entity, origins: Origins) -> str:
    number = entity.properties.get("id")
    if isinstance(number, bool) or not isinstance(number, int | str) or not str(number).isdecimal():
        raise Unclear("it has no number")
    return f"{origins.repository(entity, 'bitbucket_repo_has_branch_restriction')}/branch-restrictions/{number}"


def _pull_request(entity: Entity, origins: Origins) -> str:
    """The name that the repository had is in its key: after a rename it is there twice."""
    parts = _PULL_REQUEST.fullmatch(entity.key)
    number = parts["number"] if parts else entity.properties.get("id")
    if isinstance(number, bool) or not isinstance(number, int | str) or not str(number).isdecimal():
        raise Unclear("it has no number")
    return f"{_repository_of(entity, parts, origins)}/pull-requests/{number}"


def _repository_of(entity: Entity, parts: re.Match[str] | None, origins: Origins) -> str:
    tied = origins.above(entity.key, "bitbucket_repo_has_pullrequest")
    if tied:
        return _only(tied, "repository")
    named = entity.properties.get("repoId")
    if isinstance(named, str) and named in origins.graph.entities:
        return named
    known = origins.by_name.get(parts["repository"].lower()) if parts else None
    return _only((known,) if known else (), "repository")


_RULES: Mapping[str, Callable[[Entity, Origins], str]] = {
    "bitbucket_group": _group,
    "bitbucket_permission": _permission,
    "bitbucket_branch_restriction": _restriction,
    "bitbucket_pullrequest": _pull_request,
}
