"""The ledger of calls on a server: one budget for each consumer, over all runners and whatever their clocks say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bbsync.bitbucket.ledger import HOUR
from bbsync.state import CallLedger, open_ledger
from tests.postgres.server_rig import Server
from tests.state.test_call_ledger import ASKING, NOON, ONE, TWO, take, test_threads_share_the_hour
from tests.tested_package import HOME

__all__ = ["test_threads_share_the_hour"]  # it runs here with the fixture below


#: What a runner believes whose clock is wrong.
TOMORROW = NOON + 24 * HOUR


@pytest.fixture(name="ledger")
def _ledger(url: str) -> Iterator[CallLedger]:
    with open_ledger(url) as ledger:
        yield ledger


def pass_time(server: Server, schema: str, milliseconds: int) -> None:
    """What was written down is so much older now."""
    server.execute(f"UPDATE bbsync_calls SET at = at - {milliseconds}", schema)  # noqa: S608 - a number
    server.execute(f"UPDATE bbsync_rests SET at = at - {milliseconds}, until = until - {milliseconds}", schema)  # noqa: S608 - numbers


def test_runners_whose_clocks_disagree_share_one_hour(url: str, ledger: CallLedger) -> None:
    """A runner a day ahead neither gets calls twice nor takes any away."""
    with open_ledger(url) as other:
        allowed = [take(ledger, ONE, NOON, 3), take(other, ONE, TOMORROW, 3), take(ledger, ONE, NOON, 3)]
        refused = [take(ledger, ONE, NOON, 3), take(other, ONE, TOMORROW, 3)]

    assert (allowed, refused) == ([True] * 3, [False] * 2)
    assert take(ledger, TWO, NOON, 3)


def test_what_is_heard_is_in_the_runners_own_time(url: str, ledger: CallLedger) -> None:
    """A runner counts down from its own now, wherever the others believe to be."""
    ledger.record(ONE, NOON)
    ledger.rest(ONE, NOON, NOON + HOUR)

    with open_ledger(url) as other:
        (call,), until = other.past(ONE, TOMORROW, since=TOMORROW - HOUR)

    assert TOMORROW - 30_000 < call <= TOMORROW
    assert TOMORROW + HOUR - 30_000 < until <= TOMORROW + HOUR


def test_calls_are_free_again_after_an_hour(ledger: CallLedger, server: Server, schema: str) -> None:
    """Not before, and then what is old is forgotten."""
    take(ledger, ONE, NOON, 1)
    pass_time(server, schema, HOUR - 30_000)
    before = take(ledger, ONE, NOON, 1)

    pass_time(server, schema, 30_000)

    assert (before, take(ledger, ONE, NOON, 1)) == (False, True)
    ledger.past(TWO, NOON, since=NOON - HOUR)
    assert server.execute("SELECT count(*) FROM bbsync_calls", schema) == [(1,)]


def test_nobody_asks_as_a_consumer_that_somebody_was_refused(
    url: str, ledger: CallLedger, server: Server, schema: str
) -> None:
    """The longer rest holds for all runners, and ends by the server's clock."""
    ledger.rest(ONE, NOON, NOON + 600_000)
    ledger.rest(ONE, NOON, NOON + 60_000)

    with open_ledger(url) as other:
        before = take(other, ONE, TOMORROW), take(other, TWO, TOMORROW)
        pass_time(server, schema, 600_001)
        after = take(other, ONE, TOMORROW)

    assert (before, after) == ((False, True), True)


def test_ledgers_at_once_never_exceed_the_limit(url: str) -> None:
    """Connections that ask together as two consumers get exactly what each has left."""

    def ask(number: int) -> list[bool]:
        with open_ledger(url) as ledger:
            return [take(ledger, (ONE, TWO)[number % 2], NOON, 50) for _ in range(20)]

    with ThreadPoolExecutor(8) as runners:
        allowed = [one for asked in runners.map(ask, range(8)) for one in asked]

    assert allowed.count(True) == 100


def test_processes_share_the_hour(url: str) -> None:
    """Runners of their own together make exactly as many calls as the consumer has; none stops another."""
    command = [sys.executable, "-c", ASKING, url, str(NOON)]
    runs = [
        subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own interpreter
        for _ in range(2)
    ]

    said = [run.communicate(timeout=60) for run in runs]

    assert [err for _, err in said] == ["", ""]
    assert sum(int(out) for out, _ in said) == 300
