"""Promises of the records between runs: watermarks and the audit trail."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from bbsync.coverage import Known
from bbsync.errors import StateError
from bbsync.graph import Properties
from bbsync.state import FORMAT, Applied, State

LOCAL, ACCOUNT = "local graph.db, scope bbsync", "JupiterOne account acme, scope bbsync"
WEB, VAULT = "{web-repository}", "{vault-repository}"
NOON = 1_800_000_000_000

LINE = Applied(
    scope=LOCAL,
    plan_id="3f9a1c02",
    applied_at=NOON,
    applied_by="ada",
    ci_url="https://ci.example.test/jobs/7",
    outcome="applied",
    allow_deletes=12,
    counted="12 entities deleted",
)


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    """Where the records will be; nothing is there yet, not even the directory."""
    return tmp_path / ".bbsync" / "state.db"


SETTINGS: Properties = {"workspaces": ("acme",), "kinds_off": (), "pull_requests.ingest": True}


def at(file: Path | str) -> State:
    """The records in that file, or at that address, as a new run opens them."""
    return State(file if isinstance(file, str) else f"sqlite:///{file}")


@contextmanager
def room_for(pages: int) -> Iterator[None]:
    """Let no database grow beyond so many pages, as on a full disk."""

    def bound(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    event.listen(Engine, "connect", bound)
    try:
        yield
    finally:
        event.remove(Engine, "connect", bound)


def execute(file: Path, *statements: str) -> None:
    """Change the file by hand."""
    file.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


# What is recorded


def test_what_is_recorded_is_there_in_the_next_run(file: Path) -> None:
    """The watermarks and the line of the audit trail come back as they were."""
    at(file).record(LINE, Known({WEB: NOON, VAULT: NOON - 1}))

    assert at(file).known(LOCAL).watermarks == {WEB: NOON, VAULT: NOON - 1}
    assert at(file).applies(LOCAL) == [LINE]


def test_audit_trail_is_in_the_order_of_applying(file: Path) -> None:
    """The oldest line comes first, whatever the clock said."""
    lines = [
        LINE,
        evolve(LINE, plan_id="aaaaaaaa", applied_at=NOON - 5, allow_deletes=None),
        evolve(LINE, plan_id="55555555"),
    ]

    for line in lines:
        at(file).record(line, Known({}))

    assert at(file).applies(LOCAL) == lines


def test_scopes_are_kept_apart(file: Path) -> None:
    """What is in one graph says nothing about another."""
    at(file).record(LINE, Known({WEB: NOON}))
    at(file).record(evolve(LINE, scope=ACCOUNT), Known({WEB: NOON - 9, VAULT: NOON}))

    assert at(file).known(LOCAL).watermarks == {WEB: NOON}
    assert at(file).known(ACCOUNT).watermarks == {WEB: NOON - 9, VAULT: NOON}
    assert [line.scope for line in at(file).applies(ACCOUNT)] == [ACCOUNT]
    assert at(file).known("local other.db, scope bbsync").watermarks == {}


def test_repositories_that_were_not_read_keep_their_watermarks(file: Path) -> None:
    """A watermark moves only where its own listing was read."""
    at(file).record(LINE, Known({WEB: NOON, VAULT: NOON}))

    at(file).record(LINE, Known({WEB: NOON + 1}))

    assert at(file).known(LOCAL).watermarks == {WEB: NOON + 1, VAULT: NOON}


MOMENTS = st.dictionaries(st.sampled_from([WEB, VAULT]), st.integers(0, 2**53))


@settings(deadline=None)  # files are written, and how long that takes is no promise
@given(runs=st.lists(MOMENTS, max_size=5))
def test_no_watermark_moves_back(tmp_path_factory: pytest.TempPathFactory, runs: list[dict[str, int]]) -> None:
    """Whatever is recorded in whatever order, the latest moment of each repository holds."""
    file = tmp_path_factory.mktemp("state") / "state.db"

    for watermarks in runs:
        at(file).record(LINE, Known(watermarks))

    latest = {parent: max(run[parent] for run in runs if parent in run) for run in runs for parent in run}
    assert at(file).known(LOCAL).watermarks == latest


FAILED = evolve(
    LINE,
    outcome="failed",
    code="BB-APPLY-STALE",
    failure="the plan is stale",
    planned="12 entities deleted",
    milliseconds=7,
)


def test_failed_apply_is_in_the_trail_and_counts_for_nothing(file: Path) -> None:
    """An apply that did not succeed is remembered with its reason, and is not taken for one that did."""
    at(file).record(LINE, Known({WEB: NOON}))

    at(file).record_failure(FAILED)

    assert at(file).trail(LOCAL) == [LINE, FAILED]
    assert at(file).applies(LOCAL) == [LINE]
    assert at(file).known(LOCAL).watermarks == {WEB: NOON}


LATER = ("bbsync_apply_details", "bbsync_leases", "bbsync_journal")


def test_records_of_an_older_bbsync_are_read_and_go_on(file: Path) -> None:
    """Lines without details are read as they are; the next line brings what was not there yet."""
    at(file).record(LINE, Known({WEB: NOON}))
    execute(file, *(f"DROP TABLE {name}" for name in LATER))

    before = at(file).trail(LOCAL), at(file).applies(LOCAL)
    at(file).record_failure(FAILED)

    assert before == ([LINE], [LINE])
    assert at(file).trail(LOCAL) == [LINE, FAILED]


# Both or neither


def test_watermarks_and_audit_line_are_written_together(file: Path) -> None:
    """A watermark that cannot be written takes the line with it, and the other watermarks."""
    at(file).record(LINE, Known({WEB: NOON}))
    impossible = {WEB: NOON + 1, VAULT: 2**70}

    with pytest.raises(OverflowError):
        at(file).record(evolve(LINE, plan_id="ffffffff"), Known(impossible))

    assert at(file).known(LOCAL).watermarks == {WEB: NOON}
    assert at(file).applies(LOCAL) == [LINE]


def test_full_disk_is_a_sentence_and_changes_nothing(file: Path) -> None:
    """Records that do not fit any more leave what was there."""
    at(file).record(LINE, Known({WEB: NOON}))
    many = {f"{{repository-{number}}}": NOON for number in range(5_000)}

    with room_for(20), pytest.raises(StateError, match=r"is full\. .* have room") as caught:
        at(file).record(LINE, Known(many))

    assert str(file) in caught.value.what
    assert at(file).known(LOCAL).watermarks == {WEB: NOON}
    assert at(file).applies(LOCAL) == [LINE]


def test_first_records_that_did_not_fit_leave_nothing_half_made(file: Path) -> None:
    """When not even the tables fit, the next run finds no records and makes them anew."""
    with room_for(3), pytest.raises(StateError, match="is full"):
        at(file).record(LINE, Known({WEB: NOON}))

    assert at(file).known(LOCAL).watermarks == {}
    at(file).record(LINE, Known({WEB: NOON}))
    assert at(file).known(LOCAL).watermarks == {WEB: NOON}


def test_reading_goes_on_while_somebody_records(file: Path) -> None:
    """A run that is about to record keeps nobody from reading what was recorded before."""
    at(file).record(LINE, Known({WEB: NOON}))

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = at(file).known(LOCAL).watermarks

    assert found == {WEB: NOON}


# Files


def test_reading_never_makes_the_file(file: Path) -> None:
    """Nothing was recorded: that is what both questions answer, and the disk stays as it was."""
    state = at(file)

    assert (state.known(LOCAL).watermarks, state.applies(LOCAL)) == ({}, [])
    assert not file.parent.exists()


@pytest.mark.parametrize("prepare", ["empty", "without our tables"])
def test_database_without_our_tables_holds_no_records(file: Path, prepare: str) -> None:
    """An empty file, and a database that only others have used so far, are read as no records, and left alone."""
    statements = ["CREATE TABLE theirs (id INTEGER)"] if prepare == "without our tables" else []
    execute(file, *statements)
    before = file.read_bytes()

    found = at(file).known(LOCAL).watermarks, at(file).applies(LOCAL)

    assert found == ({}, [])
    assert file.read_bytes() == before


def test_records_are_for_their_owner_alone(file: Path) -> None:
    """The file can be read by nobody else, nor can its directory be looked into."""
    at(file).record(LINE, Known({}))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("doing", ["known", "applies", "record"])
def test_records_of_a_newer_bbsync_are_refused_and_left_as_they_are(file: Path, doing: str) -> None:
    """A format that is not known yet is neither read nor written."""
    at(file).record(LINE, Known({WEB: NOON}))
    execute(file, "UPDATE bbsync_format SET version = version + 1")
    before = file.read_bytes()

    with pytest.raises(StateError, match="written by a newer bbsync") as caught:
        at(file).record(LINE, Known({WEB: NOON + 1})) if doing == "record" else getattr(at(file), doing)(LOCAL)

    assert caught.value.code == "BB-STATE-FORMAT"
    assert f"format is {FORMAT + 1}" in caught.value.why
    assert file.read_bytes() == before


@pytest.mark.parametrize("doing", ["known", "applies", "record"])
def test_file_that_is_no_database_is_a_sentence_and_left_as_it_is(file: Path, doing: str) -> None:
    """Whatever else lies there is not overwritten."""
    file.parent.mkdir()
    file.write_text("notes of last week's meeting\n" * 40, encoding="utf-8")

    with pytest.raises(StateError, match=r"are damaged .* file is not a database") as caught:
        at(file).record(LINE, Known({})) if doing == "record" else getattr(at(file), doing)(LOCAL)

    assert str(file) in caught.value.what
    assert file.read_text(encoding="utf-8").startswith("notes")


def test_records_that_do_not_tell_their_format_are_a_sentence(file: Path) -> None:
    """Tables without the line that tells their format are not taken for ours."""
    execute(file, "CREATE TABLE bbsync_format (version INTEGER NOT NULL)")

    with pytest.raises(StateError, match="cannot be used"):
        at(file).known(LOCAL)


def test_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """Where a file is in the way of the directory, the system's word is passed on."""
    (tmp_path / "taken").write_text("a file", encoding="utf-8")

    with pytest.raises(StateError, match=r"cannot be used .* (Not a directory|File exists)"):
        at(tmp_path / "taken" / "state.db").record(LINE, Known({}))


@pytest.mark.parametrize("doing", ["known", "applies", "record"])
def test_impossible_name_is_a_sentence(tmp_path: Path, doing: str) -> None:
    """What the system says of a file that cannot be looked at is passed on, for reading too."""
    state = at(tmp_path / ("x" * 300))

    with pytest.raises(StateError, match="name too long"):
        state.record(LINE, Known({})) if doing == "record" else getattr(state, doing)(LOCAL)


# Addresses

PASSWORD = "hunter2-hunter2"


@pytest.mark.parametrize(
    "url",
    [
        f"nosuchdatabase://bbsync:{PASSWORD}@db.example.test/state",
        f"nosuchdatabase://db.example.test/state?password={PASSWORD}",
        f"postgresql://bbsync:{PASSWORD}@db.example.test:port/state",
        f"sqlite+nosuchdriver:///state.db?password={PASSWORD}",
        PASSWORD,
    ],
)
def test_address_that_cannot_be_used_is_named_without_its_password(url: str) -> None:
    """Whatever is wrong with the address, there is a sentence, and no secret in it or behind it."""
    with pytest.raises(StateError, match=r"state cannot be kept at .* \(BB-STATE\)\.") as caught:
        State(url)

    told = f"{caught.value} {caught.value.__cause__}"
    assert PASSWORD not in told
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_memory_is_refused(url: str) -> None:
    """Records that are gone with the run would make the next one miss changes."""
    with pytest.raises(StateError, match="cannot be kept in memory"):
        State(url)


# Settings of the last apply


def test_settings_of_the_last_apply_come_back_as_they_went(file: Path) -> None:
    """Each scope has its own, the last ones hold, and every value keeps its type."""
    at(file).record(LINE, Known({}), {**SETTINGS, "workspaces": ("globex",)})
    at(file).record(LINE, Known({}), SETTINGS)

    assert at(file).settings(LOCAL) == SETTINGS
    assert at(file).settings(ACCOUNT) == {}


def test_settings_stay_where_none_are_noted(file: Path) -> None:
    """A line without settings takes none away."""
    at(file).record(LINE, Known({}), SETTINGS)
    at(file).record(LINE, Known({}))

    assert at(file).settings(LOCAL) == SETTINGS


def test_records_without_settings_are_read_and_gain_them(file: Path) -> None:
    """An earlier bbsync noted no settings: nothing is known of them until the next apply."""
    at(file).record(LINE, Known({WEB: NOON}))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE bbsync_scopes")
    before = at(file).settings(LOCAL)

    at(file).record(LINE, Known({}), SETTINGS)

    assert before == {}
    assert at(file).settings(LOCAL) == SETTINGS
    assert at(file).known(LOCAL).watermarks == {WEB: NOON}


@pytest.mark.parametrize("written", ["", "{", "17", '"acme"'])
def test_settings_that_somebody_changed_are_refused(file: Path, written: str) -> None:
    """What cannot be compared must not count as nothing: that would let every narrower plan through."""
    at(file).record(LINE, Known({}), SETTINGS)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE bbsync_scopes SET settings = ?", (written,))
        connection.commit()

    with pytest.raises(StateError, match="settings of the last apply cannot be read"):
        at(file).settings(LOCAL)
