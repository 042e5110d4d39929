"""Settings: policy from bbsync.toml, secrets and addresses from the environment, frozen before anything is read."""

from __future__ import annotations

from bbsync.settings.load import load_settings
from bbsync.settings.tables import KNOWN_KINDS
from bbsync.settings.values import GuardSettings, Settings, StateSettings, TargetSettings

__all__ = ["KNOWN_KINDS", "GuardSettings", "Settings", "StateSettings", "TargetSettings", "load_settings"]
