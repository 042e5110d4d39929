"""`--log-format json`: stderr for collectors of logs."""

from __future__ import annotations

import json
import re
from typing import Any

import click
import pytest
from cli_rig import CONSUMERS, Desk, Ended, run_here

from bbsync.cli.main import COMMANDS, cli

JSON = ("--log-format", "json")


def lines_of(ended: Ended) -> list[dict[str, Any]]:
    """The lines, each of which says when, how grave, in which run, and what."""
    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", line["at"]) for line in lines)
    assert {line["level"] for line in lines} <= {"info", "warning", "error"}
    assert len({line["run"] for line in lines}) == 1
    assert all(line["message"] for line in lines)
    return lines


def test_a_plan_is_told_in_json_and_shown_as_ever(desk: Desk) -> None:
    """Every line of stderr is a document; stdout does not change by a byte."""
    desk.policy("[pull_requests]", "ingest = false")
    told = desk.run("plan", *JSON, clock=lambda: 1_900_000_000.0)
    shown = desk.run("plan", clock=lambda: 1_900_000_000.0)

    messages = [line["message"] for line in lines_of(told)]
    assert (told.code, told.out) == (shown.code, shown.out)
    assert messages == shown.err.splitlines()


def test_an_error_has_its_code(desk: Desk) -> None:
    """What, why and what to do next are fields of their own."""
    ended = desk.run("plan", *JSON, environ={"BITBUCKET_CLIENT_KEY": ""})

    (line,) = lines_of(ended)
    assert ended.code == 1
    assert (line["level"], line["code"]) == ("error", "BB-SETTINGS")
    assert line["message"] == "BITBUCKET_CLIENT_KEY is not set"
    assert line["why"].startswith("Bitbucket is read by an OAuth consumer")
    assert line["next"].startswith("Make a private consumer")


@pytest.mark.parametrize("given", [("--log-format", "json"), ("--log-format=json",)])
def test_a_wrong_option_is_an_error_in_json_too(desk: Desk, given: tuple[str, ...]) -> None:
    """A collector need not expect text from a command line that is wrong."""
    ended = desk.run("plan", *given, "--no-such-option")

    (line,) = lines_of(ended)
    assert ended.code == 64
    assert line["code"] == "BB-USAGE"


def test_gaps_and_spent_consumers_are_warnings(desk: Desk) -> None:
    """What people read in the plan, a collector learns with its code."""
    denied = desk.repositories()[0]
    desk.change("deny_repository", repository=denied)
    desk.bitbucket.calls_per_hour = 25

    ended = desk.run("plan", *JSON)

    warnings = {
        (line["code"], line["message"].split(":")[0].split(" has")[0])
        for line in lines_of(ended)
        if line["level"] == "warning"
    }
    assert warnings == {("BB-FETCH-403", f"acme/{denied}"), ("BB-RATE-LIMIT", "consumer 1")}


def test_events_beside_it_stay_as_they_are(desk: Desk) -> None:
    """Lines of `--events -` and of the log name the same run, and neither is wrapped in the other."""
    ended = desk.run("plan", *JSON, "--events", "-")

    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert {"seq", "type"} <= lines[0].keys()
    assert {"level"} <= lines[-2].keys()
    assert len({line["run"] for line in lines}) == 1


def test_nobody_is_asked(desk: Desk) -> None:
    """On a terminal, too: a question would be a line of JSON."""
    code, seen = desk.terminal("apply", *JSON, answer="yes\n")

    assert code == 64
    assert json.loads(seen.splitlines()[-1])["message"].startswith("there is nobody to ask")


def test_no_secret_is_in_it(desk: Desk) -> None:
    """Neither keys' secrets nor tokens are written."""
    ended = desk.run("apply", "--auto-approve", *JSON, "-v")

    assert lines_of(ended)
    assert not any(consumer.secret in ended.err for consumer in CONSUMERS)


def words_of_commands() -> list[tuple[str, ...]]:
    """The words that each command is called by, those of commands within a command included."""
    context, found = click.Context(cli), []
    for name in COMMANDS:
        command = cli.get_command(context, name)
        inner = command.list_commands(context) if isinstance(command, click.Group) else []
        found += [(name, each) for each in inner] or [(name,)]
    return found


@pytest.mark.parametrize("words", words_of_commands(), ids=" ".join)
def test_every_command_takes_it(words: tuple[str, ...]) -> None:
    """No command refuses the option."""
    ended = run_here([*words, *JSON, "--help"], {})

    assert ended.code == 0
