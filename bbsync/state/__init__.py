"""bbsync's own records between runs, all in one database: watermarks, audit trail, calls, lease, journal, audits."""

from __future__ import annotations

from bbsync.state.audits import Audits
from bbsync.state.calls import CallLedger, open_ledger
from bbsync.state.database import FORMAT
from bbsync.state.journal import Journal
from bbsync.state.looking import Asked, Standing, standing
from bbsync.state.raw_items import KeptItems, RawItem
from bbsync.state.records import Applied, State
from bbsync.state.snapshots import KeptSnapshot, KeptSnapshots
from bbsync.state.turn import Waiting, our_turn

__all__ = [
    "FORMAT",
    "Applied",
    "Asked",
    "Audits",
    "CallLedger",
    "Journal",
    "KeptItems",
    "KeptSnapshot",
    "KeptSnapshots",
    "RawItem",
    "Standing",
    "State",
    "Waiting",
    "open_ledger",
    "our_turn",
    "standing",
]
