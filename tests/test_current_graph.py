"""The graph that is planned from: live, or as the last apply left it, and never the ground to write on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import define, evolve
from run_rig import Rig, drop, put, rig_at, with_property

from bbsync import drifting, steps
from bbsync.errors import StalePlan, TargetError
from bbsync.graph import Entity, Graph
from bbsync.jupiterone.ownership import ITS_OWN
from bbsync.sandbox.jupiterone import Instance
from bbsync.state import State

STATE = '[jupiterone]\nsnapshot = "state"\n'

#: Seconds after which everything shows that was written.
LATER = 3600


#: Our integration instance, where a test has one.
OURS = Instance("instance-of-ours")

#: Settings, the part of the graph that they make ours, and another program's source in it. A scope may be called like
#: somebody's instance: what that holds lies in a scope of that name.
WRITERS = [
    ("", "scope bbsync", "integration-managed"),
    ("", "scope bbsync", "integration-external"),
    ("", "scope bbsync", "a-source-of-tomorrow"),
    (f'[jupiterone]\nintegration_instance_id = "{OURS.id}"\n', f"integration instance {OURS.id}", "api"),
]


@define
class Account:
    """A rig whose target is JupiterOne, after a first apply, and what its queries cost."""

    rig: Rig

    def queries(self, work: Callable[[], object]) -> int:
        """How many queries that took."""
        before = self._asked()
        work()
        return self._asked() - before

    def _asked(self) -> int:
        return sum(path == "/graphql" for _method, path, _status in self.rig.jupiterone.calls)


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path, target="jupiterone") as rig:
        yield rig


@pytest.fixture(name="account")
def _account(tmp_path: Path) -> Iterator[Account]:
    with rig_at(tmp_path, target="jupiterone") as rig:
        rig.sync()
        rig.clock.now += LATER
        rig.said.clear()
        yield Account(rig)


def repository(graph: Graph) -> Entity:
    """A repository in the graph."""
    return next(entity for entity in graph.entities.values() if entity.type == "bitbucket_repo")


def in_the_place_of(key: str, other: str) -> Callable[[Graph], Graph]:
    """Gives an entity another key, and leaves every number as it is."""

    def swapped(graph: Graph) -> Graph:
        entities = {**graph.entities, other: evolve(graph.entities[key], key=other)}
        del entities[key]
        ties = (
            evolve(tie, key=tie.key.replace(key, other), source=tie.source.replace(key, other), target=end)
            for tie in graph.relationships.values()
            for end in [tie.target.replace(key, other)]
        )
        return Graph.of(entities.values(), ties)

    return swapped


def test_what_is_kept_costs_two_queries(account: Account) -> None:
    """Counts agree, so nothing is read; and it is said."""
    queries = account.queries(lambda: account.rig.plan(STATE))

    assert queries == 2
    assert [line for line in account.rig.said if line.startswith("the graph is taken as plan ")]


def test_both_ways_make_the_same_plan(account: Account) -> None:
    """What changes in Bitbucket is what the plan says, wherever the graph comes from."""
    account.rig.change("rename_repository", repository=account.rig.repositories[0].slug, to="renamed")
    account.rig.change("delete_repository", repository=account.rig.repositories[1].slug)

    live, kept = account.rig.plan(), account.rig.plan(STATE)

    assert not live.plan.is_empty
    assert (kept.plan.entities, kept.plan.relationships) == (live.plan.entities, live.plan.relationships)


def test_an_apply_of_nothing_reads_nothing(account: Account) -> None:
    """Nothing is going to be written, so the counts will do."""
    made = account.rig.plan(STATE)

    queries = account.queries(lambda: account.rig.apply(made, toml=STATE))

    assert made.plan.is_empty
    assert queries == 2


@pytest.mark.parametrize("how", ["more", "fewer", "another tie"])
def test_other_counts_are_read_live(account: Account, how: str) -> None:
    """Of entities or of relationships: the graph is read, and the numbers are said."""
    held = repository(account.rig.graph)
    stranger = evolve(held, key="{11111111-2222-4333-8444-555555555555}")
    changes: dict[str, Callable[[Graph], Graph]] = {
        "more": put(stranger),
        "fewer": drop(held.key),
        "another tie": lambda graph: Graph(graph.entities, dict(list(graph.relationships.items())[1:])),
    }
    account.rig.tamper(changes[how])
    account.rig.clock.now += LATER

    queries = account.queries(lambda: account.rig.plan(STATE))

    assert queries > 4
    assert any(line.startswith("the graph is read live: its counts are others") for line in account.rig.said)


def test_nothing_kept_is_read_live(account: Account) -> None:
    """The first run of a machine has nothing to compare with."""
    (account.rig.place / "snapshots.db").unlink()

    made = account.rig.plan(STATE)

    assert made.plan.is_empty
    assert any("the graph is read live: " in line for line in account.rig.said)


def test_what_is_kept_is_never_written_from(account: Account) -> None:
    """Counts do not show that one repository was put in the place of another: the apply reads, and deletes neither."""
    rig = account.rig
    old = next(one for one in rig.graph.entities.values() if one.type == "bitbucket_pullrequest")
    rig.tamper(in_the_place_of(old.key, f"{old.key}99"))
    rig.change("rename_repository", repository=rig.repositories[0].slug, to="renamed")
    rig.said.clear()
    made = rig.plan(STATE)

    rig.apply(made, toml=STATE)

    assert any(line.startswith("the graph is taken as plan ") for line in rig.said)
    assert f"{old.key}99" in rig.graph.entities


def test_property_that_somebody_changed_stops_the_apply_and_then_shows(account: Account) -> None:
    """A plan from what is kept does not see it; the apply does and writes nothing; the next plan reads live."""
    rig = account.rig
    held = rig.graph.entities[rig.repositories[0].uuid]
    rig.tamper(put(with_property(held, description="by hand")))
    rig.change("rename_repository", repository=rig.repositories[0].slug, to="renamed")
    made = rig.plan(STATE)

    with pytest.raises(StalePlan, match="changed: description"):
        rig.apply(made, toml=STATE)
    again = rig.plan(STATE)
    rig.apply(again, toml=STATE)

    assert rig.said.count("the graph is read live: an apply has failed since, so the graph may be another") == 1
    assert rig.graph.entities[held.key].properties["name"] == "renamed"
    assert rig.graph.entities[held.key].properties.get("description") != "by hand"


def test_audits_read_live(account: Account) -> None:
    """What somebody changed is what they are for."""
    rig = account.rig
    rig.tamper(put(with_property(repository(rig.graph), description="by hand")))

    found = drifting.audit(rig.settings(STATE), rig.around)

    assert {sort.value: count for sort, count in found.drift.counts.items() if count} == {"tampered": 1}


@pytest.mark.parametrize("toml", ["", STATE])
def test_what_does_not_show_yet_is_waited_for(account: Account, toml: str) -> None:
    """Right after an apply the graph may be shown as it was: a plan from that would do everything again."""
    rig = account.rig
    rig.change("delete_repository", repository=rig.repositories[0].slug)
    rig.jupiterone._store.visibility_delay = 12
    rig.sync(toml)

    made = rig.plan(toml)

    assert made.plan.is_empty


def test_waiting_for_what_never_shows_ends(account: Account) -> None:
    """After two minutes the graph is taken for what it shows."""
    rig = account.rig
    rig.change("describe_repository", repository=rig.repositories[0].slug, description="another")
    rig.jupiterone._store.visibility_delay = 10**6
    rig.sync()

    made = rig.plan()

    assert not made.plan.is_empty
    assert any("it may take 120 seconds to show the change" in line for line in rig.said)


@pytest.mark.parametrize("toml", ["", STATE])
def test_scope_that_holds_entities_of_others_is_refused(account: Account, toml: str) -> None:
    """They would be replaced with the rest: neither a plan nor an apply goes on, and nothing is written."""
    rig = account.rig
    rig.change("delete_repository", repository=rig.repositories[0].slug)
    made = rig.plan(toml)
    rig.jupiterone.put([{"_key": "host-number-1", "_type": "aws_host", "_class": ["Host"]}], scope="bbsync")
    jobs = len(rig.jupiterone.jobs)

    with pytest.raises(TargetError, match=r"scope bbsync holds entities of others .* 1 of type aws_host"):
        rig.plan(toml)
    with pytest.raises(TargetError, match="scope bbsync holds entities of others"):
        rig.apply(made, toml=toml)

    assert len(rig.jupiterone.jobs) == jobs


@pytest.mark.parametrize(("policy", "part", "source"), WRITERS)
def test_scope_that_another_program_writes_to_is_refused(rig: Rig, policy: str, part: str, source: str) -> None:
    """Its entities are of our types, and still not ours: neither plan nor apply goes on, and nothing is written."""
    rig.jupiterone.instances = (OURS,)
    made = rig.plan(policy)
    theirs = {"_key": "{somebody-elses}", "_type": "bitbucket_repo", "_class": ["CodeRepo"], "displayName": "theirs"}
    rig.jupiterone.put([theirs], scope=part.rpartition(" ")[2], source=source)

    with pytest.raises(TargetError, match=f"{part} holds entities of others .* 1 whose source is {source}") as refused:
        rig.plan(policy)
    with pytest.raises(TargetError, match="holds entities of others"):
        rig.apply(made, toml=policy)

    assert refused.value.code == "BB-JUPITERONE-SCOPE"
    assert rig.jupiterone.jobs == {}


@pytest.mark.parametrize("source", sorted(ITS_OWN))
def test_what_jupiterone_makes_by_itself_is_left_alone(rig: Rig, source: str) -> None:
    """Its mapper and its rules work on our elements, too, and cannot be kept away: that stops no run."""
    vendor = {"_key": "vendor-atlassian", "_type": "mapped_vendor", "_class": ["Vendor"], "displayName": "Atlassian"}
    rig.jupiterone.put([vendor], scope="bbsync", source=source)

    rig.sync()

    (held,) = [one for one in rig.jupiterone.entities("bbsync") if one["_key"] == "vendor-atlassian"]
    assert held["_source"] == source
    assert rig.plan().plan.is_empty


def test_queries_are_written_down_beside_the_calls(account: Account) -> None:
    """The next run knows what is left of the two minutes."""
    rig = account.rig
    slept: list[float] = []
    around = evolve(rig.around, sleep=slept.append)
    few = "[jupiterone]\nqueries_per_2_minutes = 3\n"

    steps.plan(rig.settings(few), around)

    assert sum(slept) >= 120
    assert any("3 queries in 2 minutes are all that JupiterOne allows" in line for line in rig.said)
    assert State(rig.settings().state.url).applies(rig.address)
