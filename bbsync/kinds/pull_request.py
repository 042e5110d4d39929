"""A pull request: what was proposed, by whom, and which of it somebody else approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from attrs import field, frozen
from attrs.validators import min_len

from bbsync.graph import Properties, Relationship, mark
from bbsync.kinds._accounts import Account, Branch, Links, Reference, called, uuid_of, web_link
from bbsync.kinds._approval import Approved, Commit, SourceMoved, Verdict, judge
from bbsync.kinds._kind import (
    Absence,
    Detail,
    EntityType,
    Kind,
    Paging,
    Place,
    RelationshipType,
    Request,
    known,
    milliseconds,
    optional,
)

#: As long as a description may be in the graph before it ends in three dots.
LONGEST_DESCRIPTION = 80

#: A template; the engine fills in the ancestors.
PATH = "/2.0/repositories/{workspace_id}/{repository_id}/pullrequests"

STATES = ("OPEN", "MERGED", "DECLINED", "SUPERSEDED")


@frozen
class Hash:
    """A commit by its hash: 12 characters in pull requests, 40 in the list of commits. An empty one would fit all."""

    hash: str = field(validator=min_len(1))


@frozen
class End:
    """Source or destination. The repository of a deleted fork is null, and so may the commit be."""

    repository: Reference | None = None
    branch: Branch | None = None
    commit: Hash | None = None


@frozen
class Participant:
    """Somebody who takes part; `approved` is what holds now."""

    user: Account | None = None
    role: str | None = None
    approved: bool = False
    state: str | None = None


@frozen
class PullRequest:
    """A row of `…/pullrequests`. `reviewers` and `participants` come only because `fields` asks for them."""

    id: int
    title: str
    state: str
    source: End
    destination: End
    description: str | None = None
    author: Account | None = None
    closed_by: Account | None = None
    reviewers: tuple[Account, ...] | None = None
    participants: tuple[Participant, ...] | None = None
    created_on: str | None = None
    updated_on: str | None = None
    close_source_branch: bool | None = None
    comment_count: int | None = None
    task_count: int | None = None
    draft: bool | None = None
    merge_commit: Hash | None = None
    links: Links | None = None


@frozen
class CommitAuthor:
    """`user` is absent when the e-mail address of the commit belongs to no account."""

    user: Account | None = None


@frozen
class ListedCommit:
    """A row of `…/pullrequests/{id}/commits`."""

    hash: str = field(validator=min_len(1))
    message: str | None = None
    author: CommitAuthor | None = None
    parents: tuple[Hash, ...] = ()


@frozen
class Update:
    """Something about the pull request changed; the newest one tells where its source stands."""

    date: str
    source: End | None = None


@frozen
class Approval:
    """Somebody approved."""

    date: str
    user: Account | None = None


NO_UPDATE = Update(date="")
NO_APPROVAL = Approval(date="")


@frozen
class Activity:
    """A row of `…/pullrequests/{id}/activity`: one of several things, of which two matter here.

    Null in the place of one of them is not taken for something else that happened: nobody would approve any more.
    """

    update: Update = NO_UPDATE
    approval: Approval = NO_APPROVAL


OPENED = RelationshipType("bitbucket_user", "OPENED", "bitbucket_pullrequest")
REVIEWED = RelationshipType("bitbucket_user", "REVIEWED", "bitbucket_pullrequest")
APPROVED = RelationshipType("bitbucket_user", "APPROVED", "bitbucket_pullrequest")


def window(since: int | None) -> Mapping[str, str]:
    """The query of the listing: states and times inside `q`, because Bitbucket ignores `state` beside `q`.

    `since` is in epoch milliseconds; None reads the whole history.
    """
    states = " OR ".join(f'state = "{state}"' for state in STATES)
    query = f"({states})"
    if since is not None:
        opening = datetime.fromtimestamp(since / 1000, UTC).isoformat(timespec="milliseconds")
        query = f"(updated_on >= {opening} OR created_on >= {opening}) AND {query}"
    return {"q": query, "fields": "+values.reviewers,+values.participants"}


def key(pull_request: PullRequest, place: Place) -> str:
    """By the repository's uuid, so that a renamed repository keeps its pull requests."""
    return f"{place.parent.key}/pull-requests/{pull_request.id}"


def details(pull_request: PullRequest, place: Place) -> tuple[Detail, ...]:
    """Its commits; its activity only where somebody approves; itself, should the listing lack who takes part."""
    path = f"{PATH}/{pull_request.id}"
    fork_is_gone = pull_request.source.repository is None  # and its commits with it
    wanted = [Detail("commits", f"{path}/commits", ListedCommit, page_length=100, may_be_missing=fork_is_gone)]
    if _lacks_people(pull_request, place):
        wanted.append(Detail("itself", path, PullRequest, paging=Paging.SINGLE))
    approved = any(one.approved for one in pull_request.participants or ())
    if approved or pull_request.participants is None:
        wanted.append(Detail("activity", f"{path}/activity", Activity, page_length=50, never_empty=approved))
    return tuple(wanted)


def fingerprint(pull_request: PullRequest, place: Place) -> str | None:
    """What its commits, its activity and the judgement of them depend on, as far as the listing tells.

    Comments, approvals, pushes and changes of state move `updated_on` (seen in recordings of several clients); the
    commits and the people are there in case it does not. Who is a member decides whose commits and approvals count.
    """
    if pull_request.updated_on is None or _lacks_people(pull_request, place):
        return None
    ends = (pull_request.source, pull_request.destination)
    hashes = [optional(end.commit, "hash") for end in ends]
    people = [(uuid_of(one.user), one.approved, one.state) for one in pull_request.participants or ()]
    fork_is_gone = pull_request.source.repository is None
    members = _names(place.neighbours["user"]) if "user" in place.neighbours else None
    return repr((pull_request.updated_on, pull_request.state, hashes, fork_is_gone, sorted(map(repr, people)), members))


@lru_cache(maxsize=64)
def _names(keys: frozenset[str]) -> str:
    """A short text that stands for these keys, whichever order they come in."""
    return mark(*(key.encode() for key in sorted(keys)))


def _lacks_people(pull_request: PullRequest, place: Place) -> bool:
    """Whether participants, or reviewers where they are wanted, are absent: not empty, but not told."""
    return pull_request.participants is None or (place.enriched and pull_request.reviewers is None)


def complete(pull_request: PullRequest, place: Place) -> PullRequest:
    """The pull request with its participants, from wherever they were read.

    Raises:
        ValueError: it lacks them even when it is asked for by itself.
    """
    itself: tuple[PullRequest, ...] = place.details.get("itself") or ()
    whole = itself[0] if itself else pull_request
    if _lacks_people(whole, place):
        raise ValueError("participants or reviewers are missing")
    return whole


def accounts(listed: Iterable[Account | None]) -> list[Account]:
    """Those that still have a uuid, each once, in the order of the uuids."""
    found = {account.uuid: account for account in listed if account and account.uuid}
    return [found[uuid] for uuid in sorted(found)]


def approvers(pull_request: PullRequest) -> list[Account]:
    """Who approves now."""
    return accounts(one.user for one in pull_request.participants or () if one.approved)


def verdict(pull_request: PullRequest, place: Place) -> Verdict:
    """What the approvals of those who approve now cover."""
    activity: tuple[Activity, ...] = place.details.get("activity") or ()
    commits: tuple[ListedCommit, ...] = place.details.get("commits") or ()
    still = {account.uuid for account in approvers(pull_request)}
    return judge(
        [
            Commit(
                one.hash, uuid_of(one.author.user if one.author else None), tuple(parent.hash for parent in one.parents)
            )
            for one in commits
        ],
        [
            SourceMoved(one.update.date, one.update.source.commit.hash)
            for one in activity
            if one.update.source and one.update.source.commit
        ],
        [
            Approved(one.approval.date, one.approval.user.uuid)
            for one in activity
            if one.approval.user and one.approval.user.uuid and one.approval.user.uuid in still
        ],
        members=place.neighbours.get("user"),
    )


def properties(listed: PullRequest, place: Place) -> Properties:
    """The graph's properties of a pull request."""
    pull_request = complete(listed, place)
    return known(
        {
            **_identity(pull_request, place),
            **_state(pull_request),
            **_people(pull_request, enriched=place.enriched),
            **_review(pull_request, place),
        }
    )


def _identity(pull_request: PullRequest, place: Place) -> dict[str, object]:
    return {
        "id": str(pull_request.id),
        "name": pull_request.title,
        "title": pull_request.title,
        "displayName": f"#{pull_request.id} {pull_request.title}",
        "description": _shortened(pull_request.description),
        "accountId": place.workspace.key,
        "repoId": place.parent.key,
        "repository": place.parent.properties["fullName"],
        "webLink": web_link(pull_request.links),
        "createdOn": milliseconds(pull_request.created_on),
        "updatedOn": milliseconds(pull_request.updated_on),
    }


def _state(pull_request: PullRequest) -> dict[str, object]:
    return {
        "state": pull_request.state,
        "open": pull_request.state == "OPEN",
        "merged": pull_request.state == "MERGED",
        "declined": pull_request.state == "DECLINED",
        "superseded": pull_request.state == "SUPERSEDED",
        "draft": pull_request.draft,
        "taskCount": pull_request.task_count,
        "commentCount": pull_request.comment_count,
        "closeSourceBranch": pull_request.close_source_branch,
        "source": _branch(pull_request.source),
        "target": _branch(pull_request.destination),
        "sourceCommit": optional(pull_request.source.commit, "hash"),
        "destinationCommit": optional(pull_request.destination.commit, "hash"),
        "mergeCommit": optional(pull_request.merge_commit, "hash"),
    }


def _people(pull_request: PullRequest, *, enriched: bool) -> dict[str, object]:
    approving = approvers(pull_request)
    objecting = accounts(one.user for one in pull_request.participants or () if one.state == "changes_requested")
    author = uuid_of(pull_request.author)
    people: dict[str, object] = {
        "authorId": author,
        "author": called(pull_request.author),
        "approverIds": [account.uuid for account in approving],
        "approvers": [called(account) or account.uuid for account in approving],
        "selfApproved": author is not None and author in {account.uuid for account in approving},
        "changesRequested": bool(objecting),
        "changesRequestedByIds": [account.uuid for account in objecting],
        "closedById": uuid_of(pull_request.closed_by),
    }
    if enriched:
        reviewing = accounts(pull_request.reviewers or ())
        people["reviewerIds"] = [account.uuid for account in reviewing]
        people["reviewers"] = [called(account) or account.uuid for account in reviewing]
    return people


def _review(pull_request: PullRequest, place: Place) -> dict[str, object]:
    commits: tuple[ListedCommit, ...] | None = place.details.get("commits")
    if commits is None:
        return {}
    found = verdict(pull_request, place)
    return {
        "commits": [commit.hash for commit in commits],
        "commitMessages": [commit.message or "" for commit in commits],
        "commitsApproved": found.approved,
        "commitsNotApproved": found.not_approved,
        "commitsByUnknownAuthor": found.by_unknown_author,
        "approvedCommitsRemoved": found.removed,
        "approved": found.all_approved,
        "validated": found.validated,
    }


def _shortened(description: str | None) -> str | None:
    if description is None or len(description) <= LONGEST_DESCRIPTION:
        return description
    return description[:LONGEST_DESCRIPTION] + "..."


def _branch(end: End) -> str:
    """The class PR wants a string here, and a deleted branch may have lost its name."""
    return (end.branch and end.branch.name) or ""


def links(listed: PullRequest, place: Place) -> Iterable[Relationship]:
    """Who opened, was asked to review, and approves it."""
    pull_request = complete(listed, place)
    held = key(pull_request, place)
    author = uuid_of(pull_request.author)
    if author:
        yield OPENED.between(author, held)
    if place.enriched:
        for reviewer in accounts(pull_request.reviewers or ()):
            yield REVIEWED.between(str(reviewer.uuid), held)
    for approver in approvers(pull_request):
        yield APPROVED.between(str(approver.uuid), held)


#: What cannot be said without the commits.
REVIEW = frozenset(
    {
        "commits",
        "commitMessages",
        "commitsApproved",
        "commitsNotApproved",
        "commitsByUnknownAuthor",
        "approvedCommitsRemoved",
        "approved",
        "validated",
    }
)


def unknown(place: Place) -> frozenset[str]:
    """Reviewers, where they are not asked for; the review, where the commits went with a fork."""
    not_asked = frozenset() if place.enriched else frozenset({"reviewerIds", "reviewers", REVIEWED.type})
    return not_asked | (REVIEW if place.details.get("commits", ()) is None else frozenset())


KIND = Kind(
    name="pull_request",
    plural="pull_requests",
    item=PullRequest,
    parent="repository",
    requests=(Request(PATH, page_length=50, query=window),),
    entity=EntityType("bitbucket_pullrequest", ("Review", "PR")),
    key=key,
    properties=properties,
    label=lambda found: f"#{found['id']}",
    belongs=RelationshipType("bitbucket_repo", "HAS", "bitbucket_pullrequest"),
    links=links,
    link_types=(OPENED, REVIEWED, APPROVED),
    scopes=("pullrequest",),
    absence=Absence.HISTORY,
    details=details,
    fingerprint=fingerprint,
    needs=("user",),
    rank=70,
    unknown=unknown,
    tip=("sourceCommit",),
    is_over=lambda found: not found["open"],
)
