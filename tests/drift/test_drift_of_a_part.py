"""`drift --only`: a part is read and compared as it is when everything is, and nothing is read below the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bbsync import drifting
from bbsync.drift import Drift, Sort, restricted
from bbsync.graph import Entity
from tests.run_rig import Rig, drop, put, rig_at, with_property


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path) as rig:
        rig.sync()
        yield rig


def of_type(rig: Rig, name: str) -> list[Entity]:
    """What the graph holds of a type, in the order of keys."""
    held = rig.graph.entities.values()
    return sorted((one for one in held if one.type == f"bitbucket_{name}"), key=lambda one: one.key)


def audited(rig: Rig, *only: str) -> Drift:
    """An audit."""
    return drifting.audit(rig.settings(), rig.around, only=only).drift


def sorts(drift: Drift) -> dict[str, Sort]:
    """The sort of every difference, by key."""
    return {one.element.key: one.sort for one in drift.found}


def in_disorder(rig: Rig) -> None:
    """Bitbucket and the graph have moved apart, in every sort, in many places."""
    first, second, third = sorted(home.slug for home in rig.repositories)[:3]
    rig.change("make_public", repository=first)
    rig.change("rename_repository", repository=second, to="another-name")
    rig.change("delete_repository", repository=third)
    repositories, grants, pull_requests = (of_type(rig, name) for name in ("repo", "permission", "pullrequest"))
    rig.tamper(put(*(with_property(one, description="by hand") for one in repositories[:2])))
    rig.tamper(drop(grants[0].key, grants[-1].key, pull_requests[0].key, of_type(rig, "user")[0].key))
    rig.tamper(put(with_property(grants[1], permission="admin")))


def test_nothing_is_read_below_the_rest(rig: Rig) -> None:
    """Two repositories changed: of one it is told, and of the other nothing is asked but the lists it stands in."""
    first, second = sorted(home.slug for home in rig.repositories)[:2]
    for slug in (first, second):
        rig.change("make_public", repository=slug)

    rig.bitbucket.reset_calls()
    part = audited(rig, f"repo:acme/{first}")
    calls = len(rig.bitbucket.calls)
    targets = [target for _method, target, _status, _consumer in rig.bitbucket.calls if "/2.0/repositories/" in target]
    rig.bitbucket.reset_calls()
    audited(rig)

    assert [one.label for one in part.found] == [f"acme/{first}"]
    assert len({target.split("/")[4] for target in targets if len(target.split("/")) > 5}) == 1
    assert calls < len(rig.bitbucket.calls)
    assert part.is_conclusive


def test_a_part_is_judged_as_it_is_in_an_audit_of_everything(rig: Rig) -> None:
    """Of every repository and project: the same differences, of the same sorts, whoever made them."""
    in_disorder(rig)
    addresses = [one.key for name in ("repo", "project") for one in of_type(rig, name)]

    whole = audited(rig)
    parts = {address: sorts(audited(rig, address)) for address in addresses}

    assert {sort for found in parts.values() for sort in found.values()} >= {Sort.PENDING, Sort.TAMPERED, Sort.MISSING}
    assert parts == {address: sorts(restricted(whole, [address])) for address in addresses}


def test_what_only_the_last_apply_called_so_is_read(rig: Rig) -> None:
    """Bitbucket and the graph have given it two other names, and it is a part by the one that people know."""
    home = min(rig.repositories, key=lambda one: one.slug)
    held = next(one for one in of_type(rig, "repo") if one.properties["fullName"] == f"acme/{home.slug}")
    rig.change("rename_repository", repository=home.slug, to="another-name")
    rig.tamper(put(with_property(held, fullName="acme/a-third-one")))

    part = audited(rig, f"repo:acme/{home.slug}")

    assert held.key in sorts(part)


def test_the_rest_is_compared_with_the_last_apply_alone(rig: Rig) -> None:
    """What somebody changed outside is counted without a call; what Bitbucket changed there is not known."""
    first, second, third = of_type(rig, "repo")[:3]
    rig.change("make_public", repository=str(second.properties["name"]))
    rig.tamper(put(with_property(third, description="by hand")))

    part = audited(rig, first.key)

    assert (part.found, part.outside) == ((), 1)
