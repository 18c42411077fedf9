"""A headless Chromium of the system's, which asks nobody for anything, and pages opened in it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

import required
from browser.opened import Opened
from trueup.model.run import Run
from trueup.report.page import page

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; where it is missing the tests are skipped, unless it is required."""
    path = shutil.which("chromium")
    if path is None:
        required.missing("chromium", "the page was not looked at")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def look(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Write a run's page and open it from its file; a script only where it is allowed."""
    contexts = []

    def looked(run: Run, *, script: bool = False, **how: Any) -> Opened:
        file = tmp_path / "index.html"
        file.write_text(page(run), encoding="utf-8")
        context = browser.new_context(java_script_enabled=script, **how)
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on("console", lambda message: found.console.append(message.text))
        found.page.on("pageerror", lambda error: found.console.append(str(error)))
        found.page.on("dialog", lambda dialog: found.console.append(dialog.message))
        found.page.on("request", lambda request: found.asked.append(request.url))
        found.page.goto(file.as_uri())
        return found

    yield looked
    for context in contexts:
        context.close()
