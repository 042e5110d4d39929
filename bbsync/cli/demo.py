"""`bbsync demo`: the whole story on loopback stand-ins, in a minute, with no account."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve, frozen

from bbsync import applying, steps
from bbsync.cli.files import read_plan_file, write_private
from bbsync.cli.invocation import Invocation, common_options, invoked
from bbsync.cli.sandbox import CONSUMERS, SCOPES, require_extra
from bbsync.cli.showing import show_plan
from bbsync.errors import ExitCode, SettingsError
from bbsync.planfile import dump, read
from bbsync.sandbox.server import serve
from bbsync.settings import Settings, load_settings

if TYPE_CHECKING:  # an extra, which may not be installed
    from bbsync.sandbox.bitbucket import Bitbucket
    from bbsync.sandbox.bitbucket.world import Repository

WORKSPACE = "acme"

POLICY = """\
[pull_requests]
enriched = true
window = "{window}"

[target]
kind = "local"
path = "{graph}"

[state]
url = "{state}"
"""

#: Calls that the first consumer has left for the second plan.
LEFT = 15


@click.command()
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep the graph and the plans in this directory."
)
@common_options
def command(keep: Path | None, **common: Any) -> ExitCode:
    """Tell the whole story on stand-ins: plan, apply, changes in Bitbucket, plan again.

    Example: bbsync demo
    """
    invocation = invoked(**common)
    require_extra()
    with _place(keep) as place, _bitbucket(invocation) as (bitbucket, origin):
        first, later = (
            _Story(invocation, _settings(place, origin, window), bitbucket, place) for window in ("500d", "24h")
        )
        _tell(first, later)
        if keep is not None:
            invocation.write(_kept(place))
    return ExitCode.OK


def _kept(place: Path) -> str:
    query = "select fullName, public from bitbucket_repo"
    command = shlex.join(["sqlite3", str(place / "graph.db"), query])
    return f"\nThe plans and the graph are in {place}; the graph has a view for each type:\n  {command}\n"


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        _make_empty(keep)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="bbsync-demo-") as directory:
        yield Path(directory)


def _make_empty(place: Path) -> None:
    """Make the directory; the story begins with an empty graph, so nothing may be in it."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        why = "It is not empty." if any(place.iterdir()) else ""
    except OSError as error:
        why = f"{error.strerror}."
    if why:
        raise SettingsError(
            f"{place} cannot keep the demo", why=why, next_step="Name a new directory.", code="BB-DEMO-PLACE"
        )


@contextmanager
def _bitbucket(invocation: Invocation) -> Iterator[tuple[Bitbucket, str]]:
    from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world  # an extra

    sizes = Sizes(repositories=8, members=9, projects=3, groups=2, pull_requests=14, old_pull_requests=40)
    world = make_world(8, sizes, datetime.fromtimestamp(invocation.clock(), UTC))
    consumers = [Consumer(key, secret, scopes=SCOPES) for key, secret in CONSUMERS.items()]
    bitbucket = Bitbucket(world, consumers=consumers)
    with serve(bitbucket.app) as origin:
        yield bitbucket, origin


def _settings(place: Path, origin: str, window: str) -> Settings:
    environ = {
        "BITBUCKET_URL": origin,
        "BITBUCKET_API_URL": origin,
        "BITBUCKET_WORKSPACE": WORKSPACE,
        "BITBUCKET_CLIENT_KEY": ",".join(CONSUMERS),
        "BITBUCKET_CLIENT_SECRET": ",".join(CONSUMERS.values()),
    }
    policy = place / "bbsync.toml"
    policy.write_text(
        POLICY.format(window=window, graph=place / "graph.db", state=f"sqlite:///{place / 'state.db'}"),
        encoding="utf-8",
    )
    return load_settings(config=policy, environ=environ)


@frozen
class _Story:
    invocation: Invocation
    settings: Settings
    bitbucket: Bitbucket
    place: Path

    def say(self, *lines: str) -> None:
        self.invocation.write("".join(f"{line}\n" for line in lines))

    def plan(self, name: str) -> None:
        self.say("", f"$ bbsync plan --out {name}", "")
        self.bitbucket.reset_calls()
        made = steps.plan(self.settings, self.invocation.around())
        write_private(self.place / name, partial(dump, made.plan, made.guards))
        show_plan(made.plan, made.guards, self.invocation)

    def apply(self, name: str) -> None:
        self.say("", f"$ bbsync apply {name}")
        saved = read(read_plan_file(self.place / name))
        applying.apply(saved.plan, self.settings, evolve(self.invocation.around(), say=_nothing), identity=saved.id)
        totals = saved.plan.entity_totals
        self.say(
            f"Apply complete! Resources: {totals.add} added, {totals.change + totals.move} changed,"
            f" {totals.destroy} destroyed."
        )

    def calls(self) -> None:
        refused = sum(status == 429 for _method, _path, status, _key in self.bitbucket.calls)
        total = len(self.bitbucket.calls)
        self.say("", f"   {total} calls, {refused} of them refused (429) and sent again by the next consumer.")


def _nothing(_line: str) -> None:
    """The demo tells its own story."""


def _tell(first: _Story, story: _Story) -> None:
    first.say(
        "bbsync demo: a made-up Bitbucket workspace on this machine, and an empty graph.",
        "",
        "1. The first plan reads 500 days of pull requests: everything is new.",
    )
    first.plan("first.json")
    first.apply("first.json")
    story.say("", "2. Life goes on in Bitbucket:", *(f"   - {line}" for line in _live_on(story.bitbucket)))
    story.say(
        "",
        "3. The second plan says exactly that, and why. From now on 24 hours of pull",
        "   requests are read: older ones stay, but for those whose repository is proven",
        "   gone. What cannot be read is withheld, not deleted.",
    )
    story.plan("second.json")
    story.calls()
    story.apply("second.json")
    story.say("", "4. The third plan finds nothing left to do, and says what could not be read.")
    story.plan("third.json")
    story.say("", "Next: bbsync sandbox (try it by hand), or the README for your own workspace.")


def _live_on(bitbucket: Bitbucket) -> Iterator[str]:
    """Change the workspace, and say what was changed."""
    from bbsync.sandbox.bitbucket.world import Account  # an extra

    renamed, deleted, revoked, denied, exposed = list(bitbucket.world.workspaces[0].repositories.values())[:5]
    change = partial(bitbucket.change, workspace=WORKSPACE)
    old = renamed.slug
    change("rename_repository", repository=old, to=f"{old}-next")
    yield f"{old} is renamed to {renamed.slug}"
    count, aged = len(deleted.pull_requests), _older_than_a_day(deleted, bitbucket.world.moment())
    change("delete_repository", repository=deleted.slug)
    yield f"{deleted.slug} is deleted, with {count} pull requests, {aged} of them older than a day"
    holder = next(grant.holder for grant in revoked.grants if isinstance(grant.holder, Account))
    change("revoke_permission", repository=revoked.slug, user=holder.uuid)
    yield f"{holder.display_name} loses a permission on {revoked.slug}"
    change("make_public", repository=exposed.slug)
    yield f"{exposed.slug} is made public"
    change("deny_repository", repository=denied.slug)
    yield f"{denied.slug} answers 403 to everything below it"
    bitbucket.calls_per_hour = len(bitbucket.calls) + LEFT
    yield f"the first consumer has about {LEFT} calls left in this hour"


def _older_than_a_day(repository: Repository, now: datetime) -> int:
    day_ago = now - timedelta(days=1)
    return sum(pull_request.updated_on < day_ago for pull_request in repository.pull_requests.values())
