"""The questions that come with bbsync: each is J1QL, speaks of what bbsync writes, and finds what it should.

These are the queries on specs/questions.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.query import pages
from bbsync.kinds import KINDS
from bbsync.questions import PACK, Question, questions_in
from bbsync.sandbox.jupiterone.j1ql import parse
from bbsync.sandbox.jupiterone.queries import Both, Comparison, Condition, Either, Literal, Query, Target
from tests.jupiterone.jupiterone_rig import client_for
from tests.kinds.documented import made, raw_items
from tests.questions.asked_world import DAY, NOW, ago, asked_account

QUESTIONS = {question.name: question for question in questions_in(PACK)}

#: What JupiterOne has beside the types of ours.
FOREIGN_CLASSES = {"Person"}

#: The rows that each question finds, without their links.
ROWS: dict[str, set[tuple[object, ...]]] = {
    "direct_write_access": {("ada", "admin", "acme/vault"), ("bob", "write", "acme/site")},
    "dormant_repositories": {("acme/old", ago(400))},
    "groups_that_get_new_repositories": {("admins", "admin", 1), ("newcomers", "write", 1)},
    "groups_that_take_everybody": {("newcomers", "write")},
    "groups_without_members": {("ghosts", None)},
    "inactive_users_with_access": {("eve", "read", "acme/vault")},
    "merged_after_approved_commits_removed": {("acme/site", "#3", "bob")},
    "merged_against_requested_changes": {("acme/site", "#5", "bob")},
    "merged_without_approval": {("acme/site", "#2", "bob")},
    "outsiders_with_write_access": {("acme/old", "old/outsider")},
    "public_forks_allowed": {("acme/old",)},
    "public_projects": {("acme", "OPEN", "Open")},
    "public_repositories": {("acme/site", "acme"), ("acme/leak", "acme")},
    "public_repositories_of_private_projects": {("Secret", "acme/leak")},
    "repositories_open_to_force_pushes": {("acme/leak",), ("acme/old",)},
    "repositories_that_merge_unapproved": {("acme/leak", "main"), ("acme/old", "main")},
    "repositories_without_project": {("acme/old",)},
    "repositories_without_restrictions": {("acme/leak", "main")},
    "repository_admin_groups": {("acme/vault", "admins", "ada")},
    "repository_admins": {("acme/vault", "ada")},
    "self_approved": {("acme/site", "#4", "bob")},
    "stale_pull_requests": {("acme/site", "#6", "bob", ago(31))},
    "unapproved_merges_by_repository": {("acme/site", 1)},
    "unknown_committers": {("acme/site", "#6", "OPEN")},
    "users_who_push_past_review": {("acme/site", "site/push", "ada")},
    "users_without_employee": {("bob", "bob", "member")},
    "workspace_owners": {("ada", "ada")},
}


@pytest.fixture(name="client", scope="module")
def _client() -> Iterator[JupiterOneClient]:
    """A client of the account in which everything is asked."""
    with client_for(asked_account().app) as client:
        yield client


def rows_of(client: JupiterOneClient, query: str) -> list[dict[str, object]]:
    """Every row that JupiterOne answers."""
    return [row for page in pages(client, query) for row in page]


def test_every_question_is_tried() -> None:
    """A new question comes with the rows that it should find."""
    assert set(ROWS) == set(QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_finds_exactly_what_it_should(client: JupiterOneClient, name: str) -> None:
    """JupiterOne answers with these rows, and passes over what is much like them."""
    found = rows_of(client, QUESTIONS[name].query)

    rows = [tuple(value for column, value in row.items() if column != "link") for row in found]
    assert set(rows) == ROWS[name]
    assert len(rows) == len(ROWS[name])


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_passes_over_something(client: JupiterOneClient, name: str) -> None:
    """There is at least one entity that the question could have found, and does not."""
    query = QUESTIONS[name].query
    start, alias = parse(query).start, parse(query).start.alias

    everything = rows_of(client, f"FIND {start.names[0]}")
    found = rows_of(client, f"{query.partition(' RETURN ')[0]} RETURN {alias}")

    assert 0 < len(found) < len(everything)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_speaks_of_what_bbsync_writes(name: str) -> None:
    """Every type, verb and property is one that the kinds write; a typing error would be an alert that never comes."""
    query = parse(QUESTIONS[name].query)
    types, classes = set(KINDS.by_type), {each for kind in KINDS for each in kind.entity.classes} | FOREIGN_CLASSES
    verbs = {tie.verb for kind in KINDS for tie in kind.relationship_types} | {"IS"}

    for target in targets(query):
        assert set(target.names) <= types | classes
        assert properties_asked(target, query) <= written(target.names[0])
    assert {verb for step in query.steps for verb in step.verbs} <= verbs


def test_alerts_are_looked_at_no_more_than_questions_deserve() -> None:
    """An alert says how bad it is; the worst are looked at most often, and none needs an aggregate."""
    alerting = [question for question in QUESTIONS.values() if question.alert]

    assert len(alerting) >= 12
    assert not any("count(" in question.query for question in alerting)


def test_every_question_says_what_it_is_good_for() -> None:
    """A title without a full stop, one sentence with one, and tags to find it by."""
    for question in QUESTIONS.values():
        assert question.title.startswith("Bitbucket: ")
        assert not question.title.endswith(".")
        assert question.purpose.endswith(".")
        assert question.tags


def test_dates_are_as_far_away_as_they_say() -> None:
    """The stand-in reckons `date.now` from the account's clock."""
    query = parse(QUESTIONS["stale_pull_requests"].query, clock=lambda: NOW)

    (moment,) = [one for one in comparisons(query.start.condition) if one.operator == "<"]

    assert moment.operands == (Literal((NOW - 30 * DAY) * 1000),)


def targets(query: Query) -> list[Target]:
    """Everything that the query finds, or follows to."""
    return [query.start, *(step.target for step in query.steps)]


def comparisons(condition: Condition | None) -> list[Comparison]:
    """Every comparison of a condition."""
    match condition:
        case Comparison():
            return [condition]
        case Both(parts) | Either(parts):
            return [one for part in parts for one in comparisons(part)]
        case _:
            return []


def properties_asked(target: Target, query: Query) -> set[str]:
    """The properties that the query names of a target: in its condition, in RETURN and in ORDER BY."""
    asked = {one.path[0] for one in comparisons(target.condition)}
    paths = [*(column.path for column in query.columns), query.order_by]
    return asked | {path[1] for path in paths if len(path) == 2 and path[0] == target.alias}


def written(entity_type: str) -> set[str]:
    """The properties that the kinds write, of documented items."""
    if entity_type in FOREIGN_CLASSES:
        return set()
    kind = KINDS.by_type[entity_type]
    return {name for raw in raw_items(kind) for name in made(kind, raw).properties}


def test_no_two_questions_are_alike() -> None:
    """Every title and every query is there once."""
    questions: list[Question] = list(QUESTIONS.values())

    assert len({question.title for question in questions}) == len(questions)
    assert len({question.query for question in questions}) == len(questions)
