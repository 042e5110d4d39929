"""Many configurations at once: each is planned or applied by itself, wherever a worker is free; one report for all."""

from __future__ import annotations

from bbsync.fleet.handing_out import hand_out
from bbsync.fleet.member import Ended, Member, carry_out
from bbsync.fleet.report import as_json, as_markdown, as_text, worst

__all__ = ["Ended", "Member", "as_json", "as_markdown", "as_text", "carry_out", "hand_out", "worst"]
