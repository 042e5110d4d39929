"""The picture of the change: what is drawn, for one repository and for thousands."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings

from bbsync.observation import Proof
from bbsync.plan import Change, Origin, Plan, Reason
from bbsync.show.page.changes import MARKS
from bbsync.show.page.picture import BAR, MOST_PLACES, Picture, picture
from tests.show.page_example import EXAMPLE
from tests.show.worked_example import LEGACY, NOTHING, REPOSITORIES, changed, entity, tied
from tests.strategies import plans


def drawn(plan: Plan) -> Picture:
    """The picture of a plan that changes something."""
    found = picture(plan)
    assert found is not None
    return found


def repositories(count: int) -> Plan:
    """A plan that changes so many repositories, and deletes the last."""
    rows = [
        changed("repository", f"{{repository-{number}}}", f"acme/{number:04}", {"public": False}, {"public": True})
        for number in range(count - 1)
    ]
    gone = entity("repository", LEGACY, {"fullName": "acme/legacy-ui"})
    last = Change(gone, None, "acme/legacy-ui", Reason.ABSENT, proof=Proof(REPOSITORIES, 9, 1, 404))
    return Plan(Origin(workspaces=("acme",)), entities=(*rows, last))


def test_no_change_has_no_picture() -> None:
    """There is nothing to draw."""
    assert picture(NOTHING) is None


def test_one_repository_is_one_row() -> None:
    """Its workspace, itself, and a bar."""
    found = drawn(repositories(1))

    assert [(box.label, box.mark) for box in found.boxes] == [
        ("acme", "still"),
        ("acme/legacy-ui", "delete"),
        ("1 repository", "delete"),
    ]
    assert [line.figures for line in found.lines] == ["−1"]  # noqa: RUF001 - a real minus sign


def test_thousands_are_grouped() -> None:
    """The places with deletes are drawn first, the small rest is one row, and nothing is lost."""
    found = drawn(repositories(3_000))

    assert len(found.lines) == MOST_PLACES + 1
    assert "acme/legacy-ui" in {box.label for box in found.boxes}
    assert found.lines[-1].place == f"{3_000 - MOST_PLACES} more places, not to scale"
    assert sum(sum(line.counts.values()) for line in found.lines) == 3_000


def test_what_hangs_below_a_repository_counts_for_it() -> None:
    """The deleted repository of the example takes seven others with it, and is as red as they are."""
    lines = {line.place: line for line in drawn(EXAMPLE).lines}

    assert lines["acme / acme/legacy-ui"].counts["delete"] == 8
    assert lines["acme / acme/api"].counts["withheld"] == 5
    assert lines["acme"].counts["add"] == 1


def test_repositories_stand_in_their_project() -> None:
    """Where the plan ties a repository to a project, the picture does."""
    tie = Change(
        None, tied("bitbucket_project_has_repo", "{web-project}", LEGACY), "WEB HAS acme/legacy-ui", Reason.NEW
    )
    plan = Plan(Origin(workspaces=("acme",)), entities=repositories(1).entities, relationships=(tie,))

    assert [line.place for line in drawn(plan).lines] == ["acme / WEB / acme/legacy-ui"]


@settings(deadline=None)
@given(plans())
def test_every_change_is_in_the_picture(plan: Plan) -> None:
    """The numbers of the rows add up to those of the plan."""
    found = picture(plan)

    wanted = Counter(MARKS[change.action] for change in plan.entities)
    wanted["withheld"] = sum(len(one.keys) for one in plan.withheld)
    rows = Counter[str]()
    for line in found.lines if found else ():
        rows.update(line.counts)
    assert rows == wanted


@settings(deadline=None)
@given(plans())
def test_everything_is_inside(plan: Plan) -> None:
    """No box leaves the picture, and no two bars' pieces lie on each other."""
    found = picture(plan)

    for box in found.boxes if found else ():
        assert found
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= found.width
        assert box.y + box.height <= found.height
    pieces = sorted((box.y, box.x, box.width) for box in (found.boxes if found else ()) if box.x >= BAR)
    for (y, x, width), (next_y, next_x, _) in pairwise(pieces):
        assert y != next_y or x + width <= next_x
