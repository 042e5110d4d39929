"""Whatever goes wrong with a server is one sentence with a code, and shows no password."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bbsync.coverage import Known
from bbsync.errors import ExitCode, StateError
from bbsync.state import State, open_ledger
from bbsync.state.database import Database
from tests.postgres.server_rig import Server
from tests.state.test_call_ledger import NOON, ONE, take
from tests.test_state import LINE, LOCAL
from tests.tested_package import HOME

RIGHT, WRONG = "correct-horse-battery", "wrong-horse-battery"

#: By what is wrong: user and password, database, and the code.
REFUSED = {
    "wrong password": (f"guarded:{WRONG}", "records", "BB-POSTGRES-LOGIN"),
    "no password": ("guarded", "records", "BB-POSTGRES-LOGIN"),
    "no such user": ("nobody-here", "records", "BB-POSTGRES-LOGIN"),
    "no such database": ("bbsync", "nothing", "BB-POSTGRES-MISSING"),
    "no right to make tables": (f"guarded:{RIGHT}", "records", "BB-POSTGRES-DENIED"),
}

WITHOUT_DRIVER = """
import sys
from pathlib import Path
sys.modules["psycopg"] = None
from bbsync.errors import BbsyncError
from bbsync.state import State
try:
    State(sys.argv[1])
except BbsyncError as error:
    print(error)
"""


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_refusal_is_a_sentence(server: Server, wrong: str) -> None:
    """Who is not let in, or not to make what is needed, reads why, and what to do."""
    user, database, code = REFUSED[wrong]
    state = State(server.url(user=user, database=database))

    with pytest.raises(StateError) as caught:
        state.record(LINE, Known())

    assert (caught.value.code, caught.value.exit_code) == (code, ExitCode.ERROR)
    assert "PostgreSQL says: " in caught.value.why
    assert "\n" not in str(caught.value)
    assert not {RIGHT, WRONG} & {*str(caught.value).replace(":", " ").replace("@", " ").split()}


def test_a_server_that_is_down_is_a_sentence(tmp_path: Path) -> None:
    """Nobody listens where the address points to; there is no code of the server's own then."""
    state = State(f"postgresql://bbsync:{RIGHT}@/records?host={tmp_path}")

    with pytest.raises(StateError, match="cannot be reached") as caught:
        state.known(LOCAL)

    assert caught.value.code == "BB-POSTGRES-DOWN"
    assert RIGHT not in str(caught.value)


def test_a_connection_that_breaks_is_a_sentence_and_the_next_one_works(url: str, server: Server, schema: str) -> None:
    """A server that restarts ends a run in good order; what was written before is there."""
    with open_ledger(url) as ledger:
        take(ledger, ONE, NOON)
        end_connections(server, schema)

        with pytest.raises(StateError, match="has gone away") as caught:
            take(ledger, ONE, NOON)
        again = take(ledger, ONE, NOON)

    assert caught.value.code == "BB-POSTGRES-DOWN"
    assert again
    assert server.execute("SELECT count(*) FROM bbsync_calls", schema) == [(2,)]


def test_nothing_is_written_of_a_transaction_that_breaks(url: str, server: Server, schema: str) -> None:
    """The runner that dies in the middle of writing leaves nothing, and lets the next one in at once."""
    State(url).record(LINE, Known())

    def forget() -> None:
        with Database(url).writing() as connection:
            connection.exec_driver_sql("DELETE FROM bbsync_applies")
            end_connections(server, schema)
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(StateError, match="has gone away"):
        forget()

    assert State(url).applies(LOCAL) == [LINE]


def test_waiting_for_a_turn_has_an_end(server: Server, url: str) -> None:
    """Somebody who writes and writes does not keep others for ever."""
    impatient = Database(url.replace("options=", "options=-clock_timeout%3D20ms%20"))
    State(url).record(LINE, Known())

    with (
        Database(url).writing(),
        pytest.raises(StateError, match="keeps the PostgreSQL server busy") as caught,
        impatient.writing(),
    ):
        pytest.fail("both write")

    assert caught.value.code == "BB-POSTGRES-BUSY"


def test_calls_do_not_wait_for_records(url: str) -> None:
    """A large transaction of one run does not keep the others from asking Bitbucket."""
    with open_ledger(url) as ledger, Database(url).writing():
        assert take(ledger, ONE, NOON)


def test_a_runner_that_is_frozen_in_its_turn_loses_it(url: str) -> None:
    """A machine that sleeps, or is gone, does not hold the others up: the server ends its transaction."""

    def hold_on() -> None:
        with Database(url).writing() as connection:
            connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 1")  # a minute, for the impatient
            State(url).record(LINE, Known())  # waits until the server has ended the other one
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(StateError) as caught:
        hold_on()

    assert caught.value.code in {"BB-POSTGRES-BUSY", "BB-POSTGRES-DOWN"}
    assert State(url).applies(LOCAL) == [LINE]


def test_without_the_extra_it_says_what_to_install(url: str) -> None:
    """Whoever keeps records in a file needs no driver; who does not is told which."""
    command = [sys.executable, "-c", WITHOUT_DRIVER, url]

    said = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True).stdout  # noqa: S603 - ours

    assert "(BB-POSTGRES-EXTRA)" in said
    assert 'pip install "bbsync[postgres]"' in said


def end_connections(server: Server, schema: str) -> None:
    """What the server does to a test's connections when somebody restarts it."""
    server.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'bbsync'", schema
    )
