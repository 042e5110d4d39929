"""Audits: what differs between Bitbucket, the graph and the last snapshot, and whose doing that is."""

from __future__ import annotations

from bbsync.drift.comparing import make_drift
from bbsync.drift.leaving_out import restricted, without_ignored
from bbsync.drift.values import AnyDrifted, Audit, Basis, Drift, Drifted, Ignored, Sort

__all__ = [
    "AnyDrifted",
    "Audit",
    "Basis",
    "Drift",
    "Drifted",
    "Ignored",
    "Sort",
    "make_drift",
    "restricted",
    "without_ignored",
]
