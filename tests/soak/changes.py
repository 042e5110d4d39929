"""Change something in a made-up Bitbucket, anything: each of its changes, with arguments that make sense."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from bbsync.sandbox.bitbucket import Bitbucket
from bbsync.sandbox.bitbucket.changes import CHANGES
from bbsync.sandbox.bitbucket.world import NotThere, Repository, Workspace

T = TypeVar("T")

#: No workspace has fewer or more of these, so that it neither empties nor grows for ever.
FEWEST, MOST = 2, 6

#: What makes more of something, and what makes less, by the collection of the workspace.
MORE = {"add_member": "members", "add_group": "groups", "add_project": "projects", "add_repository": "repositories"}
LESS = {
    "remove_member": "members",
    "remove_project": "projects",
    "delete_repository": "repositories",
    "transfer_repository": "repositories",
}

#: How many pull requests, and rows of activity of one, a repository has at most.
MOST_PULL_REQUESTS = 8
MOST_HAPPENINGS = 20

#: What has a repository, and what has a pull request, as its object.
_LEVELS = {"set_role": ("owner", "member"), "grant_permission": ("read", "write", "admin")}
_KINDS = ("push", "force", "delete", "require_approvals_to_merge")
_GROUPS = ("grant_permission", "revoke_permission")


class Nothing(Exception):
    """There is nothing that this change could be made to."""


def change_something(bitbucket: Bitbucket, chance: Random, name: str = "") -> str:
    """Make one change, any or the one of this name; what was changed, or "" where there was nothing to change."""
    name = name or chance.choice(sorted(CHANGES))
    place = chance.choice(bitbucket.world.workspaces)
    try:
        arguments = _Chooser(bitbucket, chance, name, place).arguments()
        bitbucket.change(name, **arguments)
    except (Nothing, NotThere, ValueError):
        return ""
    return f"{name} {arguments}"


class _Chooser:
    """Chooses the arguments of one change."""

    def __init__(self, bitbucket: Bitbucket, chance: Random, name: str, place: Workspace) -> None:
        self.bitbucket = bitbucket
        self.chance = chance
        self.name = name
        self.place = place
        self.home: Repository | None = None

    def arguments(self) -> dict[str, Any]:
        """All that the change must be given; in the order of its parameters, as one may depend on another."""
        self._require_room()
        parameters = list(inspect.signature(CHANGES[self.name]).parameters.values())[1:]
        needed = [one.name for one in parameters if one.default is inspect.Parameter.empty]
        return {name: self._choices[name]() for name in [*needed, *self._further()]}

    def _further(self) -> list[str]:
        """Whose permission it is: a user's or a group's."""
        if self.name in _GROUPS:
            return [self.chance.choice(["user", "group"])]
        return ["title"] if self.name == "edit_pull_request" else []

    def _require_room(self) -> None:
        if self.name in MORE and len(getattr(self.place, MORE[self.name])) >= MOST:
            raise Nothing
        if self.name in LESS and len(getattr(self.place, LESS[self.name])) <= FEWEST:
            raise Nothing

    @property
    def _choices(self) -> Mapping[str, Callable[[], Any]]:
        return {
            "workspace": lambda: self.place.slug,
            "repository": self._repository,
            "pull_request": self._pull_request,
            "restriction": lambda: self._one(sorted(self._home.restrictions)),
            **dict.fromkeys(("member", "author", "user"), self._member),
            "group": lambda: self._one(sorted(self.place.groups)),
            "project": lambda: self._one(sorted(self.place.projects)),
            "permission": lambda: self.chance.choice(_LEVELS[self.name]),
            "to": self._to,
            "kind": lambda: self.chance.choice(_KINDS),
            **dict.fromkeys(("nickname", "slug", "name", "key", "title", "description"), self._fresh),
        }

    @property
    def _home(self) -> Repository:
        assert self.home is not None
        return self.home

    def _repository(self) -> str:
        self.home = self._one(list(self.place.repositories.values()))
        if self.name == "open_pull_request" and len(self.home.pull_requests) >= MOST_PULL_REQUESTS:
            raise Nothing
        return self.home.slug

    def _pull_request(self) -> int:
        found = self._one(list(self._home.pull_requests.values()))
        if len(found.happenings) >= MOST_HAPPENINGS:
            raise Nothing
        return found.id

    def _member(self) -> str:
        return self._one(self.place.members).account.uuid or ""

    def _to(self) -> str:
        if self.name == "transfer_repository":
            return self._one([one.slug for one in self.bitbucket.world.workspaces if one is not self.place])
        return self._fresh()

    def _fresh(self) -> str:
        """A word that was not there before."""
        return f"new-{self.bitbucket.world.now:%d%H%M%S}-{self.chance.randrange(1000)}"

    def _one(self, of: Sequence[T]) -> T:
        if not of:
            raise Nothing
        return self.chance.choice(of)
