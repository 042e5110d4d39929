"""Whatever ends an apply, and wherever: after the same command once more the graph is as if nothing had happened."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.crash.crash_rig import Bench, bench_in

#: No apply here makes more requests or writes than this.
MANY = 200

#: What a run answers that was ended by Ctrl-C, or came to its end in spite of it.
INTERRUPTED = (0, 130)


@pytest.fixture(name="local", scope="module")
def _local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A plan for a local graph."""
    with bench_in(tmp_path_factory.mktemp("local"), "local") as bench:
        yield bench


@pytest.fixture(name="remote", scope="module")
def _remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A plan for JupiterOne."""
    with bench_in(tmp_path_factory.mktemp("remote"), "jupiterone") as bench:
        yield bench


@pytest.fixture(name="bench", params=["local", "remote"])
def _bench(request: pytest.FixtureRequest) -> Bench:
    """Either of them."""
    bench: Bench = request.getfixturevalue(request.param)
    return bench


def assert_mended(bench: Bench, where: object) -> None:
    """The same command goes on from there: nothing is lost, doubled, left open or left unsaid."""
    again = bench.desk.run("apply", str(bench.desk.plan_file), environ=bench.environ)

    assert again.code == 0, (where, again.err)
    assert bench.graph == bench.wanted, where
    assert bench.watermarks == bench.wanted_watermarks, where
    assert bench.left_over() == (0, 0), where


# kill -9


def test_killed_at_any_write(local: Bench) -> None:
    """Power fails before any statement or commit in the graph or the records."""
    for moment in range(1, MANY):
        local.rewind()
        if local.apply(at=moment, signals=[signal.SIGKILL]) == 0:
            break
        assert_mended(local, moment)

    assert 20 < moment < MANY


def test_killed_at_writes_of_the_journal(remote: Bench) -> None:
    """Power fails between a request and the note about it, or between the note and the request."""
    for moment in range(1, MANY, 7):
        remote.rewind()
        if remote.apply(at=moment, signals=[signal.SIGKILL]) == 0:
            break
        assert_mended(remote, moment)

    assert 20 < moment < MANY


@pytest.mark.parametrize("processed", [False, True], ids=["before", "after"])
def test_killed_at_any_request(remote: Bench, processed: bool) -> None:
    """The process dies before JupiterOne gets a request, or when it has carried it out and nobody hears of it."""
    for number in count(1):
        remote.rewind()
        remote.strike = lambda *at, number=number: remote.kill() if at == (number, processed) else None
        code = remote.apply()
        remote.strike = nothing
        if code == 0:
            break
        assert code == -signal.SIGKILL
        finalized = remote.finalized
        assert_mended(remote, number)
        assert remote.finalized == max(finalized, 1), "a job that was carried out is not carried out again"

    assert number > 8


def nothing(_number: int, _processed: bool) -> None:
    """Strikes nowhere."""


# Ctrl-C


@pytest.mark.parametrize("how", ["interrupt", "insist"], ids=["once", "twice"])
def test_interrupted_at_any_request(remote: Bench, how: str) -> None:
    """Ctrl-C once ends the run in good order, which after finalize is its own end; twice ends it at once."""
    finished = 0
    for number in count(1):
        remote.rewind()
        remote.strike = lambda *at, number=number: getattr(remote, how)() if at == (number, False) else None
        code = remote.apply()
        remote.strike = nothing
        if remote.requests < number:
            break
        assert code == 130 or (code, how, remote.finalized, remote.left_over()) == (0, "interrupt", 1, (0, 0))
        finished += code == 0
        assert_mended(remote, number)

    assert number > 8
    assert (finished > 0) == (how == "interrupt")


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGINT] * 2], ids=["once", "twice"])
def test_interrupted_at_writes(local: Bench, signals: list[int]) -> None:
    """The same in the middle of what is written here."""
    for moment in range(1, 46, 9):
        local.rewind()
        assert local.apply(at=moment, signals=signals) in INTERRUPTED
        assert_mended(local, moment)


# Full disks


@pytest.mark.parametrize("room", [0, 4_096, 20_000, 40_000, 60_000, 80_000])
def test_full_disk(bench: Bench, room: int) -> None:
    """No file can grow any more: one sentence, an untouched graph or a whole one, and once there is room it goes on."""
    bench.rewind()
    before = bench.graph

    code = bench.apply(room=room)

    assert (code, bench.graph) in ((0, bench.wanted), (1, before))
    assert "Traceback" not in bench.told
    assert_mended(bench, room)


# Power cuts that cut files off


def parts(size: int) -> list[int]:
    """Lengths to which a file of that size is cut."""
    lengths = {0, 1, 50, size // 3, size // 2, size - 4096, size - 100, size - 1}
    return sorted(length for length in lengths if 0 <= length < size)


def test_cut_off_side_files_lose_nothing(local: Bench) -> None:
    """What SQLite keeps beside its files may be cut off anywhere: it is made so that this does no harm."""
    cut = 0
    for moment in (25, 40):
        local.rewind()
        local.apply(at=moment, signals=[signal.SIGKILL])
        files = local.files
        for name in (name for name in files if name not in ("graph.db", "state.db", "plan.json")):
            for length in parts(len(files[name])):
                local.put_back({**files, name: files[name][:length]})
                assert_mended(local, (moment, name, length))
                cut += 1

    assert cut > 5


@pytest.mark.parametrize("name", ["plan.json", "graph.db", "state.db"])
def test_cut_off_file_is_refused_until_a_good_one_is_back(local: Bench, name: str) -> None:
    """A file that was cut off is named in a sentence and left as it is, nothing is written, and a good copy mends it.

    Records that are gone altogether are begun anew, so there the apply succeeds.
    """
    local.rewind()
    files = local.files
    for length in parts(len(files[name])):
        local.put_back({**files, name: files[name][:length]})

        ended = local.try_to("apply", str(local.desk.plan_file))

        if (name, ended.code) != ("state.db", 0):
            assert ended.code in (1, 5), ended.err
            assert "\nError: " in f"\n{ended.err}"
            assert (local.desk.directory / name).read_bytes() == files[name][:length]
            local.put_back(files)
        assert_mended(local, (name, length))


def test_records_that_were_moved_away_are_begun_anew(local: Bench) -> None:
    """Without any records the same command finishes the work."""
    local.rewind()
    local.apply(at=30, signals=[signal.SIGKILL])
    local.put_back({name: held for name, held in local.files.items() if not name.startswith("state.db")})

    assert_mended(local, "no records")


def test_bench_tells_a_crash_from_none(local: Bench, tmp_path: Path) -> None:
    """An apply that nobody disturbs makes the graph that the others are compared with."""
    local.rewind()

    assert local.apply() == 0
    assert local.graph == local.wanted
    assert not list(tmp_path.iterdir())
