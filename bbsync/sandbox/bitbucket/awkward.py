"""The odd objects that real workspaces have: people, groups, projects and repositories.

Each function adds one oddity; `OTHERS` are those of pull requests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bbsync.sandbox.bitbucket.awkward_pull_requests import ODDITIES as OTHERS
from bbsync.sandbox.bitbucket.ids import account_id_of, hash_of, uuid_of
from bbsync.sandbox.bitbucket.world import (
    Account,
    Grant,
    Group,
    Membership,
    Project,
    Repository,
    Restriction,
    Workspace,
    World,
)

Oddity = Callable[[World, Workspace], object]

#: The repository that most oddities live in. Its name is not its slug.
ODD = "odd-ones"


def add_awkward_things(world: World) -> None:
    """Add all of them to the first workspace."""
    place = world.workspaces[0]
    repository_named_unlike_its_slug(world, place)
    for oddity in ODDITIES:
        oddity(world, place)
    for add in OTHERS:
        add(world, place.slugs[ODD])


def person(world: World, nickname: str, display_name: str) -> Account:
    """Somebody with every id; a member of nothing yet."""
    return Account(
        display_name=display_name,
        uuid=uuid_of(world.seed, "account", nickname),
        account_id=account_id_of(world.seed, "account", nickname),
        nickname=nickname,
    )


def _repository(world: World, place: Workspace, slug: str, name: str) -> Repository:
    made = world.now - timedelta(days=90)
    uuid = uuid_of(world.seed, place.slug, "awkward", slug)
    project = next((some for some in place.projects.values() if some.listed), None)
    repository = Repository(uuid, slug, name, place, made, made, hash_of("root", uuid), project)
    place.add(repository)
    return repository


# --- repositories and projects


def repository_named_unlike_its_slug(world: World, place: Workspace) -> None:
    """Asked for by its name, it is not found."""
    _repository(world, place, ODD, "The Odd Ones (do not touch)")


def repository_named_in_other_letters(world: World, place: Workspace) -> None:
    _repository(world, place, "kaxyr", "Каталог größe 倉庫")


def repository_without_project(world: World, place: Workspace) -> None:
    """One says null, one does not say."""
    _repository(world, place, "homeless", "homeless").project = None
    silent = _repository(world, place, "homeless-too", "homeless-too")
    silent.project, silent.omitted = None, frozenset({"project"})


def repository_of_hidden_project(world: World, place: Workspace) -> None:
    """Its project is missing from the list of projects."""
    made = world.now - timedelta(days=90)
    hidden = Project(uuid_of(world.seed, place.slug, "hidden"), "HIDDEN", "Hidden", made, made, listed=False)
    place.projects["HIDDEN"] = hidden
    _repository(world, place, "of-hidden-project", "of-hidden-project").project = hidden


def repository_without_commits(world: World, place: Workspace) -> None:
    """It has no main branch, and no description."""
    empty = _repository(world, place, "empty", "empty")
    empty.mainbranch, empty.description = None, None


def repository_with_hostile_words(world: World, place: Workspace) -> None:
    """Its description tries terminals, Markdown and HTML."""
    hostile = _repository(world, place, "hostile", "\x1b[31mhostile\x1b[0m")
    hostile.description = "<script>alert('x')</script> **bold** \u202egnp.exe | a | table |\r\nsecond line\x07"


# --- people and groups


def member_without_uuid(_world: World, place: Workspace) -> None:
    """A closed account that is still in the list."""
    place.members.append(Membership(Account("Former user")))


def members_of_one_name(world: World, place: Workspace) -> None:
    """Two people who share a display name."""
    for nickname in ("twin-one", "twin-two"):
        place.members.append(Membership(person(world, nickname, "Sam Twin")))


def member_with_long_name(world: World, place: Workspace) -> None:
    """Longer than any column, from right to left, and with colours."""
    place.members.append(Membership(person(world, "long", "שלום " * 900 + "\x1b[7m<b>loud</b>\x1b[0m")))


def member_that_is_an_app(world: World, place: Workspace) -> None:
    """A bot has no nickname."""
    bot = Account("Build Bot", uuid_of(world.seed, "bot"), account_id_of(world.seed, "bot"), None, "app_user")
    place.members.append(Membership(bot))


def empty_group(_world: World, place: Workspace) -> None:
    place.groups["nobody"] = Group("nobody", "Nobody")


def group_of_strangers(world: World, place: Workspace) -> None:
    """One is in no workspace that we see, one has no uuid, and one is there twice."""
    stranger, known = person(world, "stranger", "A Stranger"), place.members[0].account
    place.groups["strangers"] = Group("strangers", "Strangers", [stranger, Account("Former user"), known, known])


# --- permissions and branch restrictions


def permissions_of_outsiders(world: World, place: Workspace) -> None:
    """One for somebody who is not a member, one for a closed account, one for a group that the list does not show."""
    place.slugs[ODD].grants += [
        Grant(person(world, "outsider", "An Outsider"), "write"),
        Grant(Account("Former user"), "read"),
        Grant(Group("ghosts", "Ghosts"), "admin"),
        Grant(place.groups["nobody"], "none"),
    ]


def restriction_of_outsiders(world: World, place: Workspace) -> None:
    rule = Restriction(90_000_001, "push", "main")
    rule.users = [person(world, "outsider", "An Outsider"), Account("Former user")]
    rule.groups = [Group("ghosts", "Ghosts")]
    _restrict(place, rule)


def restriction_without_users(_world: World, place: Workspace) -> None:
    """Its answer lacks both `users` and `groups`."""
    _restrict(place, Restriction(90_000_002, "require_tasks_to_be_completed", "main", users=None, groups=None))


def restriction_of_unknown_kind(_world: World, place: Workspace) -> None:
    """A kind that is newer than whoever reads it."""
    _restrict(place, Restriction(90_000_003, "require_full_moon_to_merge", "release/*", value=1))


def restriction_by_branching_model(_world: World, place: Workspace) -> None:
    """It names a branch type, and its pattern is empty."""
    rule = Restriction(90_000_004, "require_approvals_to_merge", "", "branching_model", "development", 1)
    _restrict(place, rule)


def _restrict(place: Workspace, rule: Restriction) -> None:
    place.slugs[ODD].restrictions[rule.id] = rule


ODDITIES: tuple[Oddity, ...] = (
    repository_named_in_other_letters,
    repository_without_project,
    repository_of_hidden_project,
    repository_without_commits,
    repository_with_hostile_words,
    member_without_uuid,
    members_of_one_name,
    member_with_long_name,
    member_that_is_an_app,
    empty_group,
    group_of_strangers,
    permissions_of_outsiders,
    restriction_of_outsiders,
    restriction_without_users,
    restriction_of_unknown_kind,
    restriction_by_branching_model,
)
