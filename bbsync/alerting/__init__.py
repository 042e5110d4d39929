"""Keep questions and alert rules in JupiterOne: plan what differs, and carry it out."""

from __future__ import annotations

from bbsync.alerting.carrying import Outcome, apply, require_allowed
from bbsync.alerting.making import Made, chosen, plan

__all__ = ["Made", "Outcome", "apply", "chosen", "plan", "require_allowed"]
