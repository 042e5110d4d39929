"""Documents of pull requests, their activity and their commits."""

from __future__ import annotations

from urllib.parse import quote

from bbsync.sandbox.bitbucket.documents import Document, account, href, moment
from bbsync.sandbox.bitbucket.repository_documents import repository_short
from bbsync.sandbox.bitbucket.world import Commit, Happening, Participant, PullRequest, Repository, Tip

#: How much of a hash a pull request shows; its commits show all of it.
SHORT = 12

_BELOW = ("commits", "approve", "request-changes", "diff", "diffstat", "comments", "activity", "merge", "decline")


def pull_request(
    repository: Repository, asked: PullRequest, api: str, *, reviewers: bool, participants: bool, rendered: bool
) -> Document:
    """A pull request; lists leave out who reviews it unless they are asked for it."""
    whole: Document = {
        **_described(asked, api),
        "source": tip(asked.source, api),
        "destination": tip(asked.destination, api),
        "links": _links(repository, asked, api),
    }
    if reviewers:
        whole["reviewers"] = [account(reviewer, api) for reviewer in asked.reviewers]
    if participants:
        whole["participants"] = [_participant(part, api) for part in asked.participants]
    if rendered:
        whole["rendered"] = {name: _text(whole[name]) for name in ("title", "description", "reason")}
    return {name: value for name, value in whole.items() if name not in asked.omitted}


def _described(asked: PullRequest, api: str) -> Document:
    return {
        "type": "pullrequest",
        "id": asked.id,
        "title": asked.title,
        "description": asked.description,
        "summary": _text(asked.description),
        "state": asked.state,
        "draft": asked.draft,
        "queued": False,
        "close_source_branch": asked.close_source_branch,
        "author": account(asked.author, api),
        "closed_by": account(asked.closed_by, api),
        "merge_commit": None if asked.merge_commit is None else {"type": "commit", "hash": asked.merge_commit[:SHORT]},
        "reason": asked.reason,
        "comment_count": asked.comment_count,
        "task_count": asked.task_count,
        "created_on": moment(asked.created_on),
        "updated_on": moment(asked.updated_on),
    }


def _text(raw: str | None) -> Document:
    return {"type": "rendered", "raw": raw or "", "markup": "markdown", "html": f"<p>{raw}</p>" if raw else ""}


def tip(side: Tip, api: str) -> Document:
    """The source or destination of a pull request."""
    return {
        "branch": {"name": side.branch},
        "commit": _short_commit(side.hash, side.repository, api),
        "repository": repository_short(side.repository, api),
    }


def _short_commit(hash_: str | None, repository: Repository | None, api: str) -> Document | None:
    if hash_ is None:
        return None
    short: Document = {"type": "commit", "hash": hash_[:SHORT]}
    if repository is not None:
        path = quote(repository.full_name)
        short["links"] = {
            "self": href(f"{api}/2.0/repositories/{path}/commit/{hash_[:SHORT]}"),
            "html": href(f"https://bitbucket.org/{path}/commits/{hash_[:SHORT]}"),
        }
    return short


def _participant(part: Participant, api: str) -> Document:
    return {
        "type": "participant",
        "user": account(part.account, api),
        "role": part.role,
        "approved": part.state == "approved",
        "state": part.state,
        "participated_on": moment(part.participated_on),
    }


def _links(repository: Repository, asked: PullRequest, api: str) -> Document:
    path = quote(repository.full_name)
    home = f"{api}/2.0/repositories/{path}/pullrequests/{asked.id}"
    return {
        "self": href(home),
        "html": href(f"https://bitbucket.org/{path}/pull-requests/{asked.id}"),
        "statuses": href(f"{home}/statuses"),
        **{name: href(f"{home}/{name}") for name in _BELOW},
    }


def activity(repository: Repository, asked: PullRequest, happening: Happening, api: str) -> Document:
    """One entry of the activity feed: exactly one of comment, update, approval, changes_requested."""
    home = f"{api}/2.0/repositories/{quote(repository.full_name)}/pullrequests/{asked.id}"
    stub = {
        "type": "pullrequest",
        "id": asked.id,
        "title": asked.title,
        "draft": asked.draft,
        "links": {"self": href(home), "html": _links(repository, asked, api)["html"]},
    }
    if happening.kind == "update":
        return {"pull_request": stub, "update": _update(asked, happening, api)}
    if happening.kind == "comment":
        return {"pull_request": stub, "comment": _comment(happening, stub, api)}
    judgement = {"date": moment(happening.at), "user": account(happening.account, api), "pullrequest": stub}
    return {"pull_request": stub, happening.kind: judgement}


def _update(asked: PullRequest, happening: Happening, api: str) -> Document:
    source, destination = asked.source, asked.destination
    return {
        "state": happening.state,
        "draft": asked.draft,
        "title": asked.title,
        "description": asked.description,
        "reviewers": [account(reviewer, api) for reviewer in asked.reviewers],
        "changes": {},
        "reason": asked.reason if happening.state == "DECLINED" else "",
        "author": account(happening.account, api),
        "date": moment(happening.at),
        "source": tip(Tip(source.branch, happening.source, source.repository), api),
        "destination": tip(Tip(destination.branch, happening.destination, destination.repository), api),
    }


def _comment(happening: Happening, stub: Document, api: str) -> Document:
    return {
        "type": "pullrequest_comment",
        "created_on": moment(happening.at),
        "updated_on": moment(happening.at),
        "content": _text(happening.text),
        "user": account(happening.account, api),
        "deleted": False,
        "pending": False,
        "pullrequest": stub,
    }


def commit(repository: Repository | None, made: Commit, api: str) -> Document:
    """A commit with its whole hash; the author has a user only where Bitbucket knows the address."""
    author: Document = {"type": "author", "raw": made.raw}
    if made.account is not None:
        author["user"] = account(made.account, api)
    return {
        "type": "commit",
        "hash": made.hash,
        "date": moment(made.date),
        "author": author,
        "message": made.message,
        "summary": _text(made.message),
        "parents": [],
        "repository": repository_short(repository, api),
        "links": _commit_links(repository, made, api),
    }


def _commit_links(repository: Repository | None, made: Commit, api: str) -> Document:
    if repository is None:
        return {}
    path = quote(repository.full_name)
    return {
        "self": href(f"{api}/2.0/repositories/{path}/commit/{made.hash}"),
        "html": href(f"https://bitbucket.org/{path}/commits/{made.hash}"),
    }
