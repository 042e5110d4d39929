"""Promises of raw data on its way: what is too large loses its largest values first, and everything arrives."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from jupiterone_rig import Rig

from bbsync.errors import TargetError
from bbsync.graph import Entity, Graph
from bbsync.jupiterone.raw_data import MEMBER, TRUNCATED, RawData, fitted, without_raw
from bbsync.target import Counters, Snapshot

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def quiet(_line: str) -> None:
    """Nobody listens."""


def entity(key: str, **properties: Any) -> Entity:
    """A repository."""
    return Entity(key, "bitbucket_repo", ("CodeRepo",), {"displayName": key, **properties})


def riding(items: Mapping[str, object]) -> RawData:
    """Raw data that knows these items."""
    packed = {key: zlib.compress(msgspec.json.encode(item)) for key, item in items.items()}

    def find(entities: Sequence[Entity]) -> Mapping[str, bytes]:
        return {one.key: packed[one.key] for one in entities if one.key in packed}

    return RawData(find)


def tab(rig: Rig, key: str) -> Any:
    """What JupiterOne shows on that entity's tab."""
    return json.loads(json.dumps(rig.jupiterone.raw_data("bbsync")))[key][0]["rawData"]


@given(JSON, st.integers(60, 600))
def test_what_is_cut_fits_and_is_the_same_entity(item: object, room: int) -> None:
    """Whatever the item, the entity itself is whole, and nothing is larger than there is room for."""
    document = {"_key": "{repository-1}", "name": "web", MEMBER: [{"name": "default", "rawData": item}]}

    found = fitted(document, room)

    assert found is not None
    assert len(found) <= room
    assert {name: held for name, held in json.loads(found).items() if name != MEMBER} == {
        "_key": "{repository-1}",
        "name": "web",
    }


def test_the_largest_value_goes_first() -> None:
    """Small values, which say what it is, stay as long as they can."""
    item = {"uuid": "{1}", "readme": "x" * 5_000, "links": {"html": "y" * 2_000}, "name": "web"}
    document = {"_key": "{repository-1}", MEMBER: [{"name": "default", "rawData": item}]}

    found = fitted(document, 3_000)

    assert found is not None
    (entry,) = json.loads(found)[MEMBER]
    assert entry["rawData"] == {"uuid": "{1}", "readme": TRUNCATED, "links": {"html": "y" * 2_000}, "name": "web"}


def test_entity_that_is_too_large_for_a_batch_loses_raw_data_and_is_uploaded(rig: Rig) -> None:
    """The others keep theirs, and the outcome says how many were cut."""
    raw = riding({"{repository-1}": {"readme": "x" * 5_000, "name": "web"}, "{repository-2}": {"name": "api"}})
    target = evolve(rig.target(batch_bytes=3_000), raw=raw)
    graph = Graph.of([entity("{repository-1}"), entity("{repository-2}"), entity("{repository-3}")])
    said: list[str] = []

    target.replace(Snapshot(), graph, said.append)

    assert target.read_snapshot() == Snapshot(graph)
    assert tab(rig, "{repository-1}") == {"readme": TRUNCATED, "name": "web"}
    assert tab(rig, "{repository-2}") == {"name": "api"}
    assert (raw.tally.whole, raw.tally.trimmed, raw.tally.lacking) == (1, 1, 1)
    assert raw.tally.sentence in said


def test_entity_that_jupiterone_finds_too_large_loses_raw_data(rig: Rig) -> None:
    """A 413 for one entity is answered with less raw data, until it is taken."""
    rig.jupiterone.size_limit, rig.jupiterone.count_inflated = 2_000, True
    raw = riding({"{repository-1}": {f"{n}": "x" * 900 for n in range(9)}})
    graph = Graph.of([entity("{repository-1}"), entity("{repository-2}")])

    evolve(rig.target(), raw=raw).replace(Snapshot(), graph, quiet)

    assert rig.target().read_snapshot() == Snapshot(graph)
    assert raw.tally.trimmed == 1
    assert TRUNCATED in tab(rig, "{repository-1}").values()


def test_entity_that_is_too_large_by_itself_is_refused_as_ever(rig: Rig) -> None:
    """Raw data cannot help it, and nothing is left out."""
    raw = riding({"{repository-1}": {"name": "web"}})

    with pytest.raises(TargetError, match="too large"):
        evolve(rig.target(batch_bytes=1_000), raw=raw).replace(
            Snapshot(), Graph.of([entity("{repository-1}", text="x" * 1_000)]), quiet
        )

    assert not rig.jupiterone.entities("bbsync")


def test_only_updates_of_entities_may_be_counted_besides() -> None:
    """Raw data can explain more entities that were updated; fewer, or anything else, it cannot."""
    expected = Counters(entities_created=1, entities_updated=2, relationships_updated=3)

    assert without_raw(evolve(expected, entities_updated=9), expected) == expected
    assert without_raw(evolve(expected, entities_updated=1), expected) != expected
    assert without_raw(evolve(expected, relationships_updated=4), expected) != expected
