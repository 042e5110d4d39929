"""What Bitbucket has, straight from the made-up world: the keys of what the graph must hold."""

from __future__ import annotations

from collections.abc import Iterator

from bbsync.sandbox.bitbucket.world import Grant, Group, Repository, Workspace, World


def entities(world: World) -> frozenset[str]:
    """Keys of all entities but pull requests, of which the graph need not hold old ones."""
    return frozenset(key for place in _places(world) for key in _entities(place))


def pull_requests(world: World) -> dict[str, tuple[str, str]]:
    """Title and state of all pull requests, by key."""
    return {
        f"{home.uuid}/pull-requests/{one.id}": (one.title, one.state)
        for place in _places(world)
        for home in place.repositories.values()
        for one in home.pull_requests.values()
    }


def relationships(world: World) -> frozenset[str]:
    """Keys of the relationships that tell who belongs where, and who may do what."""
    return frozenset(key for place in _places(world) for key in _relationships(place))


def everything(world: World) -> frozenset[str]:
    """Keys of everything that must not be deleted."""
    opened = pull_requests(world)
    homes = {f"{key.partition('/')[0]}|has|{key}" for key in opened}
    return entities(world) | relationships(world) | frozenset(opened) | homes


def _places(world: World) -> Iterator[Workspace]:
    return (place for place in world.workspaces if place.visible)


def _entities(place: Workspace) -> Iterator[str]:
    yield place.uuid
    yield from (member.account.uuid or "" for member in place.members)
    yield from (_group(place, group) for group in place.groups.values())
    yield from (project.uuid for project in place.projects.values())
    for home in place.repositories.values():
        yield home.uuid
        yield from (f"{home.uuid}/permissions/{_holder(place, grant)}" for grant in home.grants)
        yield from (f"{home.uuid}/branch-restrictions/{number}" for number in home.restrictions)


def _relationships(place: Workspace) -> Iterator[str]:
    for member in place.members:
        yield f"{place.uuid}|has|{member.account.uuid}"
    for group in place.groups.values():
        yield f"{place.uuid}|has|{_group(place, group)}"
        yield from (f"{_group(place, group)}|has|{account.uuid}" for account in group.members)
    for project in place.projects.values():
        yield f"{place.uuid}|owns|{project.uuid}"
    for home in place.repositories.values():
        yield f"{place.uuid}|owns|{home.uuid}"
        yield from _of_repository(place, home)


def _of_repository(place: Workspace, home: Repository) -> Iterator[str]:
    if home.project is not None:
        yield f"{home.project.uuid}|has|{home.uuid}"
    for grant in home.grants:
        key = f"{home.uuid}/permissions/{_holder(place, grant)}"
        yield f"{home.uuid}|allows|{key}"
        yield f"{_holder(place, grant)}|has|{key}"
    for number in home.restrictions:
        yield f"{home.uuid}|has|{home.uuid}/branch-restrictions/{number}"


def _group(place: Workspace, group: Group) -> str:
    return f"{place.uuid}/groups/{group.slug}"


def _holder(place: Workspace, grant: Grant) -> str:
    return _group(place, grant.holder) if isinstance(grant.holder, Group) else grant.holder.uuid or ""
