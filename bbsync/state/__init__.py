"""bbsync's own records between runs, all in one database: watermarks, audit trail, and the ledger of calls."""

from __future__ import annotations

from bbsync.state.calls import CallLedger, open_ledger
from bbsync.state.database import FORMAT
from bbsync.state.records import Applied, State

__all__ = ["FORMAT", "Applied", "CallLedger", "State", "open_ledger"]
