"""The recorded runs are replayed without any service, and hold no secret."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from attrs import evolve
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.request import Request
from vcr.serializers import yamlserializer

from bbsync.plan import Change
from bbsync.target import Counters
from tests.record_cassettes import CASSETTES, FOLDER, ORIGINS, SCRUBBED, SECRETS, WORLD, played, run, same_call
from tests.run_rig import Rig, rig_at

#: How many interactions a cassette may have: each is compared with each.
MOST = 60

ENTITIES = {
    "bitbucket_branch_restriction": 3,
    "bitbucket_group": 1,
    "bitbucket_permission": 6,
    "bitbucket_project": 1,
    "bitbucket_pullrequest": 2,
    "bitbucket_repo": 3,
    "bitbucket_user": 3,
    "bitbucket_workspace": 1,
}
RELATIONSHIPS = {
    "bitbucket_branch_restriction_allows_group": 3,
    "bitbucket_branch_restriction_allows_user": 3,
    "bitbucket_group_has_permission": 3,
    "bitbucket_group_has_user": 2,
    "bitbucket_project_has_repo": 3,
    "bitbucket_repo_allows_permission": 6,
    "bitbucket_repo_has_branch_restriction": 3,
    "bitbucket_repo_has_pullrequest": 2,
    "bitbucket_user_approved_pullrequest": 2,
    "bitbucket_user_is_person": 3,
    "bitbucket_user_has_permission": 3,
    "bitbucket_user_opened_pullrequest": 2,
    "bitbucket_workspace_has_group": 1,
    "bitbucket_workspace_has_user": 3,
    "bitbucket_workspace_owns_project": 1,
    "bitbucket_workspace_owns_repo": 3,
}

TOKEN_SHAPED = re.compile(
    r"bearer\s+\S{6,}|basic\s+[a-z0-9+/=]{8,}|\beyJ[\w-]{8,}|\btoken-\d+-\w+|authorization|set-cookie|"
    rf'"(?:access_token|refresh_token|client_secret|api_key)": ?"(?!{SCRUBBED}")|'
    r"x-amz-signature|x-consumer-client-id|x-app-key",
    re.IGNORECASE,
)


def texts(name: str) -> list[str]:
    """Every body of a cassette, of requests and of answers."""
    interactions = yamlserializer.deserialize((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["interactions"]
    return [
        body
        for each in interactions
        for body in (each["request"]["body"], each["response"]["body"]["string"])
        if body not in ("", None)
    ]


def away_from(rig: Rig) -> Rig:
    """The same settings, but for the addresses: nothing is served at those of the cassettes."""
    return evolve(rig, origins=ORIGINS)


def by_type(changes: Iterable[Change]) -> dict[str, int]:
    """How many changes of each type."""
    return dict(sorted(Counter(change.element.type for change in changes).items()))


@pytest.mark.parametrize(("name", "target"), CASSETTES.items())
def test_replayed_run_makes_the_plan_that_was_recorded(tmp_path: Path, name: str, target: str) -> None:
    """From the cassette alone comes the whole plan, and it is applied; no service is asked, no answer is left over."""
    with rig_at(tmp_path, WORLD, target=target) as served, played(name) as cassette:
        made, outcome = run(away_from(served))

    assert by_type(made.plan.entities) == ENTITIES
    assert by_type(made.plan.relationships) == RELATIONSHIPS
    assert outcome.counted == Counters(
        entities_created=sum(ENTITIES.values()), relationships_created=sum(RELATIONSHIPS.values())
    )
    assert cassette.all_played
    assert (served.bitbucket.calls, served.jupiterone.calls) == ([], [])


def test_both_cassettes_are_of_the_same_world(tmp_path: Path) -> None:
    """Whatever the target, the answers of Bitbucket make the same changes."""
    plans = []
    for name, target in CASSETTES.items():
        with rig_at(tmp_path, WORLD, target=target) as served, played(name):
            plans.append(run(away_from(served))[0].plan)

    assert plans[0].entities == plans[1].entities
    assert plans[0].relationships == plans[1].relationships


def test_request_that_was_not_recorded_is_refused(tmp_path: Path) -> None:
    """A run that asks for something else gets no answer from anywhere."""
    with rig_at(tmp_path, WORLD) as served, played("local"):
        elsewhere = away_from(served)
        elsewhere.clock.now -= 60

        with pytest.raises(CannotOverwriteExistingCassetteException):
            elsewhere.plan()


@pytest.mark.parametrize("name", CASSETTES)
def test_no_secret_is_in_a_cassette(name: str) -> None:
    """Neither what the recorder used to sign in, nor anything that looks like a token."""
    recorded = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")

    assert not [secret for secret in SECRETS if secret in recorded]
    assert not TOKEN_SHAPED.findall(recorded)


@pytest.mark.parametrize(
    "leak",
    [
        "Authorization: Bearer abcdef0123456789",
        "authorization:\n- Basic cmlnLWNvbnN1bWVy",
        '{"access_token":"token-1-0a1b2c"}',
        '{"refresh_token": "0a1b2c"}',
        "eyJhbGciOiJIUzI1NiJ9",
        "set-cookie: session=1",
    ],
)
def test_leaks_would_be_noticed(leak: str) -> None:
    """What the search looks for is what tokens look like."""
    assert TOKEN_SHAPED.search(leak)


@pytest.mark.parametrize("name", CASSETTES)
def test_every_body_can_be_read(name: str) -> None:
    """Bodies are text, JSON or a form, so that scrubbing could see into each."""
    unread = [text for text in texts(name) if not _reads(text)]

    assert texts(name)
    assert unread == []


def _reads(text: object) -> bool:
    if not isinstance(text, str):
        return False
    try:
        json.loads(text)
    except ValueError:
        return bool(parse_qs(text, strict_parsing=True))
    return True


@pytest.mark.parametrize("name", CASSETTES)
def test_cassettes_are_small(name: str) -> None:
    """Replaying compares each request with each, so a cassette holds few."""
    recorded = yamlserializer.deserialize((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))

    assert 0 < len(recorded["interactions"]) <= MOST


@pytest.mark.parametrize(
    ("method", "uri", "body"),
    [
        ("POST", "http://127.0.0.1:7101/2.0/a?x=1&y=2", b"one"),
        ("GET", "http://127.0.0.1:7101/2.0/b?x=1&y=2", b"one"),
        ("GET", "http://127.0.0.1:7102/2.0/a?x=1&y=2", b"one"),
        ("GET", "http://127.0.0.1:7101/2.0/a?x=1&y=3", b"one"),
        ("GET", "http://127.0.0.1:7101/2.0/a?x=1&y=2", b"two"),
    ],
)
def test_calls_that_differ_in_one_thing_do_not_match(method: str, uri: str, body: bytes) -> None:
    """Method, address, query and body must all be the same."""
    recorded = Request("GET", "http://127.0.0.1:7101/2.0/a?x=1&y=2", b"one", {})

    with pytest.raises(AssertionError):
        same_call(recorded, Request(method, uri, body, {}))


def test_calls_match_whatever_the_order_of_the_query_and_the_headers() -> None:
    """The order of parameters means nothing, nor do headers."""
    recorded = Request("GET", "http://127.0.0.1:7101/2.0/a?x=1&y=2", b"", {})

    same_call(recorded, Request("GET", "http://127.0.0.1:7101/2.0/a?y=2&x=1", b"", {"accept": "text/plain"}))
