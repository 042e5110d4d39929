"""No secret in anything that is shown or written."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from cli_rig import API_KEY, CONSUMERS, Desk, jupiterone_of


def _repeating(status: int, where: str) -> object:
    """Answers requests to such addresses with an error that repeats what it was sent."""

    def answer(request: httpx.Request, response: httpx.Response | None = None) -> httpx.Response | None:
        if where not in request.url.path:
            return response
        heard = f"you sent {request.headers.get('authorization', 'nothing')}"
        error = {"message": heard, "detail": heard, "code": heard}
        document = {"error": error, "errors": [error]} if "oauth" not in where else {"error": "no", **error}
        return httpx.Response(status, json=document)

    return answer


def _secrets(desk: Desk) -> list[str]:
    tokens = [*desk.bitbucket.tokens._given]
    assert tokens
    return [API_KEY, *(consumer.secret for consumer in CONSUMERS), *tokens]


def _leaks(desk: Desk, *said: str) -> list[str]:
    """Where a secret is found."""
    places = {f"output {number}": text.encode() for number, text in enumerate(said)}
    places |= {path.name: path.read_bytes() for path in desk.directory.iterdir() if path.is_file()}
    return [
        f"{secret} in {name}" for name, held in places.items() for secret in _secrets(desk) if secret.encode() in held
    ]


def test_a_good_run_leaks_nothing(desk: Desk) -> None:
    """Plan, apply, show and check: no secret in their output, the plan, the graph or the records."""
    said = []

    with jupiterone_of(desk) as environ:
        for variables in ({}, environ):
            said += [
                desk.run(command, *arguments, "-v", environ=variables)
                for command, arguments in (
                    ("check", ()),
                    ("plan", ("--out", str(desk.plan_file))),
                    ("show", (str(desk.plan_file), "--format", "json")),
                    ("show", (str(desk.plan_file), "--format", "html")),
                    ("apply", (str(desk.plan_file),)),
                )
            ]

    assert [each.code for each in said] == [0] * len(said)
    assert {"graph.db", "state.db", "plan.json"} <= {path.name for path in desk.directory.iterdir()}
    assert _leaks(desk, *(each.out + each.err for each in said)) == []


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
@pytest.mark.parametrize("where", ["/permissions-config", "/2.0/workspaces/acme", "/pullrequests"])
def test_an_answer_that_repeats_the_token_leaks_nothing(desk: Desk, status: int, where: str) -> None:
    """Whatever Bitbucket says in an error: no token in the plan, on stdout or on stderr, also with -v."""
    desk.bend_bitbucket = _repeating(status, where)

    ended = desk.run("plan", "-v", "--out", str(desk.plan_file))

    assert ended.code != 0
    assert _leaks(desk, ended.out, ended.err) == []


@pytest.mark.parametrize("status", [401, 500])
def test_a_jupiterone_that_repeats_the_key_leaks_nothing(desk: Desk, status: int) -> None:
    """Whatever JupiterOne says in an error, reading or writing: no key in it."""
    with jupiterone_of(desk) as environ:
        desk.run("plan", "--out", str(desk.plan_file), environ=environ)
        desk.bend_jupiterone = _repeating(status, "/persister")
        writing = desk.run("apply", str(desk.plan_file), "-v", environ=environ)
        desk.bend_jupiterone = _repeating(status, "/graphql")
        reading = desk.run("plan", "-v", environ=environ)

    assert (writing.code, reading.code) == (1, 1)
    assert _leaks(desk, writing.out, writing.err, reading.out, reading.err) == []


def test_a_fault_of_ours_leaks_nothing(desk: Desk) -> None:
    """What nobody foresaw is one sentence, and under -v a traceback without values."""
    desk.policy()
    (desk.directory / "graph.db").mkdir()

    ended = desk.run("apply", "--auto-approve", "-v")

    assert ended.code == 1
    assert _leaks(desk, ended.out, ended.err) == []


def test_settings_never_show_their_secrets(desk: Desk, tmp_path: Path) -> None:
    """A file that is mounted for a secret and cannot be read is named, and what another one holds is not."""
    good = tmp_path / "secret"
    good.write_text(CONSUMERS[0].secret, encoding="utf-8")
    environ = {"BITBUCKET_CLIENT_SECRET": "", "BITBUCKET_CLIENT_SECRET_FILE": str(good)}

    ended = desk.run("plan", "-v", environ=environ)

    assert ended.code == 1
    assert CONSUMERS[0].secret not in ended.err
