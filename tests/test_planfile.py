"""A plan file says exactly what the plan says, and nothing that was changed since is taken for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from bbsync import planfile
from bbsync.errors import ExitCode, PlanFileError
from bbsync.graph import Element, Entity, Relationship, Value, digest
from bbsync.guards import judge_guards
from bbsync.kinds import KINDS, Kinds
from bbsync.plan import Change, Origin, Plan, Reason, Totals
from bbsync.planfile.document import difference, mapping_of
from tests.schemas import faults, undescribed
from tests.show.worked_example import NOTHING, PLAN
from tests.strategies import names, plans, values

WRITTEN = planfile.dumps(PLAN)


def repository(**properties: Value) -> Entity:
    """An entity with these properties."""
    return Entity("{made-up-repository}", "bitbucket_repo", ("CodeRepo",), properties)


def sealed_again(document: dict[str, Any]) -> bytes:
    """The document with a seal that fits, as somebody could make who wants to be believed."""
    body = {name: held for name, held in document.items() if name not in ("sha256", "plan_id")}
    found = hashlib.sha256(as_text(body)).hexdigest()
    return as_text({**body, "sha256": found, "plan_id": found[:8]})


def as_text(document: Mapping[str, Any]) -> bytes:
    """JSON as plan files spell it, by another encoder."""
    return json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False).encode() + b"\n"


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The worked example after a change to its document, with a seal that fits."""
    document = json.loads(WRITTEN)
    change(document)
    return sealed_again(document)


@settings(deadline=None)
@given(st.one_of(plans(), plans(names)))
def test_a_plan_comes_back_as_it_went(plan: Plan) -> None:
    """What is loaded equals what was dumped."""
    loaded = planfile.loads(planfile.dumps(plan))

    assert loaded == plan
    assert planfile.dumps(loaded) == planfile.dumps(plan)


@settings(deadline=None)
@given(st.dictionaries(names, values))
def test_every_value_keeps_its_type(properties: dict[str, Value]) -> None:
    """True stays true and 1.0 stays 1.0, in properties of any name."""
    entity = Entity("{made-up-repository}", "bitbucket_repo", ("CodeRepo",), properties)
    plan = Plan(Origin(), entities=(Change(None, entity, "acme/web", Reason.NEW),))

    loaded = planfile.loads(planfile.dumps(plan)).entities[0].element

    assert digest(loaded) == digest(entity)


@pytest.mark.parametrize("odd", ["\ud800", "a\udfffb", "\ud83d \ude00", "\x00\x1b[2J\n", "\u202e"])
def test_odd_text_survives(odd: str) -> None:
    """Lone surrogates and control characters come back as they were."""
    entity = repository(name=odd, sizes=(1, 2), ratio=0.5, language=None)
    plan = Plan(Origin(workspaces=(odd,)), entities=(Change(None, entity, odd, Reason.NEW),))

    assert planfile.loads(planfile.dumps(plan)) == plan


@settings(deadline=None)
@given(plans(names))
def test_every_dump_obeys_the_schema(plan: Plan) -> None:
    """The documented schema describes what is written."""
    assert faults(json.loads(planfile.dumps(plan, judge_guards(plan))), "plan") == []


def test_the_worked_example_obeys_the_schema() -> None:
    """The schema allows every part of a plan that has a bit of everything, and knows every field."""
    assert faults(json.loads(WRITTEN), "plan", closed=True) == []


def test_the_schema_is_a_schema_that_describes_every_field() -> None:
    """Every field has its sentence."""
    assert [name for name in undescribed("plan") if name not in ("before", "after")] == []


def test_people_can_read_and_compare_it() -> None:
    """Keys are sorted, the indent is two spaces, a line break ends it, and umlauts are umlauts."""
    lines = WRITTEN.decode().split("\n")

    assert as_text(json.loads(WRITTEN)) == WRITTEN
    assert lines[:2] == ["{", '  "applyable": true,']
    assert "Zoë Müller" in WRITTEN.decode()


def test_anybody_can_check_the_seal() -> None:
    """The digest is that of all lines but two, and the plan's id is its beginning."""
    seals = (b'  "plan_id": ', b'  "sha256": ')
    rest = b"".join(line for line in WRITTEN.splitlines(keepends=True) if not line.startswith(seals))

    document = json.loads(WRITTEN)

    assert document["sha256"] == hashlib.sha256(rest).hexdigest()
    assert document["plan_id"] == document["sha256"][:8] == planfile.plan_id(PLAN) == planfile.read(WRITTEN).id


@given(st.integers(0, len(WRITTEN) - 1), st.integers(1, 255))
def test_one_changed_byte_is_found(place: int, flip: int) -> None:
    """No byte of the file can be changed without it being refused."""
    edited = bytearray(WRITTEN)
    edited[place] ^= flip

    with pytest.raises(PlanFileError):
        planfile.loads(bytes(edited))


@given(st.integers(0, len(WRITTEN) - 2))
def test_a_cut_is_found(end: int) -> None:
    """A file that was not copied to its end is never taken for a plan."""
    with pytest.raises(PlanFileError) as caught:
        planfile.loads(WRITTEN[:end])

    assert caught.value.code == "BB-PLAN-FILE-TRUNCATED"


def test_the_order_of_mappings_does_not_matter() -> None:
    """The same plan is the same file, whatever order its mappings were filled in."""
    turned = evolve(
        PLAN,
        population=dict(reversed(PLAN.population.items())),
        diagnostics=dict(reversed(PLAN.diagnostics.items())),
        entities=tuple(evolve(change, after=turned_round(change.after)) for change in PLAN.entities),
    )

    assert planfile.dumps(turned) == WRITTEN


def turned_round(entity: Entity | None) -> Entity | None:
    """The entity with its properties in another order."""
    return evolve(entity, properties=dict(reversed(entity.properties.items()))) if entity else None


def test_newer_minor_versions_and_unknown_fields_are_read() -> None:
    """What a later version adds does not keep this one from reading the rest."""
    data = changed(lambda document: document.update(format_version="1.7", mood={"good": [True]}))

    assert planfile.loads(data) == PLAN


def drop(*path: str | int) -> Callable[[dict[str, Any]], object]:
    """A change that takes a field away."""

    def change(document: dict[str, Any]) -> object:
        return follow(document, path[:-1]).pop(path[-1])

    return change


def put(value: object, *path: str | int) -> Callable[[dict[str, Any]], object]:
    """A change that puts something in a field's place."""

    def change(document: dict[str, Any]) -> object:
        follow(document, path[:-1])[path[-1]] = value
        return None

    return change


def follow(document: Any, path: tuple[str | int, ...]) -> Any:
    """What lies at the path."""
    for step in path:
        document = document[step]
    return document


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (drop("changes"), "Required field missing @ $.changes"),
        (drop("target", "serial"), "Required field missing @ $.target.serial"),
        (put(1, "changes", 3, "label"), "Invalid value for type, expected str @ $.changes[3].label"),
        (put("acme", "scope", "workspaces"), "expected tuple @ $.scope.workspaces"),
        (put(True, "target", "serial"), "expected int @ $.target.serial"),
        (put("true", "coverage", "gaps", 0, "gap", "known"), "expected bool @ $.coverage.gaps[0].gap.known"),
        (put("whim", "changes", 0, "reason"), "expected Reason @ $.changes[0].reason"),
        (put({"a": {}}, "changes", 1, "after", "properties"), "@ $.changes[1].after.properties"),
        (put([[1]], "changes", 1, "after", "properties", "displayName"), "@ $.changes[1].after.properties"),
        (put([], "changes", 1, "after", "properties"), "@ $.changes[1].after.properties"),
        (put("yesterday", "created_at"), "@ $.created_at"),
        (put("2026-08-21T09:14:02", "created_at"), "@ $.created_at"),
        (put(5, "expires_at"), "@ $.expires_at"),
        (put([["acme"]], "retained", 0, "where"), "@ $.retained[0].where"),
        (put(None, "changes", 1, "after"), "A change has no element, or two different ones, @ $.changes[1]"),
        (put("{other-project}", "changes", 0, "after", "key"), "@ $.changes[0]"),
    ],
)
def test_what_has_not_the_shape_of_a_plan_is_refused_with_its_path(
    change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    """Somebody who writes plan files learns which field is wrong."""
    data = changed(change)

    with pytest.raises(PlanFileError) as caught:
        planfile.loads(data)

    assert caught.value.code == "BB-PLAN-FILE-SHAPE"
    assert sentence in caught.value.why


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "BB-PLAN-FILE-TRUNCATED"),
        (b"plan", "BB-PLAN-FILE-JSON"),
        (b"\xff\xfe{", "BB-PLAN-FILE-JSON"),
        (b'{"format_version": "\xff"}', "BB-PLAN-FILE-JSON"),
        (b'{"format_version": NaN}', "BB-PLAN-FILE-JSON"),
        (b'["\\ud800", NaN]', "BB-PLAN-FILE-JSON"),
        (b"[" * 200_000, "BB-PLAN-FILE-JSON"),
        (b'["\\ud800", ' + b"[" * 200_000, "BB-PLAN-FILE-JSON"),
        (b"[1, 2]", "BB-PLAN-FILE-OTHER"),
        (b'{"format_version": "1.0"}', "BB-PLAN-FILE-OTHER"),
        (changed(put("2.0", "format_version")), "BB-PLAN-FILE-FORMAT"),
        (changed(put("10.0", "format_version")), "BB-PLAN-FILE-FORMAT"),
        (changed(put(None, "format_version")), "BB-PLAN-FILE-FORMAT"),
        (changed(put("drift", "mode")), "BB-PLAN-FILE-MODE"),
        (changed(drop("mode")), "BB-PLAN-FILE-MODE"),
        (WRITTEN.replace(b"acme/web", b"acme/wib"), "BB-PLAN-FILE-EDITED"),
        (WRITTEN.replace(b"\n", b"\r\n"), "BB-PLAN-FILE-EDITED"),
        (as_text({**json.loads(WRITTEN), "plan_id": "00000000"}), "BB-PLAN-FILE-EDITED"),
        (as_text({**json.loads(WRITTEN), "sha256": "0" * 64}), "BB-PLAN-FILE-EDITED"),
        (json.dumps(json.loads(WRITTEN)).encode(), "BB-PLAN-FILE-EDITED"),
    ],
)
def test_what_is_no_plan_as_it_was_made_is_refused(data: bytes, code: str) -> None:
    """Every way not to be a plan has its own code, a next step, and the exit code of errors."""
    with pytest.raises(PlanFileError) as caught:
        planfile.loads(data)

    assert caught.value.code == code
    assert caught.value.next_step.endswith(".")
    assert caught.value.exit_code is ExitCode.ERROR
    assert "\n" not in str(caught.value)


def test_a_file_too_big_is_not_read() -> None:
    """The bound is checked before anything else is done with the bytes."""
    with pytest.raises(PlanFileError) as caught:
        planfile.read(b"[" * 101, largest=100)

    assert caught.value.code == "BB-PLAN-FILE-BIG"


def test_what_the_graph_must_hold_is_told_by_digest() -> None:
    """The digests are those that applying compares with."""
    rows = json.loads(WRITTEN)["changes"] + json.loads(WRITTEN)["relationships"]
    changes = (*PLAN.entities, *PLAN.relationships)

    expected = [
        {"before": digest(one.before) if one.before else None, "after": digest(one.after) if one.after else None}
        for one in changes
    ]

    assert [row["expect"] for row in rows] == expected


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        (repository(public=True), repository(public=True), []),
        (repository(public=True), repository(public=False), [{"path": "public", "before": True, "after": False}]),
        (repository(size=1), repository(size=True), [{"path": "size", "before": 1, "after": True}]),
        (repository(size=1), repository(size=1.0), [{"path": "size", "before": 1, "after": 1.0}]),
        (repository(), repository(language=None), [{"path": "language", "after": None}]),
        (repository(language="elm"), repository(), [{"path": "language", "before": "elm"}]),
        (
            Relationship("the-tie", "made_up_has_thing", "HAS", "one", "other"),
            Relationship("the-tie", "made_up_has_thing", "HAS", "one", "third"),
            [{"path": "_toEntityKey", "before": "other", "after": "third"}],
        ),
        (
            repository(),
            evolve(repository(), classes=("CodeRepo", "Repository")),
            [{"path": "_class", "before": ("CodeRepo",), "after": ("CodeRepo", "Repository")}],
        ),
    ],
)
def test_differences_are_told_by_property(before: Element, after: Element, rows: list[dict[str, object]]) -> None:
    """Not being there and being null are two things; so are 1, 1.0 and true."""
    found = difference(before, after)

    assert [(row, {name: type(held) for name, held in row.items()}) for row in found] == [
        (row, {name: type(held) for name, held in row.items()}) for row in rows
    ]


def test_totals_follow_from_the_changes() -> None:
    """What follows from another delete is counted, and whether there is anything to apply is said."""
    full, empty = json.loads(WRITTEN), json.loads(planfile.dumps(NOTHING))

    assert full["summary"]["entities"] == {
        "add": 4,
        "cascade": 7,
        "change": 5,
        "destroy": 9,
        "kept": 1012,
        "move": 1,
        "unchanged": 1900,
        "withheld": 11,
    }
    assert (full["applyable"], full["complete"]) == (True, False)
    assert (empty["applyable"], empty["complete"]) == (False, True)


def test_what_the_guards_said_is_kept() -> None:
    """A plan file shows the same guards as the run that made it."""
    found = judge_guards(PLAN)

    kept = planfile.read(planfile.dumps(PLAN, found)).guards

    assert [(one.id, one.count, one.of, one.tripped, one.sentence) for one in kept] == [
        (one.id, one.count, one.of, one.tripped, one.sentence) for one in found
    ]
    assert planfile.plan_id(PLAN, found) != planfile.plan_id(PLAN)


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_787_303_642_007, "2026-08-21T09:14:02.007Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (10**18, "9999-12-31T23:59:59.999Z"),
        (-(10**18), "0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_written_for_people(moment: int, written: str) -> None:
    """RFC 3339 in UTC, to the millisecond; what no calendar reaches becomes the nearest that it does."""
    plan = Plan(Origin(created_at=moment), entity_totals=Totals())

    assert json.loads(planfile.dumps(plan))["created_at"] == written


def test_another_mapping_is_told_apart() -> None:
    """A plan says by which declarations it was made."""
    fewer = Kinds.of(kind for kind in KINDS if kind.name != "pull_request")

    assert mapping_of(KINDS) == json.loads(WRITTEN)["tool"]["mapping"] != mapping_of(fewer)
