"""`bbsync estimate`: what a run takes, for given sizes or for the graph as last seen."""

from __future__ import annotations

import io
import time

import pytest
from cli_rig import Desk, jupiterone_of, run_here

from bbsync.cli.invocation import Invocation
from bbsync.cli.main import run

GIVEN = ("--repositories", "300", "--members", "120", "--projects", "4", "--pull-requests", "316")

EXPECTED = """\
1 workspace, 300 repositories, 120 users, 4 projects
316 pull requests in the window of 24 h, 158 of them approved by somebody

calls                                                                      first run  usual run
POST /site/oauth2/access_token                                                     1          1
GET /2.0/workspaces/{workspace}                                                    1          1
GET /2.0/workspaces/{workspace}/projects                                           1          1
GET /1.0/groups/{workspace}                                                        1          1
GET /2.0/workspaces/{workspace}/permissions                                        2          2
GET /2.0/repositories/{workspace}                                                  3          3
GET /2.0/repositories/{workspace}/{repository}/branch-restrictions               300        300
GET /2.0/repositories/{workspace}/{repository}/permissions-config/users          300        300
GET /2.0/repositories/{workspace}/{repository}/permissions-config/groups         300        300
GET /2.0/repositories/{workspace}/{repository}/pullrequests                      300        300
GET /2.0/repositories/{workspace}/{repository}/pullrequests/{id}/commits         316         14
GET /2.0/repositories/{workspace}/{repository}/pullrequests/{id}/activity        158          7
in all                                                                         1,683      1,230
  without pull requests                                                          909        909
  without branch restrictions and permissions                                    783        330

time with 1 consumer, waiting for new calls included                         1 h 9 s    1 h 4 s
consumers that make waiting unnecessary                                            2          2

the existing integration, by its published formula                               694        694
the existing integration, as measured                                          1,879      1,879

Assumed:
  - a usual run comes 24 times a day, and finds 14 of the pull requests changed
  - branch restrictions: read in every run
  - permissions: read in every run
  - a pull request has one page of commits, and one of activity, read only where somebody approves
  - nothing was deleted and nothing fails: looking for something or asking again costs a call more
  - an answer takes 0.2 s, and 16 calls are made at once
  - each consumer has 1,000 calls an hour, all of them left; tokens do not count
  - everything lies evenly in its workspaces and repositories
"""


def numbers(out: str, label: str) -> tuple[int, int]:
    """The two numbers of the line that begins like this."""
    line = next(line for line in out.splitlines() if line.startswith(label))
    first, usual = line.replace(",", "").split()[-2:]
    return int(first), int(usual)


def test_given_sizes_need_nothing_else(desk: Desk) -> None:
    """Without credentials, graph or network: a table in 100 columns, the same every time."""
    ended = run_here(["estimate", "--config", str(desk.directory / "bbsync.toml"), *GIVEN], {})

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == EXPECTED
    assert max(map(len, ended.out.splitlines())) <= 100


def test_the_largest_sizes_fit(desk: Desk) -> None:
    """100 columns are enough for a million repositories."""
    sizes = ("--repositories", "1000000", "--workspaces", "1000", "--pull-requests", "10000000", "--consumers", "1000")

    ended = desk.run("estimate", *sizes, "--permissions", "10000", "--runs-per-day", "1440")

    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 100


def test_the_graph_tells_the_sizes(desk: Desk) -> None:
    """What a first run took is what the estimate says, once the graph is there; Bitbucket is not asked for it."""
    desk.applied()
    taken = len(desk.bitbucket.calls)

    ended = desk.run("estimate")

    assert (ended.code, ended.err) == (0, "")
    assert numbers(ended.out, "in all")[0] == taken
    assert "time with 2 consumers" in ended.out
    assert "evenly" not in ended.out
    assert len(desk.bitbucket.calls) == taken


def test_a_graph_in_jupiterone_tells_them_too(desk: Desk) -> None:
    """Whatever the target."""
    with jupiterone_of(desk) as environ:
        assert desk.run("apply", "--auto-approve", environ=environ).code == 0
        taken = len(desk.bitbucket.calls)

        ended = desk.run("estimate", environ=environ)

    assert numbers(ended.out, "in all")[0] == taken


def test_the_window_is_that_of_the_last_apply(desk: Desk) -> None:
    """Who looks at an old graph sees the day that it shows, not an empty one."""
    desk.applied()
    today = desk.run("estimate")
    out = io.StringIO()
    later = Invocation(io.StringIO(), out, io.StringIO(), desk.environ, clock=lambda: time.time() + 30 * 86_400)

    run(["estimate", "--config", str(desk.directory / "bbsync.toml")], later)

    assert out.getvalue() == today.out
    assert numbers(today.out, "GET /2.0/repositories/{workspace}/{repository}/pullrequests/{id}/commits")[0] == 6


@pytest.mark.parametrize(
    ("lines", "options", "line"),
    [
        ("[kinds]\npermissions = false", (), "in all  1,083  630"),
        ("[kinds]\nrepositories = false", (), "in all  6  6"),
        ("[pull_requests]\ningest = false", (), "in all  909  909"),
        ("[pull_requests]\nenriched = true", (), "the existing integration, as measured  2,195  2,195"),
        ("[pull_requests]\nwindow = '2d'", (), "in all  1,683  1,220"),
        ("[refresh]\npermissions = '24h'", (), "in all  1,683  656"),
        ("[refresh]\npermissions = '24h'", (), "  - permissions: read again every 24 h, an equal part in each run"),
        ("", ("--changed", "0"), "in all  1,683  1,209"),
        ("", ("--approved", "0"), "in all  1,525  1,223"),
        ("", ("--runs-per-day", "1"), "in all  1,683  1,683"),
        ("", ("--consumers", "2"), "time with 2 consumers, waiting for new calls included  22 s  16 s"),
        ("[limits]\nconcurrency = 1", ("--consumers", "2"), "time with 2 consumers, waiting for new calls included"),
        ("[limits]\ncalls_per_hour = 500", (), "consumers that make waiting unnecessary  4  3"),
        ("", ("--latency", "1s"), "  - an answer takes 1 s, and 16 calls are made at once"),
        ("", ("--workspaces", "3"), "GET /1.0/groups/{workspace}  3  3"),
        ("", ("--permissions", "101"), "GET /2.0/repositories/{workspace}/{repository}/permissions-config/users  600"),
    ],
)
def test_settings_and_options_count(desk: Desk, lines: str, options: tuple[str, ...], line: str) -> None:
    """What is switched off, read rarely, done at once or allowed is in the numbers."""
    desk.policy(lines)

    ended = desk.run("estimate", *GIVEN, *options, environ={"BITBUCKET_CLIENT_KEY": "", "BITBUCKET_CLIENT_SECRET": ""})

    columns = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert ended.code == 0
    assert any(found.startswith(" ".join(line.split())) for found in columns), ended.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--repositories", "0"), "0 is not in the range"),
        (("--repositories", "-5"), "-5 is not in the range"),
        (("--repositories", "many"), "'many' is not a valid integer"),
        (("--repositories", "1e3"), "'1e3' is not a valid integer"),
        (("--repositories", "9" * 30), "is not in the range"),
        (("--repositories", "3", "--members", "0"), "'--members'"),
        (("--repositories", "3", "--pull-requests", "-1"), "'--pull-requests'"),
        (("--repositories", "3", "--approved", "4"), "--approved is 4, and there are only 3 pull requests"),
        (("--repositories", "3", "--changed", "4"), "--changed is 4, and there are only 3 pull requests"),
        (("--repositories", "3", "--consumers", "0"), "'--consumers'"),
        (("--repositories", "3", "--runs-per-day", "0"), "'--runs-per-day'"),
        (("--repositories", "3", "--latency", "soon"), "'soon' is not a length of time such as 50ms or 1s"),
        (("--repositories", "3", "--latency", "-1s"), "'-1s' is not a length of time"),
        (("--repositories", "3", "--latency", "61s"), "'61s' is more than a minute"),
        (("--repositories", "3", "--latency", f"{'9' * 400}s"), "is more than a minute"),
        (("--members", "3"), "--members says nothing without --repositories"),
        (("--pull-requests", "3"), "--pull-requests says nothing without --repositories"),
        ((), "the graph holds no repository yet; give sizes, such as --repositories 300"),
        (("everything",), "unexpected extra argument"),
    ],
)
def test_nonsense_is_refused(desk: Desk, arguments: tuple[str, ...], told: str) -> None:
    """One message that names what is wrong, and the code of wrong usage."""
    ended = desk.run("estimate", *arguments)

    assert (ended.code, ended.out) == (64, "")
    assert told in ended.err
    assert ended.err.startswith("Error: ")
    assert "(BB-USAGE).\n  See what is possible: bbsync estimate --help\n" in ended.err
    assert desk.bitbucket.calls == []
