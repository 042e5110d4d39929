"""A real Chromium, and pages opened in it from files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_rig import ARGUMENTS, CHROMIUM, Opened
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser. It does not outlive the tests that use it: its event loop runs in this very thread."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here; .ci/run installs one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open a page; what is given by name is for the browser's context: colours, size, whether it runs scripts."""
    contexts = []

    def open_page(html: str, **context: Any) -> Opened:
        path = tmp_path / "plan.html"
        path.write_text(html, encoding="utf-8")
        contexts.append(chromium.new_context(**context))
        opened = Opened(contexts[-1].new_page())
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.errors.append(message.text))
        opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
        opened.page.goto(path.as_uri())
        return opened

    yield open_page
    for context in contexts:
        context.close()
