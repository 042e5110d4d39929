"""Bad input: one message with what, why and what to do; the right code; nothing written; no traceback unasked for."""

from __future__ import annotations

import errno
import io

import httpx
import pytest
from attrs import evolve
from cli_rig import CONSUMERS, Desk, Ended, jupiterone_of

from bbsync.cli.invocation import Invocation
from bbsync.cli.main import run


def _says(ended: Ended, first: str, *others: str) -> None:
    """The one message begins like this and holds the rest."""
    lines = [line for line in ended.err.splitlines() if not line.startswith("Bitbucket fails  sending again")]
    assert ended.out == ""
    assert lines[0].startswith(f"Error: {first}")
    assert lines[0].endswith(").")
    assert all(line.startswith("  ") for line in lines[1:])
    assert 2 <= len(lines) <= 3
    assert all(other in ended.err for other in others), ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("environ", "first", "other"),
    [
        ({"BITBUCKET_CLIENT_KEY": ""}, "BITBUCKET_CLIENT_KEY is not set (BB-SETTINGS)", "OAuth consumers"),
        ({"BITBUCKET_CLIENT_SECRET": " "}, "BITBUCKET_CLIENT_SECRET is not set", "OAuth consumers"),
        (
            {"BITBUCKET_CLIENT_KEY": "one,two,three"},
            "BITBUCKET_CLIENT_KEY has 3 elements and BITBUCKET_CLIENT_SECRET has 2",
            "same order",
        ),
        ({"BITBUCKET_CLIENT_KEY": "one,"}, "element 2 of 2 in BITBUCKET_CLIENT_KEY is empty", "comma"),
        ({"BITBUCKET_CLIENT_KEY": "same-key,same-key"}, "elements 1 and 2 of BITBUCKET_CLIENT_KEY", "Remove one"),
        ({"BITBUCKET_WORKSPACE": ""}, "no workspace is set", "BITBUCKET_WORKSPACE"),
        ({"BITBUCKET_WORKSPACE": "a/b"}, "'a/b' is not the name of a workspace", "slug"),
        ({"BITBUCKET_WORKSPACE": "elsewhere"}, "there is no workspace 'elsewhere'", "BB-WORKSPACE"),
        ({"BITBUCKET_URL": "https://bitbucket.acme.example:7990"}, "BITBUCKET_URL is the address of", "Server"),
        ({"BITBUCKET_API_URL": "https://git.acme.example/rest/api"}, "BITBUCKET_API_URL is the address of", "Cloud"),
        ({"BITBUCKET_URL": "http://bitbucket.org"}, "BITBUCKET_URL is plain http", "https://"),
        ({"BITBUCKET_CLIENT_KEY_FILE": "/none"}, "BITBUCKET_CLIENT_KEY and BITBUCKET_CLIENT_KEY_FILE", "one of"),
        ({"JUPITERONE_ACCOUNT": "acme"}, "JUPITERONE_API_KEY is not set", "Key Management"),
    ],
)
def test_wrong_variables(desk: Desk, environ: dict[str, str], first: str, other: str) -> None:
    """What is wrong with a variable is said by its name, with what to do about it."""
    ended = desk.run("plan", "--out", str(desk.plan_file), environ=environ)

    assert ended.code == 1
    _says(ended, first, other)
    assert not desk.plan_file.exists()


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("acount_name = 'Acme'", "account_name"),
        ("[limits]\nconcurency = 3", "concurrency in [limits]"),
        ("[guard]\ndelete_total = 3", "[guards]"),
        ("[pull_requests]\nwindow = '1 fortnight'", "window in [pull_requests]"),
        ("[bitbucket]\nclient_secret = 'oops'", "BITBUCKET_CLIENT_SECRET"),
    ],
)
def test_wrong_settings(desk: Desk, line: str, nearest: str) -> None:
    """A setting that is misspelt or of the wrong kind is named, with the nearest that there is."""
    desk.policy(line)

    ended = desk.run("plan")

    assert ended.code == 1
    _says(ended, f"{desk.directory}/bbsync.toml has a mistake (BB-SETTINGS)", nearest)
    assert desk.bitbucket.calls == []


def test_a_wrong_consumer_is_named(desk: Desk) -> None:
    """The position and the end of the key of the consumer that is wrong; the other one is not mentioned."""
    secrets = f"{CONSUMERS[0].secret},wrong-secret-9876543210"

    ended = desk.run("plan", environ={"BITBUCKET_CLIENT_SECRET": secrets})

    assert ended.code == 1
    _says(ended, "Bitbucket gives no token to ", "2 of 2", CONSUMERS[1].key[-4:], "BITBUCKET_CLIENT_SECRET")
    assert "1 of 2" not in ended.err
    assert "wrong-secret" not in ended.err


def test_a_missing_scope_is_named(desk: Desk) -> None:
    """Which consumer lacks which scope, in the words of the page where it is ticked, and where that page is."""
    lacking = evolve(CONSUMERS[1], scopes=("account", "project", "repository"))
    desk.bitbucket.tokens._consumers[lacking.key] = lacking

    ended = desk.run("plan")

    assert ended.code == 1
    _says(
        ended,
        "consumer 2 of 2 (its key ends in -two)",
        "(BB-SCOPE)",
        "pullrequest (Pull requests: Read)",
        "Workspace settings",
    )


def test_an_unreachable_bitbucket(desk: Desk) -> None:
    """Nobody at the address: who was asked for, and where the way may be blocked."""
    ended = desk.run("plan", environ={"BITBUCKET_URL": "http://127.0.0.1:1"})

    assert ended.code == 1
    _says(ended, "Bitbucket cannot be reached at 127.0.0.1 (BB-BITBUCKET)", "BITBUCKET_URL")


def test_a_wrong_jupiterone_key(desk: Desk) -> None:
    """JupiterOne's refusal names the variable to look at, and not what is in it."""
    with jupiterone_of(desk) as environ:
        ended = desk.run("plan", environ={**environ, "JUPITERONE_API_KEY": "wrong-key-9876543210"})

    assert ended.code == 1
    _says(ended, "JupiterOne answered 401", "JUPITERONE_API_KEY")
    assert "wrong-key" not in ended.err


def test_all_consumers_spent(desk: Desk) -> None:
    """A run that is out of calls ends with one message, and without a plan."""
    desk.bitbucket.calls_per_hour = 3

    ended = desk.run("plan", "--out", str(desk.plan_file))

    assert ended.code == 1
    _says(ended, "", "(BB-RATE-LIMIT)")
    assert not desk.plan_file.exists()


def test_a_traceback_comes_only_when_asked_for(desk: Desk) -> None:
    """With -v the same error is followed by where it happened, on stderr."""
    ended = desk.run("plan", "-v", environ={"BITBUCKET_WORKSPACE": "elsewhere"})

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Error: there is no workspace 'elsewhere'")
    assert "Traceback (most recent call last):" in ended.err


def test_a_file_of_settings_that_is_not_there(desk: Desk) -> None:
    """--config and --env-file name files that must be there."""
    ended = [desk.run("plan", option, str(desk.directory / "none")) for option in ("--config", "--env-file")]

    assert [each.code for each in ended] == [1, 1]
    for each in ended:
        _says(each, "", "cannot be read", "No such file or directory.")


def test_remote_text_in_an_error_is_harmless(desk: Desk) -> None:
    """What a service says stands in an error without the power to move the cursor or to forge a line."""
    desk.bend_bitbucket = lambda request: (
        httpx.Response(400, json={"error": "x", "error_description": "bad\x1b[2J\nError: all is well"})
        if "access_token" in request.url.path
        else None
    )

    ended = desk.run("plan")

    assert ended.code == 1
    assert "\x1b" not in ended.err
    assert not any(line.startswith("Error: all") for line in ended.err.splitlines())


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "(BB-SYSTEM).\n  Too many open files."),
        (ZeroDivisionError("the secret"), "ZeroDivisionError (BB-BUG).\n  Please report it"),
    ],
)
def test_what_nobody_foresaw_is_a_sentence(desk: Desk, raised: Exception, said: str) -> None:
    """A fault of the system or of bbsync is 1 and one message, and where it happened comes only with -v."""

    def clock() -> float:
        raise raised

    def ran(*options: str) -> tuple[int, str]:
        err = io.StringIO()
        invocation = Invocation(io.StringIO(), io.StringIO(), err, desk.environ, clock=clock)
        code = run(["plan", "--config", str(desk.directory / "bbsync.toml"), *options], invocation)
        return code, err.getvalue()

    (code, quiet), (_code, verbose) = ran(), ran("-v")

    assert code == 1
    assert said in quiet
    assert "Traceback" not in quiet
    assert "Traceback" in verbose


def test_a_long_sentence_is_broken_on_a_terminal(desk: Desk) -> None:
    """On 80 columns an error breaks between words, below its own indent; in a file it stays one line."""
    wrong = {"BITBUCKET_CLIENT_KEY": ""}

    code, seen = desk.terminal("plan", environ=wrong)
    piped = desk.run("plan", environ=wrong).err

    lines = seen.splitlines()
    assert code == 1
    assert max(map(len, lines)) <= 80
    assert len(lines) > len(piped.splitlines()) == 3
    assert " ".join(line.strip() for line in lines) == " ".join(line.strip() for line in piped.splitlines())
