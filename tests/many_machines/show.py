"""Many runners, few consumers: none over its limit, no two applies to one graph at once, and the dead are succeeded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.sandbox.server import serve
from tests.many_machines.runner import DEADLY, TAKEN, WAITING

ROOT = Path(__file__).parents[2]

#: Seconds after which something hangs.
PATIENCE = 540


@frozen
class Shape:
    """How much there is of everything; each workspace is to be synchronised so many times."""

    runners: int = 8
    workspaces: int = 40
    consumers: int = 3
    times: int = 2
    calls_per_hour: int = 300


@frozen
class Seen:
    """What came of it.

    Attributes:
        calls: how many each consumer made, as Bitbucket counted.
        refused: how many of them it refused because of its limit.
        outcomes: how many runs ended how.
        overlaps: pairs of runners that wrote to the same graph at once, and where.
        takeovers: what was said by those who took over.
        finished: workspaces whose graph was written in the end.
    """

    calls: dict[str, int]
    refused: int
    outcomes: dict[str, int]
    overlaps: tuple[str, ...]
    takeovers: tuple[str, ...]
    finished: frozenset[str]


def show(place: Path, url: str, shape: Shape) -> Seen:
    """Let the runners work, kill one in the middle of an apply, put another in its place, and look."""
    names = tuple(f"team-{number:02}" for number in range(shape.workspaces))
    sizes = Sizes(
        repositories=2,
        members=2,
        projects=1,
        groups=1,
        pull_requests=2,
        restrictions=1,
        permissions=1,
        workspaces=names,
    )
    consumers = [Consumer(f"shared-key-{n}", f"shared-secret-{n}-0123456789") for n in range(shape.consumers)]
    bitbucket = Bitbucket(
        make_world(11, sizes, datetime.now(UTC)),
        consumers=consumers,
        calls_per_hour=shape.calls_per_hour,
        limit_everything=True,
    )
    with serve(bitbucket.app) as origin:
        _prepare(place, url, origin, consumers, names, shape)
        ended = _run(place, [f"runner-{number}" for number in range(shape.runners)])
        (place / WAITING / f"{names[0]}.again").touch()
        heirs = _run(place, [f"heir-{number}" for number in range(len(ended) - ended.count(0))])
    if heirs != [0]:
        raise AssertionError(f"one runner should have died, and its heir not: {ended}, {heirs}")
    return _seen(place, bitbucket)


def _prepare(
    place: Path, url: str, origin: str, consumers: list[Consumer], names: tuple[str, ...], shape: Shape
) -> None:
    for folder in (WAITING, TAKEN):
        (place / folder).mkdir()
    for name in names:
        (place / f"{name}.toml").write_text(
            f'[target]\nkind = "local"\nscope = "{name}"\n'
            f'[limits]\nconcurrency = 4\ncalls_per_hour = {shape.calls_per_hour}\non_exhausted = "fail"\n',
            encoding="utf-8",
        )
        for time in range(shape.times):
            deadly = DEADLY if (name, time) == (names[0], 0) else ""
            (place / WAITING / f"{name}.{time}{deadly}").touch()
    environ = {
        "BITBUCKET_URL": origin,
        "BITBUCKET_API_URL": origin,
        "BITBUCKET_CLIENT_KEY": ",".join(consumer.key for consumer in consumers),
        "BITBUCKET_CLIENT_SECRET": ",".join(consumer.secret for consumer in consumers),
        "BBSYNC_STATE_URL": url,
        "BBSYNC_TARGET_URL": url,
    }
    (place / "environ.json").write_text(json.dumps(environ), encoding="utf-8")


def _run(place: Path, names: list[str]) -> list[int]:
    """Runners at the same time; how each ended. Each is waited for, so that the dead are gone at once."""
    with ThreadPoolExecutor(max(1, len(names))) as waiting:
        return list(waiting.map(lambda name: _runner(place, name), names))


def _runner(place: Path, name: str) -> int:
    command = [sys.executable, "-m", "tests.many_machines.runner", str(place), name]
    return subprocess.run(command, cwd=ROOT, check=False, timeout=PATIENCE).returncode  # noqa: S603 - our own interpreter


def _seen(place: Path, bitbucket: Bitbucket) -> Seen:
    lines = list(_lines(place))
    asked = [(key, status) for method, _, status, key in bitbucket.calls if key and method == "GET"]
    ended = [line for line in lines if line["what"] == "ended"]
    return Seen(
        calls=dict(sorted(Counter(key for key, _ in asked).items())),
        refused=sum(status == 429 for _, status in asked),
        outcomes=dict(sorted(Counter(line["outcome"] for line in ended).items())),
        overlaps=tuple(_overlaps(lines)),
        takeovers=tuple(line["line"] for line in lines if "taking over" in line.get("line", "")),
        finished=frozenset(line["workspace"] for line in lines if line["what"] == "committed"),
    )


def _lines(place: Path) -> Iterator[dict[str, str]]:
    for file in sorted(place.glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            yield {"by": file.stem, **json.loads(line)}


def _overlaps(lines: list[dict[str, str]]) -> Iterator[str]:
    """Two runners in the middle of writing to the same graph; who died in it had written nothing."""
    writing: dict[str, str] = {}
    dead = {line["by"] for line in lines} - {line["by"] for line in lines if line["what"] == "ended"}
    for line in sorted(lines, key=lambda line: line["at"]):
        where, who = line["workspace"], line["by"]
        if line["what"] == "writing" and who not in dead:
            if where in writing:
                yield f"{where}: {writing[where]} and {who}"
            writing[where] = who
        elif line["what"] in {"committed", "ended"} and writing.get(where) == who:
            del writing[where]
