"""How the tests start a real Chromium, and what they see of a page that it opened."""

from __future__ import annotations

import shutil

from attrs import define, field
from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

#: No sandbox, because containers run as root; nothing that calls home.
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@define(eq=False)
class Opened:
    """A page that is open, everything that it asked for, and everything that went wrong in it."""

    page: Page
    requests: list[str] = field(factory=list)
    errors: list[str] = field(factory=list)
