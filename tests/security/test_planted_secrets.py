"""Whole runs with planted secrets that the services repeat wherever they can: none comes out anywhere."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
from attrs import define, field
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from tests.cli.cli_rig import Desk, desk_in, jupiterone_of

Spell = Callable[[str], str]

SPELLINGS: dict[str, Spell] = {
    "as it is": str,
    "json": lambda text: json.dumps(text)[1:-1],
    "address": lambda text: quote(text, safe=""),
    "html": html.escape,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
}

#: Words, a regular expression, quotes, markup, an address, and anything else that fits into a variable and a header.
#: A comma would separate two secrets, and white space around one is not part of it.
PLANTED = st.one_of(
    st.sampled_from(
        ["correct horse battery", "swordfish.swordfish", ".*+?()[]{}|\\^$", 'it\'s "quoted"', "<b>&amp;</b>-zq"]
    ),
    st.text("abcXYZ019.*+?()[]{}|\\^$'\"<>&%/:;=@#~-", min_size=10, max_size=40).map("zq{}".format),
)

BITBUCKET = ("oauth2/access_token", "/2.0/workspaces/acme", "/permissions-config", "/pullrequests", "/2.0/repositories")
JUPITERONE = ("/graphql", "/deferred", "/persister")


@define
class Echo:
    """Answers requests to such addresses, from the `after`th on, with everything that was sent, in every place."""

    where: str
    status: int
    shape: str
    spell: Spell
    after: int = 0
    seen: int = field(default=0)
    lock: threading.Lock = field(factory=threading.Lock)

    def __call__(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if self.where not in request.url.path:
            return response
        with self.lock:
            self.seen += 1
            if self.seen <= self.after:
                return response
        heard = self.spell(_heard(request))
        if self.shape == "name":
            packed = response.headers.get("content-encoding") == "gzip"
            body = (gzip.decompress(response.content) if packed else response.content).decode()
            renamed = _NAME.sub(lambda found: found[1] + json.dumps(heard), body)
            return httpx.Response(response.status_code, text=renamed)
        printable = re.sub(r"[^ -~]", "?", heard)
        headers = {
            "content-type": printable if self.shape == "header" else "application/json",
            "location": self._location(printable),
            "www-authenticate": printable,
            "x-request-id": printable,
        }
        return httpx.Response(self.status, headers=headers, content=self._body(heard).encode())

    def _location(self, heard: str) -> str:
        word = re.sub(r"[^A-Za-z0-9]", "-", heard)
        return f"https://{word}.example/{heard}" if self.shape == "host" else f"https://x.example:{heard}/"

    def _body(self, heard: str) -> str:
        error = {"message": heard, "detail": {"required": [heard]}, "code": heard}
        bodies: dict[str, object] = {
            "error": {"error": error, "errors": [error]},
            "oauth": {"error": heard, "error_description": heard},
            "page": {"values": [{"uuid": heard, "name": heard, "slug": heard}], "next": f"https://x/{heard}"},
            "job": {"job": {"id": "one", "status": heard}, "data": {"queryV1": {"url": f"http://{heard}"}}},
            "state": {"status": "FAILED", "error": heard, "cursor": heard},
        }
        return json.dumps(bodies[self.shape]) if self.shape in bodies else f"<html>{heard}</html>"


_NAME = re.compile(r'("(?:name|full_name|displayName|title)": ?)"[^"]*"')


def _heard(request: httpx.Request) -> str:
    """The secret in what was sent: a token or key, or what stands behind a consumer's key."""
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    return base64.b64decode(sent).decode().partition(":")[2] if scheme == "Basic" else sent


echoes = st.tuples(
    st.sampled_from([200, 200, 301, 400, 401, 403, 404, 429, 500]),
    st.sampled_from(["name", "name", "error", "oauth", "page", "job", "state", "html", "header", "host", "port"]),
    st.sampled_from(sorted(SPELLINGS)),
    st.integers(0, 2),
)

SMALL = Sizes(repositories=2, members=2, projects=1, groups=1, pull_requests=2)

#: A run is a matter of tenths of a second.
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _leaks(desk: Desk, secrets: list[str], said: list[str]) -> list[str]:
    """Where one of the secrets stands, in whatever spelling."""
    places = {f"output {number}": text.encode() for number, text in enumerate(said)}
    places |= {path.name: path.read_bytes() for path in desk.directory.iterdir() if path.is_file()}
    spelled = {spell(secret) for secret in secrets for spell in SPELLINGS.values()}
    return [f"{one} in {name}" for name, held in places.items() for one in spelled if one.encode() in held]


def _clear(directory: Path) -> None:
    for path in directory.iterdir():
        if path.name != "bbsync.toml":
            path.unlink()


def test_no_secret_of_bitbucket_comes_out(tmp_path: Path) -> None:
    """Plan, apply and check, with -v: not on a stream, in the plan, in the graph or in the records."""
    world = make_world(7, SMALL, datetime.now(UTC))
    with desk_in(tmp_path) as desk:

        @quick
        @given(PLANTED, st.sampled_from(BITBUCKET), echoes)
        def law(secret: str, where: str, how: tuple[int, str, str, int]) -> None:
            _clear(tmp_path)
            status, shape, spelling, after = how
            bitbucket = Bitbucket(world, consumers=(Consumer("consumer-key", secret),))
            echo = Echo(where, status, shape, SPELLINGS[spelling], after)
            desk.bend_bitbucket = lambda request: echo(request, bitbucket.app(request))
            environ = {"BITBUCKET_CLIENT_KEY": "consumer-key", "BITBUCKET_CLIENT_SECRET": secret}

            ended = [
                desk.run(
                    "plan",
                    "-v",
                    "--out",
                    str(desk.plan_file),
                    "--events",
                    str(desk.directory / "plan.jsonl"),
                    environ=environ,
                ),
                desk.run(
                    "apply", "-v", "--auto-approve", "--events", str(desk.directory / "apply.jsonl"), environ=environ
                ),
                desk.run("check", "-v", environ=environ),
            ]

            assert "BB-BUG" not in "".join(each.err for each in ended)
            secrets = [secret, *bitbucket.tokens._given]
            assert _leaks(desk, secrets, [each.out + each.err for each in ended]) == []

        law()


def test_no_key_of_jupiterone_comes_out(tmp_path: Path) -> None:
    """The same for its key, reading and writing."""
    with desk_in(tmp_path, repositories=2, pull_requests=2) as desk, jupiterone_of(desk) as environ:

        @quick
        @given(PLANTED.filter(str.isascii), st.sampled_from(JUPITERONE), echoes)
        def law(key: str, where: str, how: tuple[int, str, str, int]) -> None:
            _clear(tmp_path)
            status, shape, spelling, after = how
            desk.jupiterone = JupiterOne(account="acme-account", keys=(ApiKey(key),))
            echo = Echo(where, status, shape, SPELLINGS[spelling], after)
            desk.bend_jupiterone = echo
            variables = {**environ, "JUPITERONE_API_KEY": key}

            ended = [
                desk.run(
                    "plan",
                    "-v",
                    "--out",
                    str(desk.plan_file),
                    "--events",
                    str(desk.directory / "plan.jsonl"),
                    environ=variables,
                ),
                desk.run(
                    "apply", "-v", "--auto-approve", "--events", str(desk.directory / "apply.jsonl"), environ=variables
                ),
                desk.run("check", "-v", environ=variables),
            ]

            assert "BB-BUG" not in "".join(each.err for each in ended)
            assert _leaks(desk, [key], [each.out + each.err for each in ended]) == []

        law()
