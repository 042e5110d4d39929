"""What an entity of the existing integration says in our words, where it is kept without being read again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve

from bbsync.adoption.keys import Origins, principal
from bbsync.graph import Entity, Properties, Value
from bbsync.kinds import AnyKind

#: From the lowest to the highest.
LEVELS = ("read", "write", "admin")

#: Properties by name; None takes one away.
Changes = Mapping[str, Value]


def translated(entity: Entity, key: str, origins: Origins, kind: AnyKind) -> Entity:
    """The entity under its new key. Properties of which we know nothing better stay as they are."""
    rule = _RULES.get(entity.type)
    said = rule(entity, key, origins) if rule else {}
    return evolve(
        entity,
        key=key,
        classes=kind.entity.classes,
        properties={**entity.properties, **said} if said else entity.properties,
    )


def newest(entities: Sequence[Entity], origins: Origins) -> Entity:
    """Of several that are one and the same, the one that knows most.

    That is the one changed last, or with the highest level; of equals, the one that goes by the repository's name.
    """
    return max(entities, key=lambda one: (_changed(one), _level(one.properties), _goes_by_name(one, origins), one.key))


def _changed(entity: Entity) -> float:
    at = entity.properties.get("updatedOn")
    return at if isinstance(at, int | float) else 0


def _level(properties: Properties) -> int:
    level = properties.get("permission")
    return LEVELS.index(level) if isinstance(level, str) and level in LEVELS else -1


def _goes_by_name(entity: Entity, origins: Origins) -> bool:
    return entity.key.partition("/pull-requests/")[0].lower() in origins.by_name


def _workspace(_entity: Entity, key: str, _origins: Origins) -> Changes:
    return {"id": key, "vendor": "Atlassian"}


def _user(entity: Entity, _key: str, _origins: Origins) -> Changes:
    name = entity.properties.get("username")
    return {"username": (name,)} if isinstance(name, str) else {}


def _owned(_entity: Entity, key: str, _origins: Origins) -> Changes:
    return {"ownerId": key.partition("/")[0]}


def _permission(entity: Entity, key: str, origins: Origins) -> Changes:
    holder, level = principal(entity, origins), entity.properties.get("permission")
    kind = "group" if "/groups/" in holder else "user"
    name = f"{kind} {_called(holder, origins)}: {level}"
    return {
        "name": name,
        "displayName": name,
        "admin": level == "admin",
        "principalKey": holder,
        "principalType": kind,
        "repoId": key.partition("/")[0],
    }


def _called(holder: str, origins: Origins) -> str:
    """What the graph calls the user or group of that new key."""
    slug = holder.rpartition("/groups/")[2]
    named = (one for one in (origins.graph.entities.get(holder), origins.graph.entities.get(slug)) if one is not None)
    return next((one.name for one in named), slug)


def _restriction(entity: Entity, key: str, _origins: Origins) -> Changes:
    repository, _, number = key.partition("/branch-restrictions/")
    where = entity.properties.get("pattern") or "every branch"
    return {
        "id": number,
        "repoId": repository,
        "displayName": f"{entity.properties.get('name') or 'restriction'} on {where}",
    }


def _pull_request(entity: Entity, key: str, _origins: Origins) -> Changes:
    repository, _, number = key.partition("/pull-requests/")
    title = entity.properties.get("title") or entity.properties.get("name") or ""
    return {
        "id": number,
        "repoId": repository,
        "displayName": f"#{number} {title}".strip(),
        "superseded": entity.properties.get("state") == "SUPERSEDED",
    }


_RULES: Mapping[str, Callable[[Entity, str, Origins], Changes]] = {
    "bitbucket_workspace": _workspace,
    "bitbucket_user": _user,
    "bitbucket_group": _owned,
    "bitbucket_permission": _permission,
    "bitbucket_branch_restriction": _restriction,
    "bitbucket_pullrequest": _pull_request,
}
