"""Promises of carrying out: one apply at a time, and whatever was left behind comes to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from attrs import evolve, frozen
from run_rig import Rig, rig_at

from bbsync import applying, steps
from bbsync.errors import BbsyncError, Locked, TargetError, Unfinished
from bbsync.graph import EMPTY
from bbsync.sandbox.jupiterone import Fault
from bbsync.sandbox.jupiterone.graphstore import GraphState
from bbsync.sandbox.server import App
from bbsync.state import Journal, Waiting, our_turn
from bbsync.state.lease import Lease
from bbsync.target import Counters, Step


@pytest.fixture(name="rig", params=["local", "jupiterone"])
def _rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    """The small world, and either target."""
    with rig_at(tmp_path, target=request.param) as rig:
        yield rig


@pytest.fixture(name="account")
def _account(tmp_path: Path) -> Iterator[Rig]:
    """The small world, and JupiterOne."""
    with rig_at(tmp_path, target="jupiterone") as rig:
        yield rig


def apply(rig: Rig, made: steps.Made, around: steps.Around | None = None, **how: bool) -> applying.Outcome:
    """Apply the plan, in whatever surroundings."""
    return applying.apply(made.plan, rig.settings(), around or rig.around, identity=made.id, **how)


def waiting(rig: Rig) -> Waiting:
    """What another run of the rig has around it."""
    return Waiting(rig.clock, lambda _seconds: None, rig.said.append)


def turn_of(rig: Rig, user: str) -> AbstractContextManager[Lease]:
    """The turn of somebody else."""
    return our_turn(rig.settings().state.url, rig.address, user, "", waiting(rig))


def journal_of(rig: Rig) -> list[tuple[str, str]]:
    """What is left in the journal."""
    with turn_of(rig, "reader") as lease:
        return [(line.step, line.detail) for line in Journal(lease, "", lambda: 0).left()]


# The lease


def test_second_apply_waits_for_the_first(rig: Rig) -> None:
    """While somebody applies, another apply waits; then it finds that there is nothing left to do."""
    made = rig.plan()
    turn = turn_of(rig, "bob")
    turn.__enter__()
    slept: list[float] = []

    def finish_the_first(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            turn.__exit__(None, None, None)
            assert not apply(rig, made).already

    outcome = apply(rig, made, evolve(rig.around, sleep=finish_the_first))

    assert outcome.already
    assert slept[:3] == [2, 2, 2]
    assert any(line.startswith("waiting for bob@") for line in rig.said)


def test_apply_that_waits_in_vain_writes_nothing(rig: Rig) -> None:
    """Somebody who goes on and on keeps the lease, and the graph is theirs."""
    made = rig.plan()

    with turn_of(rig, "bob") as lease:
        around = evolve(rig.around, sleep=lambda _seconds: lease.renew())
        with pytest.raises(Locked, match="bob@"):
            apply(rig, made, around)

    assert rig.graph == EMPTY
    assert [line.code for line in rig.records.trail(rig.address)] == ["BB-LOCK"]


def test_planning_needs_no_lease(rig: Rig) -> None:
    """While somebody applies, others may look."""
    with turn_of(rig, "bob"):
        made = rig.plan()

    assert not made.plan.is_empty


@frozen
class Thief:
    """Takes the lease over when it hears this line."""

    rig: Rig
    line: str

    def __call__(self, said: str) -> None:
        if self.line in said:
            self.rig.clock.now += 600
            with turn_of(self.rig, "thief"):
                pass


def test_stolen_lease_stops_the_holder(rig: Rig) -> None:
    """Who lost the lease while writing stops before it holds: nothing is in the graph, and no job is open."""
    made = rig.plan()
    line = "writing" if rig.target == "local" else "uploaded"

    with pytest.raises(Locked, match=r"took the lease over .* Nothing was written\."):
        apply(rig, made, evolve(rig.around, say=Thief(rig, line)))

    assert rig.graph == EMPTY
    assert [job.status for job in rig.jupiterone.jobs.values()] == ["ABORTED"] * (rig.target == "jupiterone")
    assert not apply(rig, made).already


def test_lease_lost_after_the_end_is_no_failure(account: Rig) -> None:
    """What JupiterOne carries out already is carried out, whoever has the lease then."""
    made = account.plan()

    outcome = apply(account, made, evolve(account.around, say=Thief(account, "JupiterOne is at work")))

    assert not outcome.already
    assert len(account.records.applies(account.address)) == 1


# The journal


def test_every_step_is_noted_before_and_after(rig: Rig) -> None:
    """The journal of an apply that is cut short tells how far it came."""
    made = rig.plan()

    def cut_short(said: str) -> None:
        if said.startswith(("writing", "JupiterOne is at work")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(rig, made, evolve(rig.around, say=cut_short))

    noted = [step for step, _detail in journal_of(rig)]
    assert (
        noted
        == {
            "local": ["reading the graph", Step.WRITING],
            "jupiterone": [
                "reading the graph",
                *(Step.OPENING, Step.OPENED),
                *(Step.SENDING, Step.SENT) * 2,
                *(Step.FINALIZING, Step.FINALIZED),
            ],
        }[rig.target]
    )


def test_journal_is_closed_by_success(rig: Rig) -> None:
    """After an apply that succeeded there is nothing to look after."""
    rig.sync()

    assert journal_of(rig) == []


def test_journal_that_cannot_be_written_stops_the_apply(account: Rig) -> None:
    """What cannot be written down is not done: the job is aborted, and nothing is in the graph."""
    made = account.plan()
    records = account.place / "state.db"
    kept = []

    def spoil(said: str) -> None:
        if said.startswith("uploaded") and not kept:
            kept.append(records.read_bytes())
            records.write_bytes(b"no records any more, but the minutes of last week's meeting")

    with pytest.raises(BbsyncError, match="damaged"):
        apply(account, made, evolve(account.around, say=spoil))
    for left in account.place.glob("state.db*"):
        left.unlink()
    records.write_bytes(kept[0])

    assert [job.status for job in account.jupiterone.jobs.values()] == ["ABORTED"]
    assert not apply(account, made).already


# What was left behind


def give_up(said: str) -> None:
    """Leaves when JupiterOne is at work."""
    if said.startswith("JupiterOne is at work"):
        raise KeyboardInterrupt


def test_job_that_finished_after_we_gave_up_is_recognised(account: Rig) -> None:
    """The next run asks what became of the job, waits for it, and finds the plan in the graph."""
    account.jupiterone.polls_in_progress = 9
    made = account.plan()
    with pytest.raises(KeyboardInterrupt):
        apply(account, made, evolve(account.around, say=give_up))

    outcome = apply(account, made)

    assert outcome == applying.Outcome(Counters(), already=True)
    assert [job.status for job in account.jupiterone.jobs.values()] == ["FINISHED"]
    assert len(account.records.known(account.address).watermarks) == len(account.repositories)


@pytest.mark.parametrize("delay", [1, 4])
def test_finished_job_that_does_not_show_yet_is_waited_for(account: Rig, delay: int) -> None:
    """Queries may lag behind a job that has finished; nothing is uploaded a second time for that."""
    account.jupiterone._store.visibility_delay = delay
    made = account.plan()
    with pytest.raises(KeyboardInterrupt):
        apply(account, made, evolve(account.around, say=give_up))

    outcome = apply(account, made)

    assert outcome.already
    assert len(account.jupiterone.jobs) == 1


def test_plan_made_after_the_crash_finds_the_job_as_well(account: Rig) -> None:
    """In CI nobody keeps the plan: another one, made while the job was at work, is found in the graph, too."""
    account.jupiterone.polls_in_progress = 9
    first = account.plan()
    with pytest.raises(KeyboardInterrupt):
        apply(account, first, evolve(account.around, say=give_up))
    account.clock.now += 60

    second = account.plan()
    outcome = apply(account, second)

    assert second.id != first.id
    assert outcome.already


def test_job_that_never_ends_is_waited_for_again(account: Rig) -> None:
    """A job that is still at work keeps the next run from writing over it."""
    account.jupiterone.polls_in_progress = 10_000
    made = account.plan()

    for _run in range(2):
        with pytest.raises(Unfinished, match="still at work"):
            apply(account, made)

    assert len(account.jupiterone.jobs) == 1


def cut(rig: Rig, made: steps.Made, trouble: Fault) -> None:
    """An apply that is cut short after the upload, without time to abort its job."""
    rig.jupiterone.faults.append(trouble)
    all_of_it = len(made.plan.entities) + len(made.plan.relationships)

    def leave(said: str) -> None:
        if said == f"uploaded {all_of_it} of {all_of_it} elements":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(rig, made, evolve(rig.around, say=leave))
    rig.jupiterone.faults.clear()


def test_open_job_that_was_left_behind_is_closed(account: Rig) -> None:
    """It would stand in the way of the next one where JupiterOne allows one job a scope."""
    account.jupiterone.one_job_a_scope = True
    made = account.plan()
    cut(account, made, Fault("/abort", status=503))

    outcome = apply(account, made)

    assert not outcome.already
    assert [job.status for job in account.jupiterone.jobs.values()] == ["ABORTED", "FINISHED"]


def test_open_job_that_cannot_be_closed_keeps_us_from_writing(account: Rig) -> None:
    """A request that is long on its way may still carry it out, over what we write."""
    made = account.plan()
    cut(account, made, Fault("/abort", status=503))
    account.jupiterone.faults.append(Fault("/abort", status=503))

    with pytest.raises(TargetError, match="answered 503 when aborting the job"):
        apply(account, made)
    account.jupiterone.faults.clear()
    apply(account, made)

    assert [job.status for job in account.jupiterone.jobs.values()] == ["ABORTED", "FINISHED"]


def test_finalize_that_was_long_on_its_way_is_noticed(tmp_path: Path) -> None:
    """A job that is carried out while we try to close it is waited for, and found in the graph."""
    late = []

    def wrap(app: App) -> App:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/abort") and late:
                finalize = str(request.url).replace("/abort", "/finalize")
                app(httpx.Request("POST", finalize, headers={**request.headers, "content-length": "0"}))
            return app(request)

        return answer

    with rig_at(tmp_path, target="jupiterone", wrap=wrap) as rig:
        made = rig.plan()
        cut(rig, made, Fault("/abort", status=503))
        late.append(True)

        outcome = apply(rig, made)

        assert outcome.already
        assert [job.status for job in rig.jupiterone.jobs.values()] == ["FINISHED"]


def test_job_that_jupiterone_has_forgotten_is_forgotten(account: Rig) -> None:
    """What is not there any more cannot change anything."""
    made = account.plan()
    cut(account, made, Fault("/abort", status=503))
    account.jupiterone.jobs.clear()

    assert not apply(account, made).already


# A graph that does not show everything


def test_graph_that_shows_less_than_was_left_in_it_is_read_again(tmp_path: Path) -> None:
    """Kept pull requests that a query does not show yet would not be uploaded, and so be deleted."""
    hidden = []

    def wrap(app: App) -> App:
        def answer(request: httpx.Request) -> httpx.Response:
            if hidden and request.url.path == "/graphql" and b"RELATES" not in request.content:
                rig.jupiterone._store.visible = hidden.pop()
            return app(request)

        return answer

    with rig_at(tmp_path, target="jupiterone", wrap=wrap) as rig:
        rig.sync()
        whole = rig.graph
        rig.change("rename_repository", repository=rig.repositories[0].slug, to="renamed")
        made = rig.plan()
        store = rig.jupiterone._store
        shown = {at: one for at, one in store.stored.vertices.items() if one.type != "bitbucket_pullrequest"}
        ties = {at: tie for at, tie in store.stored.edges.items() if {tie.start, tie.end} <= shown.keys()}
        part = evolve(store.stored, vertices=shown, edges=ties)
        hidden += [store.stored, part, part, part]  # counted, read, and counted again

        apply(rig, made)

        assert len(part.vertices) < len(whole.entities)
        assert rig.graph.entities.keys() == whole.entities.keys()
        assert any("reading the graph again" in line for line in rig.said)


def test_graph_that_shows_nothing_is_not_written(account: Rig) -> None:
    """An empty answer where much was written is no empty graph: what it hides would be deleted."""
    account.sync()
    account.jupiterone._store.visible = GraphState()
    made = account.plan()

    with pytest.raises(TargetError, match="shows nothing of what the last apply left in it") as caught:
        apply(account, made)

    assert "It left 121 elements." in caught.value.why
    assert len(account.jupiterone.jobs) == 1


def test_graph_that_lost_something_for_good_is_written(account: Rig) -> None:
    """Somebody deleted something: after a while that is believed, and the plan is carried out."""
    account.sync()
    user = next(one for one in account.graph.entities.values() if one.type == "bitbucket_user")
    account.jupiterone.remove(user.key, scope="bbsync")

    assert not apply(account, account.plan()).already
    assert user.key in account.graph.entities


def test_empty_local_graph_is_begun_anew(tmp_path: Path) -> None:
    """A file that somebody removed is gone, and nothing in it can be lost any more."""
    with rig_at(tmp_path) as rig:
        rig.sync()
        (tmp_path / "graph.db").unlink()

        assert not rig.sync().already
