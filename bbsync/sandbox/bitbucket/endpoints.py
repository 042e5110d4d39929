"""What each endpoint answers."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

from bbsync.sandbox.bitbucket import attributes, documents, repository_documents
from bbsync.sandbox.bitbucket import pull_request_documents as reviews
from bbsync.sandbox.bitbucket.answers import Refusal, refusal, removed
from bbsync.sandbox.bitbucket.asked import Asked, Listed
from bbsync.sandbox.bitbucket.effective import effective_permissions
from bbsync.sandbox.bitbucket.paging import Lengths, cursor, tokens
from bbsync.sandbox.bitbucket.world import (
    Commit,
    Grant,
    Group,
    Happening,
    Membership,
    NotThere,
    PullRequest,
    Repository,
    Workspace,
)

_MEMBERS = Listed(Lengths(50), attributes=attributes.MEMBERS)
_PERMISSIONS = Listed(Lengths(50), attributes=attributes.PERMISSIONS)
_PROJECTS = Listed(Lengths(50), attributes=attributes.PROJECTS)
_REPOSITORIES = Listed(attributes=attributes.REPOSITORIES)
_PLAIN = Listed()
_PULL_REQUESTS = Listed(Lengths(maximum=50), attributes=attributes.PULL_REQUESTS)
_ACTIVITY = Listed(Lengths(maximum=50), style=cursor)
_PULL_REQUEST_COMMITS = Listed(style=tokens)
_COMMITS = Listed(Lengths(30), style=cursor)


def gone(_asked: Asked) -> object:
    """A list over all workspaces."""
    raise Refusal(removed())


def workspaces(asked: Asked) -> object:
    """Those that the consumer may see: what took the place of the removed list of all of them."""
    shown = [place for place in asked.world.workspaces if place.visible]
    administrator = asked.consumer.administrator
    return _PLAIN.answer(
        asked, shown, lambda place: documents.workspace_access(place, asked.api, administrator=administrator)
    )


def workspace(asked: Asked) -> object:
    return asked.one(documents.workspace_whole(asked.workspace(), asked.api))


def members(asked: Asked) -> object:
    place = asked.workspace()
    return _MEMBERS.answer(asked, place.members, lambda member: documents.membership(place, member, asked.api))


def member(asked: Asked) -> object:
    place, address = asked.workspace(), asked.names["member"]
    for candidate in place.members:
        if address in {candidate.account.uuid, candidate.account.account_id}:
            return asked.one(documents.membership(place, candidate, asked.api))
    raise refusal(404, f"{address} is not a member of {place.slug}")


def permissions(asked: Asked) -> object:
    place = asked.workspace()

    def render(member: Membership) -> object:
        return documents.member_permission(place, member, asked.api)

    return _PERMISSIONS.answer(asked, place.members, render)


def repository_permissions(asked: Asked) -> object:
    """The highest permission of each account on each repository, or on one; for administrators."""
    home = asked.workspace()
    if not asked.consumer.administrator:
        raise refusal(403, "You must be an administrator of this workspace.")
    shown = [effective for place in _chosen(asked, home) for effective in effective_permissions(place)]
    return _PLAIN.answer(asked, shown, lambda one: repository_documents.effective_permission(one, asked.api))


def _chosen(asked: Asked, home: Workspace) -> list[Repository]:
    if "repository" not in asked.names:
        return list(home.repositories.values())
    try:
        return [home.repository(asked.names["repository"])]
    except NotThere:
        raise refusal(404, f"Repository {home.slug}/{asked.names['repository']} not found") from None


def groups(asked: Asked) -> object:
    """API 1.0: a bare array, for administrators, by slug only."""
    if asked.names["workspace"].startswith("{"):
        raise refusal(403, "This resource takes the workspace's slug, not its uuid.")
    place = asked.workspace()
    if not asked.consumer.administrator:
        raise refusal(403, "You must be an administrator of this workspace.")
    return [documents.group_of_old(place, group) for group in place.groups.values()]


def projects(asked: Asked) -> object:
    place = asked.workspace()
    shown = [project for project in place.projects.values() if project.listed]
    return _PROJECTS.answer(asked, shown, lambda project: documents.project_whole(place, project, asked.api))


def project(asked: Asked) -> object:
    place = asked.workspace()
    try:
        found = place.project(asked.names["key"])
    except NotThere:
        found = None
    if found is None or not found.listed:
        raise refusal(404, f"No project with key '{asked.names['key']}'.")
    return asked.one(documents.project_whole(place, found, asked.api))


def repositories(asked: Asked) -> object:
    shown = list(asked.workspace().repositories.values())
    return _REPOSITORIES.answer(asked, shown, lambda some: repository_documents.repository_whole(some, asked.api))


def repository(asked: Asked) -> object:
    return asked.one(repository_documents.repository_whole(asked.repository(), asked.api))


def user_permissions(asked: Asked) -> object:
    return _grants(asked, lambda grant: not isinstance(grant.holder, Group))


def group_permissions(asked: Asked) -> object:
    return _grants(asked, lambda grant: isinstance(grant.holder, Group))


def _grants(asked: Asked, fits: Callable[[Grant], bool]) -> object:
    place = asked.repository()
    _administrators_only(asked)
    shown = [grant for grant in place.grants if fits(grant)]
    return _PLAIN.answer(asked, shown, lambda grant: repository_documents.grant(place, grant, asked.api))


def restrictions(asked: Asked) -> object:
    place = asked.repository()
    _administrators_only(asked)
    wanted = {name: asked.call.query[name] for name in ("kind", "pattern") if name in asked.call.query}
    newest_first = sorted(place.restrictions.values(), key=lambda rule: -rule.id)
    shown = [rule for rule in newest_first if all(getattr(rule, name) == text for name, text in wanted.items())]
    return _PLAIN.answer(asked, shown, lambda rule: repository_documents.restriction(place, rule, asked.api))


def restriction(asked: Asked) -> object:
    place, number = asked.repository(), asked.names["rule"]
    _administrators_only(asked)
    rule = place.restrictions.get(int(number)) if number.isdecimal() else None
    if rule is None:
        raise refusal(404, f"No branch restriction with id '{number}'.")
    return asked.one(repository_documents.restriction(place, rule, asked.api))


def _administrators_only(asked: Asked) -> None:
    if not asked.consumer.administrator:
        raise refusal(403, "You must be an administrator of this repository.")


def pull_requests(asked: Asked) -> object:
    place = asked.repository()
    shown = _in_states(asked, list(reversed(place.pull_requests.values())))
    return _PULL_REQUESTS.answer(asked, shown, _as_listed(asked, lambda _: place))


def pull_requests_of_author(asked: Asked) -> object:
    """Those that one member opened, in the whole workspace."""
    place, address = asked.workspace(), asked.names["member"]
    homes = {
        found: home
        for home in place.repositories.values()
        for found in home.pull_requests.values()
        if found.author is not None and address in {found.author.uuid, found.author.account_id}
    }
    if not homes and not any(address in {one.account.uuid, one.account.account_id} for one in place.members):
        raise refusal(404, f"No user with identifier '{address}'.")
    return _PULL_REQUESTS.answer(asked, _in_states(asked, list(homes)), _as_listed(asked, homes.__getitem__))


def _in_states(asked: Asked, found: Sequence[PullRequest]) -> Sequence[PullRequest]:
    """Open ones by default; with `q`, the `state` parameter is ignored and every state comes."""
    if asked.call.query.get("q"):
        return found
    states = set(asked.call.query.get_list("state")) or {"OPEN"}
    return [pull_request for pull_request in found if pull_request.state in states]


def _as_listed(asked: Asked, home: Callable[[PullRequest], Repository]) -> Callable[[PullRequest], object]:
    hidden = {name: asked.fields.asks("values", name) for name in ("reviewers", "participants", "rendered")}
    return lambda found: reviews.pull_request(home(found), found, asked.api, **hidden)


def pull_request(asked: Asked) -> object:
    found = asked.pull_request()
    whole = reviews.pull_request(asked.repository(), found, asked.api, reviewers=True, participants=True, rendered=True)
    return asked.one(whole)


def activity(asked: Asked) -> object:
    place, found = asked.repository(), asked.pull_request()

    def render(happening: Happening) -> object:
        return reviews.activity(place, found, happening, asked.api)

    return _ACTIVITY.answer(asked, found.happenings[::-1], render)


def repository_activity(asked: Asked) -> object:
    """The feeds of all pull requests in one, newest first."""
    place = asked.repository()
    feeds = (
        [(happening.at, found.id, place_in_feed) for place_in_feed, happening in enumerate(found.happenings)]
        for found in place.pull_requests.values()
    )

    def render(entry: tuple[object, int, int]) -> object:
        found = place.pull_requests[entry[1]]
        return reviews.activity(place, found, found.happenings[entry[2]], asked.api)

    return _ACTIVITY.answer(asked, list(heapq.merge(*feeds))[::-1], render)


def pull_request_commits(asked: Asked) -> object:
    found = asked.pull_request()
    if found.commits is None:
        raise refusal(404, "The source repository of this pull request is gone.")
    home = found.source.repository

    def render(commit: Commit) -> object:
        return reviews.commit(home, commit, asked.api)

    return _PULL_REQUEST_COMMITS.answer(asked, found.commits, render)


def commits(asked: Asked) -> object:
    """What was merged, newest first; `q` is accepted and ignored."""
    place = asked.repository_for_commits()
    merged = [found.commits or [] for found in place.pull_requests.values() if found.state == "MERGED"]
    shown = sorted((commit for some in merged for commit in some), key=lambda commit: commit.date, reverse=True)
    return _COMMITS.answer(asked, shown, lambda commit: reviews.commit(place, commit, asked.api))
