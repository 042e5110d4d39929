"""What one call asks about: the workspace, repository or pull request that its path names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
from attrs import field, frozen

from bbsync.sandbox.bitbucket.answers import Refusal, html, plain, refusal
from bbsync.sandbox.bitbucket.call import Call
from bbsync.sandbox.bitbucket.fields import Fields, read_fields
from bbsync.sandbox.bitbucket.paging import Lengths, Style, check_parameters, numbered
from bbsync.sandbox.bitbucket.query import Attributes, read_query, sort_by
from bbsync.sandbox.bitbucket.tokens import Consumer
from bbsync.sandbox.bitbucket.world import NotThere, PullRequest, Repository, Workspace, World


@frozen
class Asked:
    """A call with the names that its path holds."""

    world: World
    call: Call
    names: Mapping[str, str]
    consumer: Consumer

    @property
    def api(self) -> str:
        return self.call.api

    @property
    def fields(self) -> Fields:
        return read_fields(self.call.query.get("fields"))

    def workspace(self) -> Workspace:
        try:
            return self.world.workspace(self.names["workspace"])
        except NotThere:
            raise refusal(404, f"No workspace with identifier '{self.names['workspace']}'.") from None

    def repository(self) -> Repository:
        """The repository, unless it moved (301), is hidden (403) or is not there (404)."""
        workspace, address = self.workspace(), self.names["repository"]
        try:
            repository = workspace.repository(address)
        except NotThere:
            raise self._moved(workspace, address) from None
        if repository.denied:
            raise refusal(403, "Your credentials do not give you access to this repository.")
        return repository

    def _moved(self, workspace: Workspace, address: str) -> Refusal:
        moved = workspace.moved.get(address)
        if moved is None:
            return refusal(404, f"Repository {workspace.slug}/{address} not found")
        place = self.call.moved_link(2, moved.workspace.slug, moved.slug)
        return Refusal(plain(301, "", {"location": place}))

    def repository_for_commits(self) -> Repository:
        """As `repository`, where a missing one gets a page meant for people."""
        try:
            return self.repository()
        except Refusal as error:
            if error.response.status_code != httpx.codes.NOT_FOUND:
                raise
        raise Refusal(html(404, "Repository not found", filler=3000))

    def pull_request(self) -> PullRequest:
        """The pull request; a missing one answers plain text."""
        number = self.names["id"]
        found = self.repository().pull_requests.get(int(number)) if number.isdecimal() else None
        if found is None:
            raise Refusal(plain(404, "Not Found"))
        return found

    def one(self, document: object) -> object:
        """A single object, cut to the fields that were asked for."""
        return self.fields.choose(document)


@frozen
class Listed:
    """How an endpoint lists: page lengths, style of paging, what `q` and `sort` know (None: both are ignored)."""

    lengths: Lengths = field(factory=Lengths)
    style: Style = numbered
    attributes: Attributes | None = None

    def answer(self, asked: Asked, items: Sequence[Any], render: Callable[[Any], object]) -> object:
        """One page of the items."""
        check_parameters(asked.call)
        page = self.style(asked.call, self._chosen(asked.call.query, items), self.lengths)
        return asked.fields.choose({"values": [render(item) for item in page.items], **page.members})

    def _chosen(self, query: httpx.QueryParams, items: Sequence[Any]) -> Sequence[Any]:
        if self.attributes is None:
            return items
        if query.get("q"):
            fits = read_query(query["q"], self.attributes)
            items = [item for item in items if fits(item)]
        return sort_by(items, query["sort"], self.attributes) if query.get("sort") else items
