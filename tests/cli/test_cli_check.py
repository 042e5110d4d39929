"""`bbsync check`: what works, and what to fix."""

from __future__ import annotations

import re

from attrs import evolve
from cli_rig import CONSUMERS, Desk, Ended, jupiterone_of

from bbsync.sandbox.bitbucket import Fault


def test_everything_works(desk: Desk) -> None:
    """0, a line for settings, Bitbucket, target and state each, and what to do next."""
    ended = desk.run("check")

    marks = [line.split()[:2] for line in ended.out.splitlines() if line[0] != " "]
    assert ended.code == 0
    assert marks == [["ok", "settings"], ["ok", "bitbucket"], ["ok", "target"], ["ok", "state"]]
    assert "consumer 2 of 2" in ended.out
    assert ended.err == "Everything works. Next: bbsync plan --out plan.json\n"


def test_it_says_what_was_applied(desk: Desk) -> None:
    """After an apply it counts what is in the graph, and names the last plan."""
    desk.applied()

    ended = desk.run("check")

    assert " 1 plan applied, " in ended.out
    assert " 0 entities" not in ended.out


def test_it_says_what_all_of_it_is_for(desk: Desk) -> None:
    """The description of the settings stands below the workspaces, and nothing in it reaches the terminal raw."""
    desk.policy('description = "Our production\\u001b[31m workspace"')

    ended = desk.run("check")

    assert "Our production" in ended.out
    assert "\x1b" not in ended.out


def test_no_graph_is_made(desk: Desk) -> None:
    """Checking looks at the target and leaves it as it is."""
    desk.run("check")

    assert not desk.graph_file.exists()


def test_what_is_wrong_is_said_with_what_to_do(desk: Desk) -> None:
    """1; what fails is said once, with its code and the way out; the rest is examined all the same."""
    with jupiterone_of(desk) as environ:
        ended = desk.run("check", environ={**environ, "BITBUCKET_CLIENT_KEY": "", "JUPITERONE_API_KEY": "wrong-key"})

    assert ended.code == 1
    assert ended.out.count("BITBUCKET_CLIENT_KEY is not set (BB-SETTINGS).") == 1
    assert "FAIL  settings" in ended.out
    assert "FAIL  target" in ended.out
    assert "JupiterOne answered 401" in ended.out
    assert "ok    state" in ended.out
    assert ended.err == "Mend what failed, and check again.\n"


def test_a_workspace_that_nobody_sees_fails(desk: Desk) -> None:
    """A misspelt workspace is found before a plan is."""
    ended = desk.run("check", environ={"BITBUCKET_WORKSPACE": "acme,emca"})

    assert ended.code == 1
    assert "there is no workspace 'emca'" in ended.out


def test_a_workspace_that_does_not_answer_fails(desk: Desk) -> None:
    """A workspace that cannot be read now is no success."""
    desk.run("check")
    desk.bitbucket.faults.append(_fault())

    ended = desk.run("check")

    assert ended.code == 1
    assert "FAIL  bitbucket" in ended.out


def _fault() -> object:
    from bbsync.sandbox.bitbucket import Fault

    return Fault(r"^/2.0/workspaces/acme$", status=500)


def test_without_admin_it_says_what_is_left_alone(desk: Desk) -> None:
    """A scope that may be missing is no failure, but what it costs is said."""
    for consumer in CONSUMERS:
        lesser = evolve(consumer, scopes=("account", "project", "pullrequest"))
        desk.bitbucket.tokens._consumers[consumer.key] = lesser

    ended = desk.run("check")

    assert ended.code == 0
    assert "without Repositories: Admin, permissions and branch restrictions are left alone" in ended.out


def test_every_consumer_says_what_it_has_left(desk: Desk) -> None:
    """Its place, the end of its key, the calls left; one that is spent, when it is free again."""
    desk.bitbucket.calls_per_hour = 25
    desk.run("plan")

    ended = desk.run("check")

    assert "consumer 1 of 2 (its key ends in -one): 0 of 1,000 calls left, free again at 20" in words(ended)
    assert re.search(r"consumer 2 of 2 \(its key ends in -two\): \d+ of 1,000 calls left scopes", words(ended))


def words(ended: Ended) -> str:
    """The text without its lines."""
    return " ".join(ended.out.split())


def test_a_consumer_that_lacks_what_others_have_is_named(desk: Desk) -> None:
    """Without it the others' scope is of no use."""
    lesser = evolve(CONSUMERS[1], scopes=("account", "project", "pullrequest"))
    desk.bitbucket.tokens._consumers[lesser.key] = lesser

    ended = desk.run("check")

    assert ended.out.count("it lacks Repositories: Admin") == 1


def test_a_consumer_that_must_ask_for_its_token_later_is_not_called_accepted(desk: Desk) -> None:
    """One of two is refused a token (429): nobody knows yet whether it is right."""
    desk.bitbucket.faults.append(Fault("/access_token", status=429, times=1))

    ended = desk.run("check")

    assert ended.code == 0
    assert (ended.out.count("not checked yet: consumer"), ended.out.count("accepted: consumer")) == (1, 1)


def test_the_target_names_account_scope_and_keys(desk: Desk) -> None:
    """Which key reads and which writes, by its last characters; never more of it."""
    with jupiterone_of(desk) as environ:
        ended = desk.run("check", environ={**environ, "JUPITERONE_SYNC_API_KEY": "another-key-9876"})

    assert ended.code == 0, ended.out
    assert "JupiterOne account acme-account" in words(ended)
    assert "one key reads, which works (it ends in 6789), and another one writes (it ends in 9876)" in words(ended)


def test_the_state_names_lease_and_snapshot(desk: Desk) -> None:
    """Who applies, whether a snapshot is kept, and in which format."""
    desk.applied()

    ended = desk.run("check")

    assert "records of format 1 nobody applies snapshot: as the last apply left the graph" in words(ended)


def test_a_variable_that_hides_the_file_is_warned_of(desk: Desk) -> None:
    """Pipelines sets BITBUCKET_WORKSPACE itself, to the workspace of the build."""
    desk.policy('workspaces = ["globex"]')

    ended = desk.run("check", environ={"BITBUCKET_BUILD_NUMBER": "7"})

    assert ended.code == 0
    assert "Warning: BITBUCKET_WORKSPACE overrides workspaces of the file, globex." in ended.err
    assert "Bitbucket Pipelines sets it by itself." in ended.err
