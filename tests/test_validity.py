"""Whether a plan still fits, and what is said where it does not."""

from __future__ import annotations

import pytest
from run_rig import put, with_property
from small_world import NEW_PULL_REQUEST, ORIGIN, entity

from bbsync.graph import Graph
from bbsync.plan import Change, Plan, Reason
from bbsync.target import Snapshot
from bbsync.validity import Moved, standings

OLD = entity("pull_request", "acme/web/pull-requests/2", id="2")
NEW = entity("pull_request", NEW_PULL_REQUEST, id="2")
PLAN = Plan(ORIGIN, entities=(Change(OLD, NEW, "acme/web #2", Reason.ADOPTED),))


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        (put(with_property(OLD, title="By hand"))(Graph()), "changed: title"),
        (put(with_property(OLD, title="By hand"), NEW)(Graph()), "changed: title"),
        (Graph(), "gone"),
    ],
)
def test_what_moves_to_another_key_is_told_by_the_old_one(graph: Graph, why: str) -> None:
    """Under the new key there is nothing yet, which is no reason to say that it is gone."""
    moved = standings(PLAN, Snapshot(graph))

    assert moved == Moved(1, (f"acme/web #2 ({why})",))
