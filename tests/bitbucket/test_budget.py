"""How many requests a run may send."""

from __future__ import annotations

import re

import pytest
from observing_rig import API, Bitbucket, bitbucket_of, connection_to, of_type, run

from bbsync.bitbucket.answers import Unreadable
from bbsync.bitbucket.budget import Budget, BudgetSpent
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.settings import LimitSettings, refuse_small_budget
from bbsync.errors import SettingsError
from bbsync.graph import Graph
from bbsync.sandbox.bitbucket import Fault


@pytest.fixture(name="bitbucket")
def _bitbucket() -> Bitbucket:
    return bitbucket_of()


@pytest.fixture(name="before")
def _before(bitbucket: Bitbucket) -> Graph:
    """The graph as it was before the world changed."""
    before = run(bitbucket).after
    bitbucket.reset_calls()
    return before


def test_without_a_budget_there_is_no_end() -> None:
    """Zero sets no bound."""
    budget = Budget()

    for _ in range(10_000):
        budget.spend()

    assert budget.spent == 10_000


@pytest.mark.parametrize("calls", [6, 7, 10, 13, 15])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_run_ends_at_its_budget_and_deletes_nothing_that_a_whole_one_would_not(
    bitbucket: Bitbucket, before: Graph, calls: int, concurrency: int
) -> None:
    """Exactly so many requests are sent; what was not asked is withheld, with the reason."""
    bitbucket.change("delete_repository", workspace="acme", repository="web")
    limits = LimitSettings(concurrency=concurrency, calls_per_hour=100_000, calls_budget=calls)

    found = run(bitbucket, before, limits=limits, concurrency=concurrency)
    sent = len(bitbucket.calls)
    whole = run(bitbucket, before)

    assert sent == calls
    assert not found.plan.is_complete
    assert "BB-FETCH-BUDGET" in found.codes
    assert found.deleted <= whole.deleted


def test_a_budget_that_suffices_changes_nothing(bitbucket: Bitbucket, before: Graph) -> None:
    """A run that needs no more than it may is a whole one."""
    needed = run(bitbucket, before) and len(bitbucket.calls)
    limits = LimitSettings(concurrency=4, calls_per_hour=100_000, calls_budget=needed)

    found = run(bitbucket, before, limits=limits)

    assert found.gaps == ()
    assert found.plan.is_empty


def test_what_was_read_before_the_end_is_planned(bitbucket: Bitbucket) -> None:
    """The workspace and its repositories are in the graph already, their pull requests are not yet."""
    found = run(bitbucket, limits=LimitSettings(concurrency=1, calls_budget=7), concurrency=1)

    assert len(of_type(found.after, "repo")) == 3
    assert of_type(found.after, "pullrequest") == []


def test_repetitions_count(bitbucket: Bitbucket) -> None:
    """A server in trouble cannot make a run ask more often than it may."""
    bitbucket.faults.append(Fault("/2.0/workspaces/acme$", status=503))
    with connection_to(bitbucket.app, LimitSettings(calls_budget=3)) as connection:
        reader = Reader(connection.http, API)

        with pytest.raises(Unreadable) as caught:
            reader.get("/2.0/workspaces/acme")

    assert caught.value.code == "BB-FETCH-BUDGET"
    assert [status for *_, status, _key in bitbucket.calls] == [200, 503, 503]


def test_a_budget_that_tokens_use_up_is_a_sentence(bitbucket: Bitbucket) -> None:
    """Before anything is read there is nothing to plan with."""
    bitbucket.faults.append(Fault("/access_token", status=503))

    with (
        connection_to(bitbucket.app, LimitSettings(calls_budget=2)) as connection,
        pytest.raises(BudgetSpent, match=r"has made the 2 calls that it may \(BB-BUDGET\)\. .* calls_budget"),
    ):
        connection.validate(pull_requests=True)

    assert len(bitbucket.calls) == 2


@pytest.mark.parametrize(("consumers", "workspaces", "smallest"), [(1, 1, 6), (2, 1, 7), (1, 3, 16)])
def test_a_budget_that_cannot_be_met_is_refused_with_the_one_that_can(
    consumers: int, workspaces: int, smallest: int
) -> None:
    """A token each, and five calls a workspace; zero is no budget."""
    refuse_small_budget(0, consumers=consumers, workspaces=workspaces)
    refuse_small_budget(smallest, consumers=consumers, workspaces=workspaces)

    with pytest.raises(SettingsError, match=re.escape(f"Set calls_budget in [limits] to {smallest} or more")):
        refuse_small_budget(smallest - 1, consumers=consumers, workspaces=workspaces)
