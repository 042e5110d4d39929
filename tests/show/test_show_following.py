"""What follows a rename, what is replaced, and what a row says beside the name."""

from __future__ import annotations

import re
from typing import Any

from attrs import evolve

from bbsync.graph import Entity, Properties
from bbsync.observation import Proof
from bbsync.plan import Change, Kept, Origin, Plan, Reason, Totals
from bbsync.show.cascade import largest_cause
from bbsync.show.text import text
from tests.show.worked_example import MADE, PLAN, REPOSITORIES, WEB, added, cascaded, changed, entity, tied

MOVE = Change(
    entity("repository", WEB, {"fullName": "acme/web", "slug": "web", "public": False}),
    entity("repository", WEB, {"fullName": "acme/site", "slug": "site", "public": True}),
    "acme/site",
    Reason.RENAMED,
    was="acme/web",
)


def below(number: int, before: Properties, after: Properties) -> Change[Entity]:
    """A changed pull request of the repository that moves."""
    return changed("pull_request", f"{WEB}/pull-requests/{number}", f"acme/site #{number}", before, after)


def shown(*changes: Change[Entity], full: bool = False, **more: Any) -> str:
    """A plan of these changes as text."""
    plan = Plan(Origin(created_at=MADE), entities=changes, **more)
    return text(plan, width=100, colour=False, unicode=True, full=full)


ECHO = below(
    1, {"repository": "acme/web", "webLink": "/acme/web/1"}, {"repository": "acme/site", "webLink": "/acme/site/1"}
)
OWN = below(2, {"repository": "acme/web", "state": "OPEN"}, {"repository": "acme/site", "state": "MERGED"})


def test_what_only_takes_on_a_new_name_is_counted() -> None:
    """A rename does not bury what happened under one row for every pull request."""
    seen = shown(MOVE, ECHO, OWN)

    assert "Change (2)\n" in seen
    assert "acme/site #1" not in seen
    assert "acme/site #2" in seen
    assert "    1 follows a move and takes on the new name, no more\n" in seen


def test_full_lists_what_takes_on_a_new_name() -> None:
    """Nothing is left out of the whole."""
    assert "acme/site #1" in shown(MOVE, ECHO, OWN, full=True)


def test_a_rename_says_once_that_it_is_one() -> None:
    """The slug follows from the title of the row; that the repository became public does not."""
    seen = shown(MOVE)

    assert "slug" not in seen
    assert "public  false → true" in seen


def test_a_move_says_what_follows() -> None:
    """What stays below is counted, the kept and the changed, and that none of it goes."""
    kept = (
        Kept("bitbucket_pullrequest", "outside_window", 60, (("acme/site", 57), ("acme/api", 3))),
        Kept("bitbucket_permission", "out_of_scope", 2, (("acme/site", 2),)),
    )

    seen = shown(MOVE, ECHO, OWN, kept=kept)

    assert "      59 pull requests follow; none is deleted; 1 takes on the new name\n" in seen


def test_a_move_below_which_something_goes_does_not_say_that_nothing_does() -> None:
    """A permission was taken away in the same breath."""
    gone = Change(entity("permission", f"{WEB}/permissions/eng", {}), None, "acme/site · eng", Reason.ABSENT)

    seen = shown(MOVE, OWN, gone)

    assert "      1 pull request follows\n" in seen


def test_a_move_that_nothing_follows_says_nothing() -> None:
    """No empty sentence."""
    assert "follow" not in shown(MOVE)


def test_the_same_name_under_another_key_is_a_replacement() -> None:
    """Who deletes a repository and makes one of the same name sees one row with what goes."""
    old = entity("repository", "{legacy-ui-repository}", {"fullName": "acme/legacy-ui"})
    gone = Change(old, None, "acme/legacy-ui", Reason.ABSENT, proof=Proof(REPOSITORIES, 9, 1, 404))
    anew = added("repository", "{another-key}", "acme/legacy-ui", {"fullName": "acme/legacy-ui"})

    blocks = shown(gone, cascaded("permission", "permissions/eng", "acme/legacy-ui · eng"), anew).split("\n\n")

    assert [block.partition("\n")[0] for block in blocks[2:-1]] == ["Replace (1)"]
    assert [re.sub(r"(?<=\S)  +", "  ", line) for line in blocks[2].split("\n")][1:] == [
        "  -/+ repository acme/legacy-ui  same name, another key",
        "      the old one is not in the complete listing of 9, then 404",
        "    └─ 1 permission  eng",
    ]


def test_two_people_of_one_name_are_two_people() -> None:
    """Only what no two share is a name that can be replaced."""
    gone = Change(entity("user", "{one-account}", {}), None, "Dana Ito", Reason.ABSENT)

    seen = shown(gone, added("user", "{another-account}", "Dana Ito"))

    assert "Replace" not in seen
    assert "Add (1)\n" in seen
    assert "Delete (1)\n" in seen


def test_a_name_that_comes_twice_replaces_nothing() -> None:
    """Nobody could say which of the two it is."""
    gone = Change(entity("project", "{one-project}", {}), None, "WEB", Reason.ABSENT)
    twice = (added("project", f"{{project-{number}}}", "WEB") for number in range(2))

    assert "Replace" not in shown(gone, *twice)


def test_a_new_repository_names_its_project() -> None:
    """The tie to the project is among those that nobody sees because the repository is new."""
    tie = Change(None, tied("bitbucket_project_has_repo", "{plat}", WEB), "PLAT HAS acme/web", Reason.NEW)

    seen = shown(added("repository", WEB, "acme/web"), relationships=(tie,))

    assert "+ repository acme/web  project PLAT" in re.sub("  +", "  ", seen)


def test_a_pull_request_shows_its_title() -> None:
    """A number alone tells nobody what it is about; a long title is cut."""
    seen = shown(
        added("pull_request", f"{WEB}/pull-requests/1", "acme/web #1", {"title": "Sell tea"}),
        added("pull_request", f"{WEB}/pull-requests/2", "acme/web #2", {"title": "tea " * 40}),
    )

    assert '"Sell tea"' in seen
    assert max(map(len, seen.split("\n"))) <= 100
    assert "tea te…" in seen


def test_names_that_repeat_each_other_are_said_once() -> None:
    """What people call it stands in up to three properties."""
    before: Properties = {"name": "A", "title": "A", "displayName": "#1 A"}
    after: Properties = {"name": "B", "title": "B", "displayName": "#1 B"}

    seen, full = (shown(below(1, before, after), full=full) for full in (False, True))

    assert 'title  "A" → "B"' in seen
    assert "displayName" not in seen
    assert "displayName" in full


def test_a_guard_names_the_largest_cause() -> None:
    """The delete that takes most with it; none where nothing takes anything."""
    assert largest_cause(PLAN) == "Largest cause: repository acme/legacy-ui is gone, and 7 with it."
    assert largest_cause(evolve(PLAN, entities=(), entity_totals=Totals())) == ""
