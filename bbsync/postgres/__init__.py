"""A PostgreSQL server that many runners share: records and graphs are kept on it, each by its own module."""

from __future__ import annotations

from bbsync.postgres.server import (
    BUSY,
    INSTALL,
    NOT_INSTALLED,
    SCHEMES,
    Refusal,
    engine,
    is_server,
    place,
    refusal,
    take_turn,
    time,
    words,
)

__all__ = [
    "BUSY",
    "INSTALL",
    "NOT_INSTALLED",
    "SCHEMES",
    "Refusal",
    "engine",
    "is_server",
    "place",
    "refusal",
    "take_turn",
    "time",
    "words",
]
