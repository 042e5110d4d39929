"""Ownership: which part of the graph is ours, and how one asks for it."""

from __future__ import annotations

import pytest

from bbsync.errors import SettingsError
from bbsync.jupiterone.ownership import Ownership, quoted

SCOPE = Ownership.of_scope("bbsync")
INSTANCE = Ownership.of_instance("1234")


@pytest.mark.parametrize(
    ("ownership", "metadata", "holds", "marks", "of_others"),
    [
        (SCOPE, {"_scope": "bbsync", "_source": "api"}, True, True, False),
        (SCOPE, {"_scope": "bbsync", "_source": "system-mapper"}, True, False, False),
        (SCOPE, {"_scope": "bbsync"}, True, False, True),
        (SCOPE, {"_scope": "else", "_source": "api"}, False, True, False),
        (SCOPE, {"_source": "api"}, False, True, False),
        (INSTANCE, {"_integrationInstanceId": "1234", "_source": "integration-external"}, True, True, False),
        (INSTANCE, {"_integrationInstanceId": "1234", "_source": "integration-managed"}, True, True, False),
        (INSTANCE, {"_integrationInstanceId": "1234", "_source": "api"}, True, False, True),
        (INSTANCE, {"_scope": "1234", "_source": "integration-external"}, False, True, False),
    ],
)
def test_place_and_marker_are_two_things(
    ownership: Ownership, metadata: dict[str, str], holds: bool, marks: bool, of_others: bool
) -> None:
    """An element lies in our part by its scope or instance, and by its source is ours, somebody else's, or neither."""
    assert ownership.holds(metadata) is holds
    assert ownership.marks(metadata) is marks
    assert ownership.is_of_others(metadata) is of_others


def test_jobs_are_created_in_our_part_alone() -> None:
    """A scope goes with source api, an instance with integration-external; both compare everything."""
    assert SCOPE.job == {"source": "api", "scope": "bbsync", "syncMode": "DIFF"}
    assert INSTANCE.job == {"source": "integration-external", "integrationInstanceId": "1234", "syncMode": "DIFF"}


def test_conditions_name_our_part() -> None:
    """The query's condition is the scope or the instance."""
    assert SCOPE.condition == "_scope = 'bbsync'"
    assert INSTANCE.condition == "_integrationInstanceId = '1234'"


@pytest.mark.parametrize(("text", "spelt"), [("a b-c.d", "'a b-c.d'"), ("it's", '"it\'s"'), ('so "it"', "'so \"it\"'")])
def test_text_is_quoted(text: str, spelt: str) -> None:
    """A quote inside is held by the other kind of quotes."""
    assert quoted(text) == spelt


@pytest.mark.parametrize("text", ["'\"", "back\\slash", "new\nline", "zero\0"])
def test_text_that_cannot_be_quoted_is_refused(text: str) -> None:
    """No scope can change what a query means."""
    with pytest.raises(SettingsError, match="plain name"):
        quoted(text)
