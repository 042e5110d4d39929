"""Saved plans at the command line, on both targets: carried out as reviewed, or refused with a sentence."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest
from attrs import define
from cli_rig import Desk, Ended, desk_in, jupiterone_of

from bbsync import steps
from bbsync.graph import Entity, Graph
from bbsync.planfile import loads
from bbsync.planfile.encoding import decode
from bbsync.planfile.writing import write_sealed
from bbsync.sandbox.jupiterone import Fault
from bbsync.settings import load_settings
from bbsync.state import Applied, State
from tests.run_rig import drop, put, with_property

DAY = 86_400


@define
class Office:
    """A desk whose graph is up to date, and the target that it writes to."""

    desk: Desk
    environ: Mapping[str, str]

    def run(self, command: str, *arguments: str, clock: Callable[[], float] = time.time) -> Ended:
        return self.desk.run(command, *arguments, environ=self.environ, clock=clock)

    def sync(self) -> None:
        """Bring the graph up to date."""
        ended = self.run("apply", "--auto-approve")
        assert ended.code == 0, ended.err

    def saved(self) -> str:
        """A plan file, made now."""
        self.run("plan", "--out", str(self.desk.plan_file))
        return str(self.desk.plan_file)

    def describe(self, *slugs: str) -> None:
        """Give these repositories another description in Bitbucket."""
        for slug in slugs:
            self.desk.change("describe_repository", repository=slug, description="reviewed")

    def graph(self, change: Callable[[Graph], Graph] = lambda graph: graph) -> Graph:
        """What the target holds, changed behind bbsync's back."""
        environ = {**self.desk.environ, **self.environ}
        settings = load_settings(config=self.desk.directory / "bbsync.toml", environ=environ)
        with steps.open_target(settings, steps.Around(sleep=lambda _seconds: None)) as target:
            before = target.read_snapshot()
            target.replace(before, change(before.graph), lambda _line: None)
            return target.read_snapshot().graph

    def repository(self, slug: str) -> Entity:
        """The repository as the target holds it."""
        return next(one for one in self.graph().entities.values() if one.properties.get("fullName") == f"acme/{slug}")

    def audit(self) -> list[Applied]:
        """The audit trail, of the only target there is."""
        with_jupiterone = {**self.desk.environ, **self.environ}
        settings = load_settings(config=self.desk.directory / "bbsync.toml", environ=with_jupiterone)
        with steps.open_target(settings, steps.Around()) as target:
            return State(settings.state.url).applies(target.address)


@pytest.fixture(name="office", params=["local", "jupiterone"])
def _office(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Office]:
    """The desk with a graph that is up to date: the local one, and JupiterOne's."""
    with jupiterone_of(desk) if request.param == "jupiterone" else nullcontext({}) as environ:
        office = Office(desk, environ)
        office.sync()
        yield office


def as_one_line(said: str) -> str:
    """What was said, however it was broken into lines."""
    return " ".join(said.split())


# Stale


def test_the_first_five_that_moved_are_named_with_how(office: Office) -> None:
    """Seven repositories moved under the plan: 5, five of them by name and how, two counted, nothing written."""
    slugs = sorted(office.desk.repositories())[:7]
    office.describe(*slugs)
    plan = office.saved()
    by_hand = [with_property(office.repository(slug), description="by hand") for slug in slugs[1:]]
    before = office.graph(lambda graph: drop(office.repository(slugs[0]).key)(put(*by_hand)(graph)))

    ended = office.run("apply", plan)

    told = as_one_line(ended.err)
    assert ended.code == 5
    assert f"acme/{slugs[0]} (gone)" in told
    assert all(f"acme/{slug} (changed: description)" in told for slug in slugs[1:5])
    assert "; and 2 more. Nothing was written." in told
    assert office.graph() == before


def test_what_was_made_meanwhile_is_named(office: Office) -> None:
    """What the plan would make is there already, otherwise than planned: stale, and it is not written over."""
    office.desk.change("add_repository", name="brand-new")
    plan = office.saved()
    made = next(one for one in json.loads(Path(plan).read_text())["changes"] if one["action"] == "create")
    other = Entity(made["key"], made["type"], tuple(made["after"]["classes"]), {"displayName": "by hand"})
    before = office.graph(put(other))

    ended = office.run("apply", plan)

    assert ended.code == 5
    assert "brand-new (made meanwhile, and not as planned)" in as_one_line(ended.err)
    assert office.graph() == before


def test_other_entities_that_move_do_not_matter(office: Office) -> None:
    """Somebody changes and somebody deletes what the plan is not about: it is carried out, and undoes neither."""
    planned, touched, dropped = sorted(office.desk.repositories())[:3]
    office.describe(planned)
    plan = office.saved()
    keys = [office.repository(dropped).key]
    below = [key for key in office.graph().entities if key.startswith(f"{keys[0]}/")]
    office.graph(put(with_property(office.repository(touched), description="by hand")))
    office.graph(drop(*keys, *below))

    ended = office.run("apply", plan)

    assert ended.code == 0, ended.err
    assert office.repository(planned).properties["description"] == "reviewed"
    assert office.repository(touched).properties["description"] == "by hand"
    assert not {*keys, *below} & set(office.graph().entities)


def test_a_plan_that_is_too_old_is_refused(office: Office) -> None:
    """The window has passed: 5 and a sentence; within it the same plan goes through."""
    office.describe(office.desk.repositories()[0])
    plan = office.saved()

    late = office.run("apply", plan, clock=lambda: time.time() + DAY + 60)
    early = office.run("apply", plan, clock=lambda: time.time() + DAY - 600)

    assert (late.code, early.code) == (5, 0), late.err + early.err
    assert late.err.startswith("Error: the plan is too old to be applied (BB-APPLY-EXPIRED).")


# Again


def test_applying_twice_is_harmless(office: Office) -> None:
    """The second time there is nothing left to do: 0, and the graph is as the first time left it."""
    office.describe(*office.desk.repositories()[:2])
    plan = office.saved()
    first = office.run("apply", plan)
    after = office.graph()

    again = office.run("apply", plan)

    assert (first.code, again.code) == (0, 0), first.err + again.err
    assert again.out.startswith("Nothing left to do: plan ")
    assert office.graph() == after


def test_the_same_command_finishes_after_jupiterone_failed(desk: Desk) -> None:
    """An upload is refused: 1 and nothing written; the same command ends as if nothing had happened."""
    with jupiterone_of(desk) as environ:
        office = Office(desk, environ)
        plan = office.saved()
        desk.jupiterone.faults.append(Fault(r"/relationships", status=400, times=1))

        failed = office.run("apply", plan)
        stored = desk.jupiterone.entities("bbsync")
        again = office.run("apply", plan)

    assert (failed.code, stored, again.code) == (1, [], 0), failed.err + again.err
    assert again.out.startswith("Apply complete! ")


def test_the_same_command_finishes_what_is_half_done(office: Office) -> None:
    """A part of the plan is in the graph already, as after a crash: the rest is carried out."""
    done, left = sorted(office.desk.repositories())[:2]
    office.describe(done, left)
    plan = office.saved()
    office.graph(put(loads(office.desk.plan_file.read_bytes()).entities[0].element))

    ended = office.run("apply", plan)

    assert ended.code == 0, ended.err
    assert {office.repository(slug).properties["description"] for slug in (done, left)} == {"reviewed"}


# For something else


def resealed(path: Path, edit: Callable[[dict[str, object]], None]) -> None:
    """Edit a plan file as another bbsync would have written it."""
    document = decode(path.read_bytes())
    assert isinstance(document, dict)
    for line in ("plan_id", "sha256"):
        document.pop(line)
    edit(document)
    with path.open("wb") as stream:
        write_sealed(document, stream)


def of_another_mapping(document: dict[str, object]) -> None:
    """Its kinds declared something else."""
    document["tool"] = {"name": "bbsync", "version": "9.9", "mapping": f"sha256:{'0' * 64}"}


def of_another_format(document: dict[str, object]) -> None:
    """Its fields mean something else."""
    document["format_version"] = "2.0"


def of_another_target(document: dict[str, object]) -> None:
    """It is for another graph."""
    target = document["target"]
    assert isinstance(target, dict)
    document["target"] = {**target, "address": "JupiterOne account other, scope bbsync"}


def of_another_scope(document: dict[str, object]) -> None:
    """It is about another workspace."""
    scope = document["scope"]
    assert isinstance(scope, dict)
    document["scope"] = {**scope, "workspaces": ["globex"]}


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (of_another_mapping, "another way (BB-PLAN-MAPPING)"),
        (of_another_format, "the plan file is of another format (BB-PLAN-FILE-FORMAT)"),
        (of_another_target, "the plan is for another target (BB-PLAN-SCOPE)"),
        (of_another_scope, "the plan is for another workspace (BB-PLAN-SCOPE)"),
    ],
)
def test_a_plan_for_something_else_is_refused(
    office: Office, made: Callable[[dict[str, object]], None], sentence: str
) -> None:
    """Another mapping, format, graph or workspace: 1, a sentence that says which, and nothing is written."""
    office.describe(office.desk.repositories()[0])
    plan = office.saved()
    resealed(office.desk.plan_file, made)
    before = office.graph()

    ended = office.run("apply", plan)

    assert (ended.code, ended.out) == (1, "")
    assert sentence in ended.err.splitlines()[0]
    assert office.graph() == before


def test_a_plan_that_was_only_sealed_again_goes_through(office: Office) -> None:
    """What is refused above is refused for what it says, and not for having been touched by this test."""
    office.describe(office.desk.repositories()[0])
    plan = office.saved()
    resealed(office.desk.plan_file, lambda _document: None)

    assert office.run("apply", plan).code == 0


# Blocked


def delete_most(desk: Desk) -> None:
    """Delete more repositories than may go unasked."""
    for slug in desk.repositories()[:6]:
        desk.change("delete_repository", repository=slug)


def test_a_blocked_plan_is_shown_and_saved(office: Office) -> None:
    """`plan` says what blocks it and which number lets it through; that command then carries it out."""
    delete_most(office.desk)
    planned = office.run("plan", "--out", str(office.desk.plan_file))
    advice = planned.err.splitlines()[-1]
    number = advice.rpartition(" ")[2]

    applied = office.run("apply", str(office.desk.plan_file), "--allow-deletes", number)

    assert planned.code == 4
    assert "Plan: " in planned.out
    assert "Blocked: The plan deletes 6 of 8 repositories" in planned.out
    assert advice == f"If this is intended: bbsync apply {office.desk.plan_file} --allow-deletes {number}"
    assert applied.code == 0, applied.err
    assert f"{number} destroyed." in applied.out
    assert [line.allow_deletes for line in office.audit()] == [None, int(number)]


def test_apply_without_a_file_saves_what_it_refuses(office: Office) -> None:
    """The plan is shown, and saved for its owner beside the local graph; applying that file takes no more calls."""
    delete_most(office.desk)
    before = office.graph()

    ended = office.run("apply", "--auto-approve")
    (saved,) = office.desk.directory.glob("plan-*.json")
    calls = len(office.desk.bitbucket.calls)
    number = json.loads(saved.read_text())["summary"]["entities"]["destroy"]

    assert ended.code == 4
    assert "Plan: " in ended.out
    assert f"If this is intended: bbsync apply {saved} --allow-deletes {number}" in ended.err
    assert "(BB-GUARD)" in ended.err
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert office.graph() == before
    assert office.run("apply", str(saved), "--allow-deletes", str(number)).code == 0
    assert len(office.desk.bitbucket.calls) == calls


def test_a_refused_plan_that_cannot_be_saved_is_blocked_all_the_same(desk: Desk) -> None:
    """No place for the file: that is said, the plan is shown, and 4 is answered for the guard."""
    in_the_way = desk.directory / "in-the-way"
    in_the_way.write_text("a file where a directory should be", encoding="utf-8")
    with jupiterone_of(desk) as environ:
        office = Office(desk, environ)
        office.sync()
        delete_most(desk)
        policy = desk.directory / "bbsync.toml"
        policy.write_text(
            f'[target]\npath = "{in_the_way}/graph.db"\n[state]\nurl = "sqlite:///{desk.directory}/state.db"'
        )

        ended = office.run("apply", "--auto-approve")

    assert ended.code == 4
    assert "Plan: " in ended.out
    assert "The plan could not be saved." in ended.err
    assert "(BB-GUARD)" in ended.err


def test_groups_that_read_without_members_are_asked_about(tmp_path: Path) -> None:
    """Every membership would go, and not one entity: 4, nothing is written, and the number to name is 0."""
    with desk_in(tmp_path, members=40, groups=3) as desk:
        office = Office(desk, {})
        office.sync()
        before = office.graph()

        def without_members(request: httpx.Request) -> httpx.Response | None:
            if "/groups/" not in request.url.path:
                return None
            request.headers["accept-encoding"] = "identity"
            groups = desk.bitbucket.app(request).json()
            return httpx.Response(200, json=[{**group, "members": []} for group in groups])

        desk.bend_bitbucket = without_members
        ended = office.run("apply", "--auto-approve")

        assert ended.code == 4
        assert "relationships of type bitbucket_group_has_user (100.0 %)" in as_one_line(ended.err)
        assert "--allow-deletes 0" in ended.err
        assert office.graph() == before


@pytest.mark.parametrize("number", [-1, 1])
def test_one_more_or_less_than_the_number_is_refused(office: Office, number: int) -> None:
    """--allow-deletes takes the plan's number of deleted entities, and no other."""
    delete_most(office.desk)
    plan = office.saved()
    destroyed = json.loads(office.desk.plan_file.read_text())["summary"]["entities"]["destroy"]

    ended = office.run("apply", plan, "--allow-deletes", str(destroyed + number))

    assert ended.code == 4
    assert f"--allow-deletes {destroyed + number} is not what the plan does: it deletes {destroyed}" in as_one_line(
        ended.err
    )


# Narrower settings


def test_settings_that_look_at_less_are_asked_about(office: Office) -> None:
    """A kind is switched off, and a repository is deleted: blocked with the setting's name, and known once allowed."""
    first, second, *_ = office.desk.repositories()
    office.desk.policy("[kinds]", "permissions = false")
    office.desk.change("delete_repository", repository=first)
    plan = office.saved()
    number = json.loads(office.desk.plan_file.read_text())["summary"]["entities"]["destroy"]

    blocked = office.run("apply", plan)
    allowed = office.run("apply", plan, "--allow-deletes", str(number))
    office.desk.change("delete_repository", repository=second)
    next_day = office.run("apply", "--auto-approve")

    assert (blocked.code, allowed.code, next_day.code) == (4, 0, 0), blocked.err + allowed.err + next_day.err
    assert "look at less than at the last apply (kinds.permissions is switched off)" in as_one_line(blocked.err)


def test_apply_without_a_file_asks_about_settings_that_look_at_less(office: Office) -> None:
    """The plan that was just made is shown as blocked, with the setting's name."""
    office.desk.policy("[kinds]", "permissions = false")
    office.desk.change("delete_repository", repository=office.desk.repositories()[0])

    ended = office.run("apply", "--auto-approve")

    assert ended.code == 4
    assert "Blocked: The settings look at less than at the last apply (kinds.permissions is switched off)" in (
        as_one_line(ended.out)
    )


def test_settings_that_look_at_less_and_delete_nothing_are_not_asked_about(office: Office) -> None:
    """Switching a kind off by itself deletes nothing: what is in the graph of it is kept."""
    before = office.graph()
    office.desk.policy("[kinds]", "permissions = false")

    ended = office.run("apply", "--auto-approve")

    assert ended.code == 0, ended.err
    assert office.graph() == before
