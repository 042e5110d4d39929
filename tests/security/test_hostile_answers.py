"""Whatever a service answers: a run ends, in good order, within its calls and its files, and steers no terminal."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import define, field
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bbsync.errors import ExitCode
from bbsync.sandbox.bitbucket import Bitbucket, Sizes, make_world
from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from tests.cli.cli_rig import API_KEY, CONSUMERS, Desk, Ended, desk_in, jupiterone_of

#: What is put in the place of something in a good answer, as JSON, or as what is none.
HOSTILE = (
    "null", "true", "0", "-1", "1e308", "1e999", "NaN", "1" + "0" * 25, "1" + "0" * 400, "1" + "0" * 5000,
    "[" * 60 + "]" * 60, "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, "[" * 100_000,
    '"' + "x" * 200_000 + '"', '"' + "\\u0301" * 5_000 + '"', "[" + "1," * 5_000 + "1]", "{}", "[]", '""',
    '"../../../../tmp/evil"', '"/etc/passwd"', '".."', '"."', '"%2e%2e%2f"', '"a/../b"', '"?q=1#x"', '"\\u0000"',
    '"\\ud800"', '"\\u202eevil\\u001b[2J\\u009b2J\\r\\n::error::x"', '"\\u001b]8;;https://evil.example\\u0007x"',
    '"=cmd|x!A0"', '"<script>alert(1)</script>"', '"[x](javascript:1)`"', "\"'; drop table entities; --\"",
    '"https://evil.example/x"', '"http://169.254.169.254/latest"', '"file:///etc/passwd"', '"https://["',
    '"9999-99-99"', '"0001-01-01T00:00:00+23:59"', '"{00000000-0000-0000-0000-000000000000}"',
)  # fmt: skip

#: Headers that stand in for whatever was there.
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"date": "Sat, 14 Mar 99999999999999999999 12:00:00 GMT"},
    {"date": "\x7f"},
    {"retry-after": "9" * 400},
    {"retry-after": "Sat, 14 Mar 99999 12:00:00 GMT"},
    {"location": "https://api.bitbucket.org:99999999/x"},
    {"location": "https://[::1"},
    {"location": "//evil.example/\x1b[2J"},
    {"content-type": "text/html; charset=\x1b[2J"},
    {"content-type": "application/json; charset=utf-16"},
    {"content-encoding": "gzip, br"},
    {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 30},
    {"set-cookie": "a=b; domain=example.com"},
)

MARK = "@@here@@"


@define
class Spoilt:
    """Spoils one thing in every answer, from the `after`th on, to requests whose address ends or begins like this."""

    pick: int
    instead: str
    headers: dict[str, str]
    status: int
    after: int
    calls: int = field(default=0)
    lock: threading.Lock = field(factory=threading.Lock)

    def __call__(self, _request: httpx.Request, response: httpx.Response) -> httpx.Response:
        with self.lock:
            self.calls += 1
            if self.calls <= self.after:
                return response
        packed = response.headers.get("content-encoding") == "gzip"
        try:
            document = json.loads(gzip.decompress(response.content) if packed else response.content)
        except ValueError:
            return response
        places = [*_places([document])]
        held, name = places[self.pick % len(places)]
        held[name] = MARK
        body = json.dumps(places[0][0][0]).replace(json.dumps(MARK), self.instead)
        return httpx.Response(self.status or response.status_code, headers=self.headers, content=body.encode())


def _places(held: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document: what holds it, and its name or number there."""
    names = held if isinstance(held, dict) else range(len(held))
    for name in list(names):
        yield held, name
        if isinstance(held[name], dict | list):
            yield from _places(held[name])


spoilers = st.builds(
    Spoilt,
    st.integers(0, 400),
    st.sampled_from(HOSTILE),
    st.sampled_from(HEADERS),
    st.sampled_from([0, 0, 0, 0, 200, 302, 403, 404, 429, 500]),
    st.integers(0, 12),
)

SMALL = Sizes(repositories=2, members=2, projects=1, groups=1, pull_requests=2)

slow = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])

#: A good run takes 25; everything read twice, and asked for once more, is far below this.
MOST_CALLS = 400


def _require_good_order(place: Path, *ended: Ended) -> None:
    """Every run ended as promised, showed nothing that steers a terminal, and wrote where it may."""
    for each in ended:
        assert each.code in set(ExitCode)
        assert "BB-BUG" not in each.err, each.err
        assert all(line.isprintable() for line in (each.out + each.err).split("\n"))
        assert not [line for line in (each.out + each.err).split("\n") if line.strip().startswith("::")]
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    written = {path.name.partition("-")[0] for path in place.iterdir()}
    assert written <= {"bbsync.toml", "plan.json", "graph.db", "state.db", "snapshots.db"}, written


def _clear(directory: Path) -> None:
    for path in directory.iterdir():
        if path.name != "bbsync.toml":
            path.unlink()


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Path:
    """A directory that lies alone in another."""
    place = tmp_path / "place"
    place.mkdir()
    return place


def test_a_hostile_bitbucket_gets_nowhere(place: Path) -> None:
    """One thing in every answer is another one: of another type or size, an address, a name that is none."""
    world = make_world(7, SMALL, datetime.now(UTC))
    with desk_in(place) as desk:
        desk.policy("[pull_requests]", "enriched = true")

        @slow
        @given(spoilers, st.booleans())
        def law(spoilt: Spoilt, first: bool) -> None:
            _clear(place)
            bitbucket = Bitbucket(world, consumers=CONSUMERS)
            desk.bend_bitbucket = bitbucket.app
            if not first:
                desk.applied()
            desk.bend_bitbucket = lambda request: spoilt(request, bitbucket.app(request))

            planned = desk.run("plan", "-v", "--out", str(desk.plan_file))
            assert spoilt.calls <= MOST_CALLS
            shown = [desk.run("show", str(desk.plan_file), "--full")] if desk.plan_file.exists() else []
            applied = desk.run("apply", "-v", "--auto-approve")
            checked = desk.run("check", "-v")

            _require_good_order(place, planned, *shown, applied, checked)

        law()


def test_a_hostile_jupiterone_gets_nowhere(place: Path) -> None:
    """The same for its answers: pages of the graph, places of results, jobs."""
    world = make_world(7, SMALL, datetime.now(UTC))
    with desk_in(place) as desk, jupiterone_of(desk) as environ:

        @slow
        @given(spoilers, st.booleans())
        def law(spoilt: Spoilt, first: bool) -> None:
            _clear(place)
            desk.bend_bitbucket = Bitbucket(world, consumers=CONSUMERS).app
            desk.jupiterone = JupiterOne(account="acme-account", keys=(ApiKey(API_KEY),))
            desk.bend_jupiterone = lambda _request, response: response
            if not first:
                assert desk.run("apply", "--auto-approve", environ=environ).code == 0
            desk.bend_jupiterone = spoilt

            planned = desk.run("plan", "-v", "--out", str(desk.plan_file), environ=environ)
            assert spoilt.calls <= MOST_CALLS
            applied = desk.run("apply", "-v", "--auto-approve", environ=environ)
            checked = desk.run("check", "-v", environ=environ)

            _require_good_order(place, planned, applied, checked)

        law()


def _endless(kind: str, number: int) -> dict[str, Any]:
    """A page of fresh items that says there is another one."""
    values = [{"uuid": f"{{{number}-{one}}}", "slug": "x", "name": "x"} for one in range(50)]
    return {"values": values, "pagelen": 50, "size": 10**9, "next": f"{kind}?page={number}"}


def test_pages_without_end_are_left_when_the_calls_are_spent(place: Path) -> None:
    """Fresh items on every page, for ever: a run makes as many calls as it has, and plans nothing of it."""
    count = 0
    with desk_in(place) as desk:
        desk.policy("[limits]", "calls_per_hour = 60")
        origin = desk.environ["BITBUCKET_API_URL"]

        def endless(request: httpx.Request) -> httpx.Response | None:
            nonlocal count
            if not request.url.path.startswith("/2.0/repositories/"):
                return None
            count += 1
            return httpx.Response(200, json=_endless(f"{origin}{request.url.path}", count))

        desk.bend_bitbucket = endless
        ended = desk.run("plan", "--out", str(desk.plan_file))

    assert (ended.code, "(BB-RATE-LIMIT)" in ended.err) == (1, True)
    assert count <= 60 * len(CONSUMERS)
    assert not desk.plan_file.exists()


def test_a_spoilt_answer_never_deletes(place: Path) -> None:
    """Against a graph that is up to date: whatever is spoilt in what is read, no more goes than the last run would."""
    world = make_world(7, SMALL, datetime.now(UTC))
    with desk_in(place) as desk:
        bitbucket = Bitbucket(world, consumers=CONSUMERS, calls_per_hour=10**9)
        desk.bend_bitbucket = bitbucket.app
        desk.applied()

        @slow
        @given(spoilers.filter(lambda spoilt: spoilt.status in (0, 403, 429, 500)))
        def law(spoilt: Spoilt) -> None:
            (place / "state.db").unlink()
            desk.bend_bitbucket = lambda request: spoilt(request, bitbucket.app(request))

            ended = desk.run("plan", "--out", str(desk.plan_file))

            assert _deleted(desk, ended) <= MAY_BE_SAID_TO_BE_GONE

        law()


#: What a service may truthfully say is gone by changing one value: who was given something is named in it, and a group
#: that has another slug is another group.
MAY_BE_SAID_TO_BE_GONE = {"bitbucket_permission", "bitbucket_branch_restriction", "bitbucket_group"}


def _deleted(desk: Desk, ended: Ended) -> set[str]:
    """The types of what the plan deletes, if there is one."""
    if not desk.plan_file.exists() or ended.code not in (0, 3):
        return set()
    document = json.loads(desk.plan_file.read_text(encoding="utf-8"))
    return {change["type"] for change in document["changes"] if change["action"] == "delete"}
