"""Rigs: a made-up JupiterOne account in memory, and a client for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from jupiterone_rig import OURS, READ_KEY, SYNC_KEY, THEIRS, Rig

from bbsync.sandbox.jupiterone import ApiKey, JupiterOne


@pytest.fixture(name="make_rig")
def _make_rig() -> Iterator[Callable[..., Rig]]:
    """Makes rigs, with the stand-in's settings, and closes them."""
    rigs = []

    def make(**settings: object) -> Rig:
        keys = (ApiKey(READ_KEY, can_sync=False), ApiKey(SYNC_KEY, can_read=False))
        rigs.append(Rig(JupiterOne(**{"account": "acme", "keys": keys, "instances": (OURS, THEIRS), **settings})))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.client.close()


@pytest.fixture(name="rig")
def _rig(make_rig: Callable[..., Rig]) -> Rig:
    """The stand-in as it is by itself."""
    return make_rig()
