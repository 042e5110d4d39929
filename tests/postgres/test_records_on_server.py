"""What is promised of records in a file holds on a server, too; and more of them, which many runners share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from bbsync.coverage import Known
from bbsync.errors import StateError
from bbsync.state import KeptSnapshot, KeptSnapshots, State
from tests.postgres.server_rig import Server
from tests.state.lease_rig import Turns
from tests.state.test_audits import (
    test_each_target_has_a_history_of_its_own,
    test_the_history_is_bounded_for_each_target,
    test_what_was_noted_is_there_for_the_next_run,
)
from tests.state.test_journal import (
    test_closed_journal_is_empty,
    test_journals_of_scopes_are_kept_apart,
    test_next_apply_reads_what_the_last_one_wrote,
)
from tests.state.test_lease import (
    test_keeping_a_stolen_lease_ends_quietly,
    test_lease_that_was_lost_and_given_back_is_lost,
    test_nothing_is_written_under_a_stolen_lease,
    test_stolen_lease_is_not_given_back,
    test_stolen_lease_is_noticed,
)
from tests.state.test_turn import (
    test_dead_process_here_is_not_waited_for,
    test_first_one_does_not_wait,
    test_lease_is_given_back_whatever_happens,
    test_next_one_comes_when_the_lease_is_given_back,
    test_process_here_that_lives_is_waited_for,
    test_scopes_do_not_wait_for_each_other,
)
from tests.test_state import (
    LINE,
    LOCAL,
    NOON,
    VAULT,
    WEB,
    test_audit_trail_is_in_the_order_of_applying,
    test_failed_apply_is_in_the_trail_and_counts_for_nothing,
    test_repositories_that_were_not_read_keep_their_watermarks,
    test_scopes_are_kept_apart,
    test_settings_of_the_last_apply_come_back_as_they_went,
    test_settings_stay_where_none_are_noted,
    test_what_is_recorded_is_there_in_the_next_run,
)

__all__ = [  # they run here with the fixtures below
    "test_audit_trail_is_in_the_order_of_applying",
    "test_closed_journal_is_empty",
    "test_dead_process_here_is_not_waited_for",
    "test_each_target_has_a_history_of_its_own",
    "test_failed_apply_is_in_the_trail_and_counts_for_nothing",
    "test_first_one_does_not_wait",
    "test_journals_of_scopes_are_kept_apart",
    "test_keeping_a_stolen_lease_ends_quietly",
    "test_lease_is_given_back_whatever_happens",
    "test_lease_that_was_lost_and_given_back_is_lost",
    "test_next_apply_reads_what_the_last_one_wrote",
    "test_next_one_comes_when_the_lease_is_given_back",
    "test_nothing_is_written_under_a_stolen_lease",
    "test_process_here_that_lives_is_waited_for",
    "test_repositories_that_were_not_read_keep_their_watermarks",
    "test_scopes_are_kept_apart",
    "test_scopes_do_not_wait_for_each_other",
    "test_settings_of_the_last_apply_come_back_as_they_went",
    "test_settings_stay_where_none_are_noted",
    "test_stolen_lease_is_not_given_back",
    "test_stolen_lease_is_noticed",
    "test_the_history_is_bounded_for_each_target",
    "test_what_is_recorded_is_there_in_the_next_run",
    "test_what_was_noted_is_there_for_the_next_run",
]

MINUTE = 60_000


@pytest.fixture(name="file")
def _file(url: str) -> str:
    """Where the records will be."""
    return url


@pytest.fixture(name="place")
def _place(url: str) -> str:
    """Where the audits will be."""
    return url


@pytest.fixture(name="turns")
def _turns(url: str) -> Turns:
    return Turns(url)


def test_reading_makes_no_table(url: str, server: Server, schema: str) -> None:
    """Who only looks needs no right to make anything."""
    found = State(url).known(LOCAL), KeptSnapshots(url).of(LOCAL)

    assert found == (Known(), None)
    assert server.execute(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'") == []  # noqa: S608 - ours


def test_runners_make_the_tables_once(url: str) -> None:
    """However many come first at the same time, each finds all tables, and no line is lost."""
    with ThreadPoolExecutor(8) as runners:
        lines = list(runners.map(lambda number: evolve(LINE, plan_id=f"{number:08}"), range(8)))
        list(runners.map(lambda line: State(url).record(line, Known({WEB: NOON})), lines))

    assert sorted(line.plan_id for line in State(url).applies(LOCAL)) == [line.plan_id for line in lines]


def test_all_or_nothing(url: str) -> None:
    """A watermark that cannot be written takes the line with it, and the other watermarks."""
    State(url).record(LINE, Known({WEB: NOON}))

    with pytest.raises(StateError, match="cannot be used"):
        State(url).record(evolve(LINE, plan_id="ffffffff"), Known({WEB: NOON + 1, VAULT: 2**70}))

    assert State(url).known(LOCAL).watermarks == {WEB: NOON}
    assert State(url).applies(LOCAL) == [LINE]


def test_records_of_a_newer_bbsync_are_refused(url: str, server: Server, schema: str) -> None:
    """Runners are not updated all at once: an old one leaves alone what it does not know."""
    State(url).record(LINE, Known())
    server.execute("UPDATE bbsync_format SET version = version + 1", schema)

    with pytest.raises(StateError, match="written by a newer bbsync") as caught:
        State(url).record(LINE, Known())

    assert caught.value.code == "BB-STATE-FORMAT"


def test_the_kept_snapshot_is_noted_there(url: str) -> None:
    """The last one holds, and the records are in no directory here."""
    kept = KeptSnapshot(LOCAL, "3f9a1c02", NOON, "lineage", 7)
    records = KeptSnapshots(url)
    records.note(evolve(kept, serial=6))
    records.note(kept)

    assert (records.of(LOCAL), records.directory) == (kept, None)


@pytest.mark.parametrize("own_clock", [0.0, 4_000_000_000.0])
def test_a_lease_ends_by_the_clock_of_the_server(url: str, server: Server, schema: str, own_clock: float) -> None:
    """Whatever time a runner believes it to be, two silent minutes on the server are two minutes."""
    turns = Turns(url, now=own_clock)
    turns.held_by()
    server.execute(f"UPDATE bbsync_leases SET renewed = renewed - {2 * MINUTE}", schema)  # noqa: S608 - a number

    with turns.ours() as lease:
        lease.renew()

    assert turns.slept == 0
    assert "no sign of life for 2m00s" in turns.said[-1]


def test_a_sign_of_life_is_by_the_clock_of_the_server(url: str, server: Server, schema: str) -> None:
    """Renewing puts the lease at the time that everybody shares."""
    lease = Turns(url, now=0.0).held_by()
    server.execute(f"UPDATE bbsync_leases SET renewed = renewed - {MINUTE}", schema)  # noqa: S608 - a number

    lease.renew()

    silent = "SELECT extract(epoch FROM clock_timestamp()) * 1000 - renewed BETWEEN 0 AND 30000 FROM bbsync_leases"
    assert server.execute(silent, schema) == [(True,)]
