"""Which endpoint a path belongs to, and the scope that it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from bbsync.sandbox.bitbucket import endpoints
from bbsync.sandbox.bitbucket.asked import Asked

TOKEN_PATH = "/site/oauth2/access_token"  # noqa: S105 - an address, not a secret


@frozen
class Endpoint:
    """An address with names in braces, the scope that it needs (None: any token will do), and what answers."""

    template: str
    scope: str | None
    answer: Callable[[Asked], object]

    @property
    def steps(self) -> tuple[str, ...]:
        return tuple(self.template.strip("/").split("/"))


#: An endpoint and the names that a path held for it.
Found = tuple[Endpoint, Mapping[str, str]]

_HOME = "/2.0/workspaces/{workspace}"
_REPOSITORY = "/2.0/repositories/{workspace}/{repository}"
_PULL_REQUEST = f"{_REPOSITORY}/pullrequests/{{id}}"

#: Where two fit, the first one answers.
ENDPOINTS = (
    Endpoint("/2.0/workspaces", None, endpoints.gone),
    Endpoint("/2.0/repositories", None, endpoints.gone),
    Endpoint("/2.0/snippets", None, endpoints.gone),
    Endpoint("/2.0/user/permissions/workspaces", None, endpoints.gone),
    Endpoint("/2.0/user/permissions/repositories", None, endpoints.gone),
    Endpoint("/2.0/pullrequests/{user}", None, endpoints.gone),
    Endpoint("/2.0/user/workspaces", "account", endpoints.workspaces),
    Endpoint(_HOME, None, endpoints.workspace),
    Endpoint(f"{_HOME}/members", "account", endpoints.members),
    Endpoint(f"{_HOME}/members/{{member}}", "account", endpoints.member),
    Endpoint(f"{_HOME}/permissions", "account", endpoints.permissions),
    Endpoint(f"{_HOME}/permissions/repositories", "account", endpoints.repository_permissions),
    Endpoint(f"{_HOME}/permissions/repositories/{{repository}}", "account", endpoints.repository_permissions),
    Endpoint(f"{_HOME}/projects", "project", endpoints.projects),
    Endpoint(f"{_HOME}/projects/{{key}}", "project", endpoints.project),
    Endpoint(f"{_HOME}/pullrequests/{{member}}", "pullrequest", endpoints.pull_requests_of_author),
    Endpoint("/1.0/groups/{workspace}", "account", endpoints.groups),
    Endpoint("/2.0/repositories/{workspace}", "repository", endpoints.repositories),
    Endpoint(_REPOSITORY, "repository", endpoints.repository),
    Endpoint(f"{_REPOSITORY}/permissions-config/users", "repository:admin", endpoints.user_permissions),
    Endpoint(f"{_REPOSITORY}/permissions-config/groups", "repository:admin", endpoints.group_permissions),
    Endpoint(f"{_REPOSITORY}/branch-restrictions", "repository:admin", endpoints.restrictions),
    Endpoint(f"{_REPOSITORY}/branch-restrictions/{{rule}}", "repository:admin", endpoints.restriction),
    Endpoint(f"{_REPOSITORY}/pullrequests", "pullrequest", endpoints.pull_requests),
    Endpoint(f"{_REPOSITORY}/pullrequests/activity", "pullrequest", endpoints.repository_activity),
    Endpoint(_PULL_REQUEST, "pullrequest", endpoints.pull_request),
    Endpoint(f"{_PULL_REQUEST}/activity", "pullrequest", endpoints.activity),
    Endpoint(f"{_PULL_REQUEST}/commits", "pullrequest", endpoints.pull_request_commits),
    Endpoint(f"{_REPOSITORY}/commits", "repository", endpoints.commits),
    Endpoint(f"{_REPOSITORY}/commits/{{revision}}", "repository", endpoints.commits),
)
_BY_STEPS = [(endpoint.steps, endpoint) for endpoint in ENDPOINTS]


def find_endpoint(segments: Sequence[str]) -> Found | None:
    """The endpoint of a path and the names in it.

    An empty segment where a workspace should be reaches the removed list of all workspaces.
    """
    if len(segments) > 2 and not segments[2]:
        segments = segments[:2]
    for steps, endpoint in _BY_STEPS:
        if len(steps) == len(segments) and all(map(_fits, steps, segments)):
            return endpoint, {step[1:-1]: text for step, text in zip(steps, segments, strict=True) if step[0] == "{"}
    return None


def _fits(step: str, segment: str) -> bool:
    return step == segment or (step[0] == "{" and segment != "")
