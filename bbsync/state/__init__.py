"""bbsync's own records between runs, all in one database: watermarks, audit trail, ledger of calls, lease, journal."""

from __future__ import annotations

from bbsync.state.calls import CallLedger, open_ledger
from bbsync.state.database import FORMAT
from bbsync.state.journal import Journal
from bbsync.state.records import Applied, State
from bbsync.state.turn import Waiting, our_turn

__all__ = ["FORMAT", "Applied", "CallLedger", "Journal", "State", "Waiting", "open_ledger", "our_turn"]
