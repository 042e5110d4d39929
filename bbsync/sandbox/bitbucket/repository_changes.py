"""What can change about projects and repositories."""

from __future__ import annotations

from bbsync.sandbox.bitbucket.ids import hash_of, uuid_of
from bbsync.sandbox.bitbucket.world import Project, Repository, Workspace, World


def add_project(world: World, workspace: str, key: str, name: str = "") -> Project:
    now = world.moment()
    project = Project(uuid_of(world.seed, workspace, "project", key, now), key, name or key.title(), now, now)
    world.workspace(workspace).projects[key] = project
    return project


def rename_project(world: World, workspace: str, project: str, to: str) -> None:
    """Give a project another name; its key stays."""
    renamed = world.workspace(workspace).project(project)
    renamed.name = to
    renamed.updated_on = world.moment()


def remove_project(world: World, workspace: str, project: str) -> None:
    """Remove a project; its repositories go to the first one that is left."""
    place = world.workspace(workspace)
    leaving = place.project(project)
    heir = next((some for some in place.projects.values() if some is not leaving), None)
    if heir is None:
        raise ValueError(f"{project} is the only project of {place.slug}; add another first")
    del place.projects[project]
    for repository in place.repositories.values():
        if repository.project is leaving:
            repository.project = heir


def add_repository(
    world: World, workspace: str, name: str, project: str | None = None, *, private: bool = True
) -> Repository:
    """Make an empty repository; its slug comes from its name."""
    place, now = world.workspace(workspace), world.moment()
    slug = slug_of(name)
    uuid = uuid_of(world.seed, place.uuid, "repository", slug, now)
    home = place.project(project) if project else next(iter(place.projects.values()), None)
    repository = Repository(uuid, slug, name, place, now, now, hash_of("root", uuid), home, is_private=private)
    place.add(repository)
    return repository


def slug_of(name: str) -> str:
    """The slug that Bitbucket makes of a name: lower case, and dashes for what an address cannot hold."""
    return "-".join(
        "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name).lower().split()
    )


def rename_repository(world: World, workspace: str, repository: str, to: str) -> None:
    """Give a repository another name and slug; the old slug leads to the new one."""
    _, renamed = _find(world, workspace, repository)
    _move(renamed, renamed.workspace, slug_of(to))
    renamed.name = to
    renamed.updated_on = world.moment()


def transfer_repository(world: World, workspace: str, repository: str, to: str) -> None:
    """Hand a repository to another workspace; its old address leads to the new one."""
    place, transferred = _find(world, workspace, repository)
    heir = world.workspace(to)
    _move(transferred, heir, transferred.slug)
    place.moved[transferred.uuid] = transferred
    transferred.project = next(iter(heir.projects.values()), None)
    transferred.grants, transferred.restrictions = [], {}
    transferred.updated_on = world.moment()


def _move(repository: Repository, heir: Workspace, slug: str) -> None:
    if heir.slugs.get(slug, repository) is not repository:
        raise ValueError(f"{heir.slug} already has a repository {slug}")
    place, old = repository.workspace, repository.slug
    place.slugs.pop(old)
    if heir is not place:
        del place.repositories[repository.uuid]
    repository.workspace, repository.slug = heir, slug
    heir.repositories[repository.uuid] = repository
    heir.slugs[slug] = repository
    place.moved[old] = repository
    heir.moved.pop(slug, None)


def delete_repository(world: World, workspace: str, repository: str) -> None:
    """Delete a repository; forks lose their parent, and pull requests from it their source."""
    place, deleted = _find(world, workspace, repository)
    place.drop(deleted)
    for other in world.workspaces:
        other.moved = {address: moved for address, moved in other.moved.items() if moved is not deleted}
        for left in other.repositories.values():
            _forget(left, deleted)


def _forget(left: Repository, deleted: Repository) -> None:
    if left.parent is deleted:
        left.parent = None
    for pull_request in left.pull_requests.values():
        if pull_request.source.repository is deleted:
            pull_request.source.repository = None
            pull_request.commits = pull_request.commits if pull_request.state == "MERGED" else None


def move_repository(world: World, workspace: str, repository: str, project: str) -> None:
    """Put a repository into another project."""
    place, moved = _find(world, workspace, repository)
    moved.project = place.project(project)
    moved.updated_on = world.moment()


def describe_repository(world: World, workspace: str, repository: str, description: str) -> None:
    _, described = _find(world, workspace, repository)
    described.description = description
    described.updated_on = world.moment()


def make_public(world: World, workspace: str, repository: str) -> None:
    _set_private(world, workspace, repository, private=False)


def make_private(world: World, workspace: str, repository: str) -> None:
    _set_private(world, workspace, repository, private=True)


def _set_private(world: World, workspace: str, repository: str, *, private: bool) -> None:
    _, exposed = _find(world, workspace, repository)
    exposed.is_private = private
    exposed.updated_on = world.moment()


def deny_repository(world: World, workspace: str, repository: str) -> None:
    """Leave a repository in the list, and answer 403 to everything below it."""
    _find(world, workspace, repository)[1].denied = True


def allow_repository(world: World, workspace: str, repository: str) -> None:
    """The reverse of `deny_repository`."""
    _find(world, workspace, repository)[1].denied = False


def _find(world: World, workspace: str, repository: str) -> tuple[Workspace, Repository]:
    place = world.workspace(workspace)
    return place, place.repository(repository)


CHANGES = (
    add_project,
    rename_project,
    remove_project,
    add_repository,
    rename_repository,
    transfer_repository,
    delete_repository,
    move_repository,
    describe_repository,
    make_public,
    make_private,
    deny_repository,
    allow_repository,
)
