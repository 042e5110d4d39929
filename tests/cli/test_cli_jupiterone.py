"""What may be wrong with JupiterOne: one message that says what and why, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from cli_rig import Desk, Ended, jupiterone_of

from bbsync.sandbox.jupiterone import ApiKey, Instance

OTHER_KEY = "another-key-0123456789"


def applied(desk: Desk, *policy: str, **environ: str) -> Ended:
    """Apply to JupiterOne."""
    desk.policy(*policy)
    with jupiterone_of(desk) as variables:
        return desk.run("apply", "--auto-approve", environ={**variables, **environ})


def elsewhere(response: httpx.Response) -> Callable[[httpx.Request, httpx.Response], httpx.Response]:
    """Whoever answers in JupiterOne's place."""
    return lambda _request, _answer: response


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(200, text="<html>Sign in</html>"), "could not be understood"),
        (httpx.Response(302, headers={"Location": "https://login.example.test/"}), "JupiterOne answered 302"),
        (httpx.Response(404, text="no such place"), "JupiterOne answered 404"),
    ],
    ids=["page", "redirect", "not there"],
)
def test_wrong_address_is_said(desk: Desk, answer: httpx.Response, said: str) -> None:
    """A host of another region, a portal, a proxy: the addresses are what to look at."""
    desk.bend_jupiterone = elsewhere(answer)

    ended = applied(desk)

    assert (ended.code, said in ended.err, "JUPITERONE_GRAPHQL_URL" in ended.err) == (1, True, True)
    assert desk.jupiterone.jobs == {}


def test_addresses_of_two_regions_are_refused(desk: Desk) -> None:
    """The graph of one would be read, and that of the other be written."""
    ended = applied(desk, JUPITERONE_API_URL="https://api.eu.jupiterone.io", JUPITERONE_GRAPHQL_URL="")

    assert ended.code == 1
    assert "JUPITERONE_API_URL is of the region eu, and JUPITERONE_GRAPHQL_URL of us" in ended.err


@pytest.mark.parametrize("wrong", ["JUPITERONE_API_KEY", "JUPITERONE_SYNC_API_KEY", "JUPITERONE_ACCOUNT"])
def test_wrong_key_or_account_is_said(desk: Desk, wrong: str) -> None:
    """401, with the variables to look at."""
    ended = applied(desk, **{wrong: "wrong-0123456789"})

    assert (ended.code, "JupiterOne answered 401" in ended.err) == (1, True)
    assert wrong in ended.err
    assert desk.jupiterone.entities() == []


@pytest.mark.parametrize(
    ("lacking", "variable", "permission"),
    [
        (ApiKey(OTHER_KEY, can_read=False), "JUPITERONE_API_KEY", "query:ReadGraphData"),
        (ApiKey(OTHER_KEY, can_sync=False), "JUPITERONE_SYNC_API_KEY", "persister:Synchronize"),
    ],
    ids=["reads not", "writes not"],
)
def test_key_without_a_permission_is_said(desk: Desk, lacking: ApiKey, variable: str, permission: str) -> None:
    """Which of the two keys, and which permission."""
    desk.jupiterone.keys = (*desk.jupiterone.keys, lacking)

    ended = applied(desk, **{variable: OTHER_KEY})

    assert (ended.code, "JupiterOne answered 403" in ended.err) == (1, True)
    assert variable in ended.err
    assert permission in ended.err
    assert desk.jupiterone.entities() == []


@pytest.mark.parametrize("instance", ["theirs", "nowhere"])
def test_instance_that_is_not_ours_is_refused(desk: Desk, instance: str) -> None:
    """Another integration's would be emptied."""
    desk.jupiterone.instances = (Instance("theirs", definition_type="aws", definition_id="aws-definition"),)

    ended = applied(desk, "[jupiterone]", f'integration_instance_id = "{instance}"')

    assert (ended.code, "BB-JUPITERONE-INSTANCE" in ended.err) == (1, True)
    assert desk.jupiterone.jobs == {}


def test_scope_of_others_is_refused(desk: Desk) -> None:
    """What somebody else keeps there would be replaced with the rest."""
    desk.jupiterone.put([{"_key": "host-number-1", "_type": "aws_host", "_class": ["Host"]}], scope="bbsync")

    ended = applied(desk)

    assert (ended.code, "holds entities of others (BB-JUPITERONE-SCOPE)" in ended.err) == (1, True)
    assert desk.jupiterone.jobs == {}
