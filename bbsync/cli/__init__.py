"""The `bbsync` command. It wires, and decides nothing."""

from __future__ import annotations

from bbsync.cli.main import main

__all__ = ["main"]
