"""The odd pull requests that real repositories have, each added by a function that says which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from bbsync.sandbox.bitbucket import events
from bbsync.sandbox.bitbucket.ids import account_id_of, hash_of, uuid_of
from bbsync.sandbox.bitbucket.world import Account, Commit, Moment, PullRequest, Repository, Workspace, World

_GONE = Account("Former user")


def _people(home: Repository) -> list[Account]:
    return [membership.account for membership in home.workspace.members if membership.account.uuid]


def _at(world: World, minutes: int) -> Moment:
    """A moment within the last hours, counted up from five hours ago."""
    return world.now - timedelta(hours=5) + timedelta(minutes=minutes)


def _commits(world: World, home: Repository, author: Account, count: int = 2, topic: str = "") -> list[Commit]:
    number = len(home.pull_requests) + 1
    return [
        events.new_commit(author, _at(world, -age), f"{topic or 'Step'} {count - age}", home.uuid, number)
        for age in range(count)
    ]


def _open(
    world: World, home: Repository, title: str, author: Account | None = None, reviewers: Sequence[Account] = ()
) -> PullRequest:
    someone = author or _people(home)[0]
    commits = _commits(world, home, someone)
    return events.open_pull_request(home, someone, title, commits, _at(world, 0), reviewers=reviewers)


# --- what its document lacks


def without_description(world: World, home: Repository) -> None:
    _open(world, home, "Without a description").description = None


def without_author(world: World, home: Repository) -> None:
    found = _open(world, home, "Without an author")
    found.author = None


def without_update_time(world: World, home: Repository) -> None:
    """Its answers lack `updated_on`; the list still finds it by its age."""
    _open(world, home, "Without a time of update").omitted = frozenset({"updated_on"})


def without_commits(world: World, home: Repository) -> None:
    """Its source branch is gone; the name stays."""
    found = _open(world, home, "Without commits")
    found.commits = []


def without_source_commit(world: World, home: Repository) -> None:
    found = _open(world, home, "Without a source commit")
    found.source.hash, found.destination.hash = None, None


# --- who takes part in it


def of_closed_accounts(world: World, home: Repository) -> None:
    """Author, reviewer and approver have no uuid any more, and neither has one of its commits an account."""
    found = _open(world, home, "Of closed accounts", _GONE, [_GONE])
    events.approve(found, Account("Former user"), _at(world, 10))
    for commit in found.commits or ():
        commit.account = None


def of_team(world: World, home: Repository) -> None:
    """Its author is a workspace in the clothes of an account."""
    place = home.workspace
    _open(world, home, "Of a team", Account(place.name, place.uuid, None, place.slug, "team"))


def of_app(world: World, home: Repository) -> None:
    """Its author is a bot, which has no nickname."""
    bot = Account("Build Bot", uuid_of(world.seed, "bot"), account_id_of(world.seed, "bot"), None, "app_user")
    _open(world, home, "Of an app", bot)


def of_outsider(world: World, home: Repository) -> None:
    """Author and approver are in no workspace that we see."""
    outsider = Account(
        "An Outsider", uuid_of(world.seed, "account", "outsider"), account_id_of(world.seed, "outsider"), "outsider"
    )
    found = _open(world, home, "Of an outsider", outsider, [outsider])
    events.approve(found, outsider, _at(world, 10))


def approved_by_its_author(world: World, home: Repository) -> None:
    found = _open(world, home, "Approved by its author")
    events.approve(found, _people(home)[0], _at(world, 10))


def with_unknown_commit_author(world: World, home: Repository) -> None:
    """One commit's e-mail address belongs to no account."""
    found = _open(world, home, "With an unknown commit author", reviewers=_people(home)[1:2])
    for commit in (found.commits or ())[:1]:
        commit.account, commit.raw = None, "root <root@localhost>"
    events.approve(found, _people(home)[1], _at(world, 10))


# --- what happened to it


def approved_twice(world: World, home: Repository) -> None:
    """The same person approves, a push follows, the same person approves again: every day."""
    author, judge = _people(home)[:2]
    found = _open(world, home, "Approved, pushed to, approved again", reviewers=[judge])
    events.approve(found, judge, _at(world, 10))
    events.push(found, _commits(world, home, author, 1, "After approval"), _at(world, 20))
    events.approve(found, judge, _at(world, 30))


def force_pushed_after_approval(world: World, home: Repository) -> None:
    """What was approved is no longer there."""
    author, judge = _people(home)[:2]
    found = _open(world, home, "Approved, then pushed by force", reviewers=[judge])
    events.approve(found, judge, _at(world, 10))
    events.force_push(found, _commits(world, home, author, 2, "Rewritten"), _at(world, 20))


def merged_and_nothing_else(world: World, home: Repository) -> None:
    """Its activity holds only the merge."""
    found = _open(world, home, "Merged, and nothing else")
    found.happenings.clear()
    events.merge(found, _people(home)[0], _at(world, 10))


def merged_then_approved(world: World, home: Repository) -> None:
    author, judge = _people(home)[:2]
    found = _open(world, home, "Merged, then approved", author, [judge])
    events.merge(found, author, _at(world, 10))
    events.approve(found, judge, _at(world, 20))


def changes_requested_then_approved(world: World, home: Repository) -> None:
    judge = _people(home)[1]
    found = _open(world, home, "Changes requested, then approved", reviewers=[judge])
    events.request_changes(found, judge, _at(world, 10))
    events.approve(found, judge, _at(world, 20))


# --- where it comes from


def from_fork_named_like_a_neighbour(world: World, home: Repository) -> None:
    """Its commits are in a fork, and the fork's slug is that of another repository of the workspace."""
    author, judge = _people(home)[:2]
    neighbour = next((some for some in home.workspace.slugs.values() if some is not home), home)
    fork = _fork(world, home, neighbour.slug)
    commits = _commits(world, fork, author, 2, "In the fork")
    found = events.open_pull_request(
        home, author, "From a fork", commits, _at(world, 0), source=fork, reviewers=[judge]
    )
    events.approve(found, judge, _at(world, 10))


def from_deleted_fork(world: World, home: Repository) -> None:
    """One was merged before and keeps its commits; one was open, and they are gone."""
    author, judge = _people(home)[:2]
    merged = _open(world, home, "From a fork that was deleted after the merge", reviewers=[judge])
    events.approve(merged, judge, _at(world, 10))
    events.merge(merged, author, _at(world, 20))
    left = _open(world, home, "From a fork that was deleted")
    merged.source.repository = left.source.repository = None
    left.commits = None


def _fork(world: World, home: Repository, slug: str) -> Repository:
    made = world.now - timedelta(days=30)
    owner = Workspace(uuid_of(world.seed, "forker"), "forker", "Forker", made, made, visible=False)
    uuid = uuid_of(world.seed, "forker", slug)
    fork = Repository(uuid, slug, slug, owner, made, made, hash_of("root", uuid), parent=home)
    owner.add(fork)
    world.workspaces.append(owner)
    return fork


# --- how big it is, and how it is worded


def with_250_commits(world: World, home: Repository) -> None:
    author = _people(home)[0]
    commits = _commits(world, home, author, 250)
    events.open_pull_request(home, author, "With 250 commits", commits, _at(world, 0))


def with_300_comments(world: World, home: Repository) -> None:
    """The approval is the oldest entry but one of a long feed."""
    author, judge = _people(home)[:2]
    found = _open(world, home, "With 300 comments", author, [judge])
    events.approve(found, judge, _at(world, 1))
    for minute in range(300):
        events.comment(found, author, _at(world, 1) + timedelta(seconds=minute + 1), f"Comment {minute}")


def with_hostile_title(world: World, home: Repository) -> None:
    """It tries terminals, Markdown and HTML."""
    found = _open(world, home, "\x1b[2J\x1b[31mred\x1b[0m <img src=x onerror=alert(1)> [link](javascript:alert(1))")
    found.description = "\u202eright to left\u202c \u0000 `code` | table |"


def with_long_title(world: World, home: Repository) -> None:
    """Longer than a property may be."""
    _open(world, home, "מאוד ארוך " * 600).description = "x" * 5000


ODDITIES: tuple[Callable[[World, Repository], None], ...] = (
    without_description,
    without_author,
    without_update_time,
    without_commits,
    without_source_commit,
    of_closed_accounts,
    of_team,
    of_app,
    of_outsider,
    approved_by_its_author,
    with_unknown_commit_author,
    approved_twice,
    force_pushed_after_approval,
    merged_and_nothing_else,
    merged_then_approved,
    changes_requested_then_approved,
    from_fork_named_like_a_neighbour,
    from_deleted_fork,
    with_250_commits,
    with_300_comments,
    with_hostile_title,
    with_long_title,
)
