"""One configuration of a fleet: what goes to a worker, what comes back, and that nothing ends the others."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bbsync.errors import ExitCode
from bbsync.fleet import Member, carry_out
from bbsync.planfile import read
from bbsync.sandbox.bitbucket import Sizes
from tests.run_rig import CONSUMER, Rig, rig_at

TINY = Sizes(repositories=2, members=2, projects=1, groups=1, pull_requests=2, old_pull_requests=1)


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path, TINY) as rig:
        yield rig


def environ(rig: Rig) -> Mapping[str, str]:
    """What a worker has in its environment."""
    bitbucket, _ = rig.origins
    return {
        "BITBUCKET_URL": bitbucket,
        "BITBUCKET_API_URL": bitbucket,
        "BITBUCKET_CLIENT_KEY": CONSUMER.key,
        "BITBUCKET_CLIENT_SECRET": CONSUMER.secret,
    }


def member(rig: Rig, workspace: str = "", saved: bytes = b"") -> Member:
    """The rig's configuration."""
    name = workspace or rig.bitbucket.world.workspaces[0].slug
    rig.settings("[guards]\ndelete_floor = 5\n")
    policy = (rig.place / "bbsync.toml").read_text("utf-8")
    return Member("acme", f'workspaces = ["{name}"]\n{policy}', saved)


def test_a_plan_comes_back_and_exactly_it_is_applied(rig: Rig) -> None:
    """What was reviewed is what is carried out, by whichever worker; then nothing is left to do."""
    planned = carry_out(member(rig), "plan", environ(rig))
    applied = carry_out(member(rig, saved=planned.saved), "apply", environ(rig))
    again = carry_out(member(rig), "plan", environ(rig))

    assert (planned.code, applied.code, again.code) == (ExitCode.CHANGES, ExitCode.OK, ExitCode.OK)
    assert read(planned.saved).id == planned.plan_id == applied.plan_id
    assert planned.add > 0
    assert (applied.said, again.add) == ("applied", 0)
    assert planned.calls > 0


def test_apply_without_a_plan_makes_one(rig: Rig) -> None:
    """As `bbsync apply --auto-approve` does."""
    applied = carry_out(member(rig), "apply", environ(rig))

    assert (applied.code, applied.said) == (ExitCode.OK, "applied")
    assert applied.add == len(rig.graph.entities)


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("workspaces = 7", "BB-SETTINGS"),
        ('workspaces = ["nowhere"]', "BB-WORKSPACE"),
        ('[state]\nurl = "sqlite://"', "BB-"),
    ],
)
def test_what_goes_wrong_comes_back_as_a_sentence(rig: Rig, policy: str, code: str) -> None:
    """Nothing is raised that would end the others."""
    ended = carry_out(Member("acme", policy), "plan", environ(rig))

    assert ended.code == ExitCode.ERROR
    assert f"({code}" in ended.said
    assert CONSUMER.secret not in repr(ended)


def test_no_secret_travels(rig: Rig) -> None:
    """Neither what is sent to a worker nor what comes back holds one: graphs of tasks are seen by many."""
    sent = member(rig)
    ended = carry_out(sent, "plan", environ(rig))

    travelled = pickle.dumps(sent) + pickle.dumps(ended)

    assert CONSUMER.secret.encode() not in travelled
    assert CONSUMER.key.encode() not in travelled
