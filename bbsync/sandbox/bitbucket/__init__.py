"""A stand-in for Bitbucket Cloud: its API over a made-up world, with faults on demand."""

from __future__ import annotations

from bbsync.sandbox.bitbucket.app import Bitbucket
from bbsync.sandbox.bitbucket.faults import Fault
from bbsync.sandbox.bitbucket.generate import Sizes, make_world
from bbsync.sandbox.bitbucket.tokens import Consumer
from bbsync.sandbox.bitbucket.world import World

__all__ = ["Bitbucket", "Consumer", "Fault", "Sizes", "World", "make_world"]
